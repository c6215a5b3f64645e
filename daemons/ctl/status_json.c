/* The report for programs. */
#include "base/clock.h"
#include "base/num.h"
#include "ctl/key_pace.h"
#include "ctl/show.h"
#include "ctl/status.h"
#include "insight/alerts_view.h"

#include <stdio.h>
#include <string.h>

/* What is no fault and yet holds requests back. */
static void put_note(
	struct jsonw *w, const struct limits_view *v, const struct upstream_key *k)
{
	char pace[KEY_PACE_BYTES], text[KEY_PACE_BYTES + sizeof k->name + 8];
	if (k->stabilizer.state == STABILIZER_STEADY)
		return;
	int n = snprintf(
		text, sizeof text, "key %s %s", k->name, key_pace_say(v, k, pace));
	jsonw_string(w, (struct str){text, (size_t)n});
}

static void put_head(struct jsonw *w, const struct report *r)
{
	show_json_text(w, STR("state"), status_name(r));
	jsonw_key(w, STR("reasons"));
	jsonw_begin_array(w);
	for (uint32_t i = 0; i < r->n_reasons; i++)
		jsonw_string(w, (struct str){r->reason[i], strlen(r->reason[i])});
	jsonw_end_array(w);
	jsonw_key(w, STR("notes"));
	jsonw_begin_array(w);
	for (uint32_t i = 0; i < r->limits.n_keys; i++)
		put_note(w, &r->limits, &r->limits.key[i]);
	jsonw_end_array(w);
	jsonw_key(w, STR("alerts_firing"));
	jsonw_begin_array(w);
	alerts_view_tell_firing(w, &r->alerts);
	jsonw_end_array(w);
	jsonw_key(w, STR("master_answers"));
	jsonw_bool(w, r->master.has_answered);
	show_json_text(w, STR("config"), r->master.config);
	show_json_text(w, STR("reload_error"), r->master.reload_error);
	show_json_u64(w, STR("reload_faults"), r->master.reload_faults);
	show_json_u64(w, STR("segment_resets"), r->master.segment_resets);
	show_json_u64(w, STR("epoch"), r->epoch);
	show_json_time(w, STR("segment_made_at"), r->created_ms);
	show_json_u64(w, STR("uncommitted_fact_bytes"), r->uncommitted_bytes);
}

static void put_process(struct jsonw *w, const struct report_process *p)
{
	jsonw_begin_object(w);
	show_json_text(w, STR("name"), p->name);
	show_json_text(w, STR("role"), proc_role_name(p->role));
	show_json_text(w, STR("state"), proc_state_name(p->state));
	show_json_u64(w, STR("pid"), p->pid);
	jsonw_key(w, STR("heartbeat_age_ms"));
	if (p->has_beaten)
		jsonw_u64(w, p->beat_age_ns / NS_PER_MS);
	else
		jsonw_null(w);
	show_json_u64(w, STR("up_ms"), p->up_ns / NS_PER_MS);
	show_json_u64(w, STR("restarts"), p->restarts);
	show_json_u64(w, STR("epoch"), p->epoch);
	jsonw_end_object(w);
}

static void put_processes(struct jsonw *w, const struct report *r)
{
	jsonw_key(w, STR("processes"));
	jsonw_begin_array(w);
	for (uint32_t i = 0; i < r->n_processes; i++)
		put_process(w, &r->process[i]);
	jsonw_end_array(w);
}

static void put_text_key(struct jsonw *w, const char *key, uint64_t v)
{
	show_json_u64(w, (struct str){key, strlen(key)}, v);
}

static void put_work(struct jsonw *w, const struct report *r)
{
	show_json_u64(w, STR("queue_size"), r->exchanges[EXCHANGE_QUEUED]);
	jsonw_key(w, STR("exchanges"));
	jsonw_begin_object(w);
	for (enum exchange_state x = EXCHANGE_DRAFT; x < EXCHANGE_STATES; x++)
		put_text_key(w, exchange_state_name(x), r->exchanges[x]);
	jsonw_end_object(w);
	jsonw_key(w, STR("channels"));
	jsonw_begin_object(w);
	for (enum channel_state s = CHANNEL_SPARE; s < CHANNEL_STATES; s++)
		put_text_key(w, channel_state_name(s), r->channels[s]);
	jsonw_end_object(w);
}

static void put_limits(struct jsonw *w, const struct report *r)
{
	jsonw_key(w, STR("limits"));
	jsonw_begin_array(w);
	for (uint32_t i = 0; i < r->limits.n_rows; i++)
		limits_view_tell_row(w, &r->limits.row[i]);
	jsonw_end_array(w);
}

static void put_counters(struct jsonw *w, const struct report *r)
{
	jsonw_key(w, STR("counters"));
	jsonw_begin_object(w);
	for (unsigned id = 0; id < COUNTERS; id++)
		put_text_key(w, counter_name(id), r->counters[id]);
	jsonw_end_object(w);
}

static void put_totals(struct jsonw *w, const struct pulse *p)
{
	jsonw_begin_object(w);
	show_json_time(w, STR("committed_at"), p->wall_ms);
	show_json_u64(w, STR("request_count"), p->requests);
	show_json_u64(w, STR("attempt_count"), p->attempts);
	show_json_u64(w, STR("open_attempts"), p->open_attempts);
	show_json_u64(w, STR("total_prompt_tokens"), p->prompt_tokens);
	show_json_u64(w, STR("total_cached_tokens"), p->cached_tokens);
	show_json_u64(w, STR("total_completion_tokens"), p->completion_tokens);
	show_json_u64(w, STR("total_reasoning_tokens"), p->reasoning_tokens);
	show_json_u64(w, STR("total_tokens"),
		num_add_sat(p->prompt_tokens, p->completion_tokens));
	jsonw_key(w, STR("total_cost_usd"));
	jsonw_usd(w, p->cost_nanousd);
	show_json_u64(w, STR("unknown_requests"), p->unknown_requests);
	show_json_u64(w, STR("unknown_tokens"), p->unknown_tokens);
	jsonw_key(w, STR("unknown_cost_usd"));
	jsonw_usd(w, p->unknown_nanousd);
	show_json_u64(w, STR("ledger_bytes"), p->ledger_bytes);
	jsonw_end_object(w);
}

static void put_events(struct jsonw *w, const struct report *r)
{
	jsonw_key(w, STR("events"));
	jsonw_begin_array(w);
	for (uint32_t i = 0; i < r->n_events; i++) {
		const struct report_event *e = &r->event[i];
		char text[EVENT_VIEW_BYTES];
		jsonw_begin_object(w);
		show_json_time(w, STR("at"), e->event.wall_ms);
		show_json_text(w, STR("process"), e->process);
		show_json_text(w, STR("event"), event_view_name(&e->event, text));
		show_json_text(w, STR("detail"), e->detail);
		jsonw_end_object(w);
	}
	jsonw_end_array(w);
}

void status_print_json(const struct report *r)
{
	struct jsonw w;
	jsonw_init(&w, SHOW_JSON_BYTES);
	jsonw_begin_object(&w);
	put_head(&w, r);
	put_processes(&w, r);
	put_work(&w, r);
	put_limits(&w, r);
	limits_view_tell_keys(&w, &r->limits);
	jsonw_key(&w, STR("totals"));
	if (r->has_pulse)
		put_totals(&w, &r->pulse);
	else
		jsonw_null(&w);
	put_counters(&w, r);
	put_events(&w, r);
	jsonw_end_object(&w);
	show_json(&w);
	jsonw_fini(&w);
}
