/* The queue by a scan. */
#include "insight/queue_view.h"

#include "base/clock.h"
#include "base/num.h"
#include "insight/tell.h"

#include <stdlib.h>
#include <string.h>

/* ---- taking ------------------------------------------------------------------------- */

static bool is_live(enum exchange_state s)
{
	return s == EXCHANGE_QUEUED || s == EXCHANGE_SENT || s == EXCHANGE_STREAMING;
}

/* When, and by which settings. */
struct look {
	uint64_t now_ns, max_wait_ns, max_concurrent;
};

static struct look look_at(const struct segment *s, uint64_t now_ns)
{
	struct settings settings;
	if (page_read(s->settings, &settings, sizeof settings) == 0)
		settings_defaults(&settings);
	return (struct look){
		now_ns, settings.queue_max_wait_ns, settings.max_concurrent};
}

/* A copy that is of one piece: the exchange was in that state before and after. */
static bool copy(
	struct queue_view_entry *e, const struct exchange *x, const struct look *look)
{
	uint32_t generation = exchange_generation(x);
	enum exchange_state state = exchange_state(x);
	const struct exchange_request *q = &x->request;
	if (!is_live(state) || q->kind != EXCHANGE_COMPLETION)
		return false;
	*e = (struct queue_view_entry){.state = state,
		.place = exchange_told_place(x, look->max_wait_ns, look->now_ns),
		.priority = q->priority < PRIORITIES
				    ? (enum exchange_priority)q->priority
				    : PRIORITY_NORMAL,
		.waited_ns = num_sub_sat(look->now_ns, q->queued_ns),
		.n_attempts = exchange_attempt(x),
		.client_id = q->client_id};
	memcpy(e->id, q->id, sizeof e->id);
	memcpy(e->session, q->session, sizeof e->session - 1);
	memcpy(e->model, q->model, sizeof e->model - 1);
	return exchange_generation(x) == generation && exchange_state(x) == state;
}

static void add_queued(struct queue_view *v, const struct queue_view_entry *e)
{
	uint32_t rank = e->place.rank;
	v->n_queued++;
	v->by_priority[e->priority]++;
	if (rank > 0 && rank <= QUEUE_VIEW_MAX) {
		v->first[rank - 1] = *e;
		v->n_first = MAX(v->n_first, rank);
	} else if (rank == 0 && v->n_unplaced < QUEUE_VIEW_MAX) {
		v->unplaced[v->n_unplaced++] = *e;
	}
}

static void take_channel(
	struct queue_view *v, const struct channel *c, const struct look *look)
{
	struct queue_view_entry e;
	uint32_t n = channel_n_touched(c);
	for (uint32_t slot = 0; slot < n; slot++) {
		if (!copy(&e, &c->exchanges[slot], look))
			continue;
		if (e.state == EXCHANGE_QUEUED) {
			add_queued(v, &e);
			continue;
		}
		v->n_running++;
		if (v->n_run < QUEUE_VIEW_MAX)
			v->run[v->n_run++] = e;
	}
}

static void take_counters(struct queue_view *v, const struct segment *s)
{
	for (unsigned id = 0; id < COUNTERS; id++)
		v->counters[id] =
			counter_sum(&s->shared->counters, (enum counter_id)id);
}

struct queue_view *queue_view_take(const struct segment *s, uint64_t now_ns)
{
	struct queue_view *v = calloc(1, sizeof *v);
	struct look look = look_at(s, now_ns);
	struct upstream_keys keys;
	struct channel c;
	must(v != NULL);
	for (uint32_t i = 0; i < s->n_channels; i++)
		if (segment_channel(s, i, &c) &&
			channel_state(c.words) != CHANNEL_SPARE)
			take_channel(v, &c, &look);
	take_counters(v, s);
	v->since_ms = s->shared->header.created_ms;
	v->max_concurrent = look.max_concurrent;
	if (page_read(s->keys, &keys, sizeof keys) > 0)
		v->flow = keys.flow;
	return v;
}

static bool find_in(struct queue_view_entry *e, const struct channel *c,
	const uint8_t *id, const struct look *look)
{
	uint32_t n = channel_n_touched(c);
	for (uint32_t slot = 0; slot < n; slot++) {
		const struct exchange *x = &c->exchanges[slot];
		if (memcmp(x->request.id, id, EXCHANGE_ID_BYTES) == 0 &&
			copy(e, x, look) && memcmp(e->id, id, sizeof e->id) == 0)
			return true;
	}
	return false;
}

bool queue_view_find(struct queue_view_entry *e, const struct segment *s,
	const uint8_t id[static EXCHANGE_ID_BYTES], uint64_t now_ns)
{
	struct look look = look_at(s, now_ns);
	struct channel c;
	for (uint32_t i = 0; i < s->n_channels; i++)
		if (segment_channel(s, i, &c) &&
			channel_state(c.words) != CHANNEL_SPARE &&
			find_in(e, &c, id, &look))
			return true;
	return false;
}

void queue_view_free(struct queue_view *v)
{
	free(v);
}

/* ---- telling ------------------------------------------------------------------------- */

static void tell_entry(struct jsonw *w, const struct queue_view_entry *e)
{
	char id[EXCHANGE_ID_TEXT_BYTES];
	exchange_id_format(e->id, id);
	jsonw_begin_object(w);
	tell_text(w, STR("id"), id);
	tell_text(w, STR("session_id"), e->session);
	tell_text(w, STR("model"), e->model);
	tell_text(w, STR("priority"), exchange_priority_name(e->priority));
	tell_text(w, STR("state"), exchange_state_name(e->state));
	tell_u64(w, STR("waited_ms"), e->waited_ns / NS_PER_MS);
	if (e->state == EXCHANGE_QUEUED) {
		tell_u64_or_null(w, STR("position"), e->place.rank > 0, e->place.rank);
		tell_u64(w, STR("estimated_wait_ms"), e->place.wait_ms);
		jsonw_key(w, STR("times_out"));
		jsonw_bool(w, e->place.times_out);
		tell_text(w, STR("reason"), wait_reason_name(e->place.reason));
	}
	jsonw_end_object(w);
}

static void tell_queued(struct jsonw *w, const struct queue_view *v)
{
	uint32_t n = 0;
	jsonw_key(w, STR("queued_requests"));
	jsonw_begin_array(w);
	for (uint32_t i = 0; i < v->n_first; i++)
		if (v->first[i].place.rank > 0 && n++ < QUEUE_VIEW_MAX)
			tell_entry(w, &v->first[i]);
	for (uint32_t i = 0; i < v->n_unplaced && n++ < QUEUE_VIEW_MAX; i++)
		tell_entry(w, &v->unplaced[i]);
	jsonw_end_array(w);
}

static void tell_running(struct jsonw *w, const struct queue_view *v)
{
	jsonw_key(w, STR("processing_requests"));
	jsonw_begin_array(w);
	for (uint32_t i = 0; i < v->n_run; i++)
		tell_entry(w, &v->run[i]);
	jsonw_end_array(w);
}

static uint64_t mean_ms(uint64_t sum_ns, uint64_t n)
{
	return num_nearest(sum_ns, 1, num_mul_sat(n, NS_PER_MS));
}

static void tell_times(struct jsonw *w, const struct upstream_flow *f)
{
	tell_u64(w, STR("avg_wait_time_ms"), mean_ms(f->waited_ns, f->n_started));
	tell_u64(w, STR("avg_processing_time_ms"), mean_ms(f->ran_ns, f->n_ended));
	jsonw_key(w, STR("wait_ms"));
	jsonw_begin_object(w);
	tell_u64(w, STR("count"), quantile_count(&f->wait_ms));
	tell_u64(w, STR("p50"), quantile_at(&f->wait_ms, 500));
	tell_u64(w, STR("p90"), quantile_at(&f->wait_ms, 900));
	tell_u64(w, STR("p99"), quantile_at(&f->wait_ms, 990));
	jsonw_end_object(w);
}

/* At the door, and which limit of a token said no. */
static const struct {
	const char *name;
	enum counter_id counter;
} refusals[] = {{"rate", COUNTER_refused_rate},
	{"concurrency", COUNTER_refused_concurrency},
	{"budget", COUNTER_refused_budget}, {"size", COUNTER_refused_size},
	{"model", COUNTER_refused_model}, {"priority", COUNTER_refused_priority},
	{"phrase", COUNTER_refused_phrase}};

/* Of requests to a model: what no route or token has is no such request. */
static void tell_refused(struct jsonw *w, const struct queue_view *v)
{
	uint64_t behind = v->counters[COUNTER_exchanges_refused], all = behind;
	jsonw_key(w, STR("refused"));
	jsonw_begin_object(w);
	for (size_t i = 0; i < N_ELEMENTS(refusals); i++) {
		const char *name = refusals[i].name;
		uint64_t n = v->counters[refusals[i].counter];
		tell_u64(w, (struct str){name, strlen(name)}, n);
		all = num_add_sat(all, n);
	}
	tell_u64(w, STR("queue_or_upstream"), behind);
	jsonw_end_object(w);
	tell_u64(w, STR("total_refused"), all);
}

void queue_view_tell(struct jsonw *w, const struct queue_view *v)
{
	jsonw_key(w, STR("queue"));
	jsonw_begin_object(w);
	tell_u64(w, STR("queue_size"), v->n_queued);
	tell_u64(w, STR("processing_count"), v->n_running);
	tell_u64(w, STR("max_concurrent"), v->max_concurrent);
	tell_time(w, STR("since"), v->since_ms);
	tell_u64(w, STR("total_queued"), v->counters[COUNTER_exchanges_asked]);
	tell_u64(w, STR("total_processed"), v->counters[COUNTER_exchanges_done]);
	tell_u64(w, STR("total_failed"), v->counters[COUNTER_exchanges_failed]);
	tell_refused(w, v);
	tell_u64(w, STR("total_cancelled"),
		v->counters[COUNTER_exchanges_abandoned] +
			v->counters[COUNTER_exchanges_cancelled]);
	tell_times(w, &v->flow);
	jsonw_key(w, STR("queue_by_priority"));
	jsonw_begin_object(w);
	for (unsigned p = 0; p < PRIORITIES; p++) {
		const char *name = exchange_priority_name((enum exchange_priority)p);
		tell_u64(w, (struct str){name, strlen(name)}, v->by_priority[p]);
	}
	jsonw_end_object(w);
	tell_queued(w, v);
	tell_running(w, v);
	jsonw_end_object(w);
}
