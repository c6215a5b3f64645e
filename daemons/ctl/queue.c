/* atlasctl limits, atlasctl queue: from the segment, whether or not anybody answers. */
#include "base/clock.h"
#include "base/num.h"
#include "ctl/key_pace.h"
#include "ctl/show.h"
#include "ctl/target.h"
#include "decide/wait.h"
#include "insight/limits_view.h"
#include "insight/queue_view.h"

#include <stdio.h>

static void print_key(const struct limits_view *v, const struct upstream_key *k)
{
	char pace[KEY_PACE_BYTES];
	printf("key %-16s %s, %llu running", k->name,
		stabilizer_state_name((enum stabilizer_state)k->stabilizer.state),
		(unsigned long long)k->n_running);
	if (k->stabilizer.state != STABILIZER_STEADY)
		printf("; it %s", key_pace_say(v, k, pace));
	printf("\n");
}

static void print_limits(const struct limits_view *v)
{
	char span[SHOW_SPAN_BYTES];
	bool has_tokens = false;
	for (uint32_t i = 0; i < v->n_rows; i++) {
		const struct limits_view_row *r = &v->row[i];
		has_tokens |= r->unit == LIMIT_TOKENS;
		printf("%-20s %-8s per %-6s  %llu of %llu used (%llu %%)", r->scope,
			limit_unit_name(r->unit), show_window(r->window_ns),
			(unsigned long long)r->used, (unsigned long long)r->limit,
			(unsigned long long)num_percent(r->used, r->limit));
		if (r->used > r->limit)
			printf(", %llu more than it allows now",
				(unsigned long long)(r->used - r->limit));
		if (r->used_up == LIMITS_VIEW_BURST)
			printf(", its burst is used up: room in %s",
				show_span(r->room_ns, span));
		printf("\n");
	}
	if (has_tokens)
		printf("(tokens as the provider counts them, which may be more than the "
		       "answers took)\n");
	if (v->n_rows == 0)
		printf("no limit upstream is set\n");
	for (uint32_t i = 0; i < v->n_keys; i++)
		print_key(v, &v->key[i]);
}

enum ctl_exit ctl_limits(struct ctl *c)
{
	struct segment s;
	struct limits_view v;
	struct jsonw w;
	enum ctl_exit status = target_open_segment(c, &s);
	if (status != CTL_DONE)
		return status;
	limits_view_take(&v, &s, clock_mono_ns());
	if (c->is_json) {
		jsonw_init(&w, SHOW_JSON_BYTES);
		jsonw_begin_object(&w);
		limits_view_tell(&w, &v);
		jsonw_end_object(&w);
		show_json(&w);
		jsonw_fini(&w);
	} else {
		print_limits(&v);
	}
	segment_close(&s);
	return target_told(c);
}

/* What came from a client stands last: it may be long. */
static void print_entry(const struct queue_view_entry *e)
{
	char id[EXCHANGE_ID_TEXT_BYTES], waited[SHOW_SPAN_BYTES], wait[SHOW_SPAN_BYTES];
	char place[NUM_U64_BYTES] = "-", more[SHOW_SPAN_BYTES + 16] = "-";
	bool is_queued = e->state == EXCHANGE_QUEUED;
	exchange_id_format(e->id, id);
	if (e->place.rank > 0)
		(void)num_format_u64(e->place.rank, place);
	if (is_queued)
		snprintf(more, sizeof more, "%s%s",
			show_span(e->place.wait_ms * NS_PER_MS, wait),
			e->place.times_out ? ", in vain" : "");
	printf("%5s  %s  %-8s  %-9s  %-12s  %-18s  %-14s  %s\n", place, id,
		exchange_priority_name(e->priority), exchange_state_name(e->state),
		show_span(e->waited_ns, waited), more,
		is_queued ? wait_reason_name(e->place.reason) : "-",
		e->session[0] != '\0' ? e->session : "-");
}

static void print_queue_head(const struct queue_view *v)
{
	printf("%u waiting, %u of %llu running\n", v->n_queued, v->n_running,
		(unsigned long long)v->max_concurrent);
	if (v->n_queued + v->n_running > 0)
		printf("%5s  %-36s  %-8s  %-9s  %-12s  %-18s  %-14s  %s\n", "PLACE",
			"ID", "PRIORITY", "STATE", "SINCE", "ABOUT MORE", "BECAUSE",
			"SESSION");
}

static void print_queue(const struct queue_view *v)
{
	print_queue_head(v);
	for (uint32_t i = 0; i < v->n_run; i++)
		print_entry(&v->run[i]);
	for (uint32_t i = 0; i < v->n_first; i++)
		if (v->first[i].place.rank > 0)
			print_entry(&v->first[i]);
	for (uint32_t i = 0; i < v->n_unplaced; i++)
		print_entry(&v->unplaced[i]);
}

enum ctl_exit ctl_queue(struct ctl *c)
{
	struct segment s;
	struct jsonw w;
	enum ctl_exit status = target_open_segment(c, &s);
	if (status != CTL_DONE)
		return status;
	struct queue_view *v = queue_view_take(&s, clock_mono_ns());
	if (c->is_json) {
		jsonw_init(&w, SHOW_JSON_BYTES);
		jsonw_begin_object(&w);
		queue_view_tell(&w, v);
		jsonw_end_object(&w);
		show_json(&w);
		jsonw_fini(&w);
	} else {
		print_queue(v);
	}
	queue_view_free(v);
	segment_close(&s);
	return target_told(c);
}
