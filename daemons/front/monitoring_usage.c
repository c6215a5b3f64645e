/* GET /monitoring/token-usage and /monitoring/session-usage/ID, from the ledger. */
#include "base/clock.h"
#include "base/num.h"
#include "front/answer.h"
#include "front/router.h"
#include "front/walk.h"
#include "http/query.h"
#include "text/jsonw.h"

#include <stdlib.h>
#include <string.h>

enum {
	HOURS_DEFAULT = 24,
	HOURS_MAX = 8760,
	ANSWER_BYTES = 4 << 20,
	SESSION_ROWS_MAX = 100
};

/* ---- parameters ----------------------------------------------------------------------- */

static bool read_hours(const struct conn *c, uint64_t *hours, struct apierr *e)
{
	char text[256];
	struct str v;
	const struct request *q = c->request;
	*hours = HOURS_DEFAULT;
	switch (http_query_get(http_str(q->head_text, q->head.query), STR("hours"),
		text, sizeof text, &v)) {
	case HTTP_QUERY_ABSENT:
		return true;
	case HTTP_QUERY_FOUND:
		if (num_parse_u64(v, hours) && *hours >= 1 && *hours <= HOURS_MAX)
			return true;
		break;
	case HTTP_QUERY_MALFORMED:
	case HTTP_QUERY_DUPLICATE:
		break;
	}
	return apierr_set(e, APIERR_INVALID_VALUE, "hours",
		"hours must be one whole number from 1 to %d.", HOURS_MAX);
}

/* ---- writing ---------------------------------------------------------------------------- */

static void member_u64(struct jsonw *w, struct str key, uint64_t v)
{
	jsonw_key(w, key);
	jsonw_u64(w, v);
}

static void member_usd(struct jsonw *w, struct str key, uint64_t nanousd)
{
	jsonw_key(w, key);
	jsonw_usd(w, nanousd);
}

static void member_text(struct jsonw *w, struct str key, const char *text)
{
	jsonw_key(w, key);
	jsonw_string(w, (struct str){text, strlen(text)});
}

/* a / b with three places, 0 when there is nothing to divide by. */
static void member_ratio(struct jsonw *w, struct str key, uint64_t a, uint64_t b)
{
	jsonw_key(w, key);
	jsonw_fixed(w, b ? (int64_t)(num_mul_sat(a, 1000) / b & INT64_MAX) : 0, 3);
}

static void member_time(struct jsonw *w, struct str key, uint64_t wall_ms)
{
	char text[CLOCK_RFC3339_BYTES];
	jsonw_key(w, key);
	if (wall_ms == 0) {
		jsonw_null(w);
		return;
	}
	clock_rfc3339(wall_ms, text);
	jsonw_string(w, (struct str){text, strlen(text)});
}

static void write_totals(struct jsonw *w, const struct totals *t)
{
	jsonw_begin_object(w);
	member_u64(w, STR("total_prompt_tokens"), t->prompt_tokens);
	member_u64(w, STR("total_completion_tokens"), t->completion_tokens);
	member_u64(w, STR("total_cached_tokens"), t->cached_tokens);
	member_u64(w, STR("total_reasoning_tokens"), t->reasoning_tokens);
	member_u64(w, STR("total_tokens"), t->total_tokens);
	member_usd(w, STR("total_cost_usd"), t->cost_nanousd);
	member_u64(w, STR("request_count"), t->requests);
	member_u64(w, STR("attempt_count"), t->attempts);
	member_ratio(
		w, STR("average_tokens_per_request"), t->total_tokens, t->requests);
	member_ratio(w, STR("characters_per_token"), t->prompt_chars, t->prompt_tokens);
	member_time(w, STR("first_request"), t->first_ms);
	member_time(w, STR("last_request"), t->last_ms);
	member_u64(w, STR("unknown_requests"), t->unknown_requests);
	member_u64(w, STR("unknown_tokens"), t->unknown_tokens);
	member_usd(w, STR("unknown_cost_usd"), t->unknown_nanousd);
	member_u64(w, STR("unpriced_attempts"), t->unpriced);
	jsonw_end_object(w);
}

static void answer_written(struct conn *c, struct jsonw *w)
{
	struct str body;
	if (jsonw_done(w, &body))
		answer_json(c, 200, body);
	else
		answer_error(c, APIERR_INTERNAL);
}

/* ---- token-usage --------------------------------------------------------------------------- */

struct point {
	uint64_t hour; /* since 1970 */
	uint64_t requests, tokens, nanousd;
};

struct usage_state {
	uint64_t hours;
	struct totals sum;
	size_t n_points, max_points;
	struct point point[]; /* hours in which something was sent, oldest first */
};

static struct point *point_of(struct usage_state *s, uint64_t hour)
{
	if (s->n_points > 0 && s->point[s->n_points - 1].hour == hour)
		return &s->point[s->n_points - 1];
	must(s->n_points < s->max_points); /* minutes come in order */
	s->point[s->n_points].hour = hour;
	return &s->point[s->n_points++];
}

static bool on_minute(void *arg, uint64_t minute, const struct totals *t)
{
	struct usage_state *s = arg;
	if (s->n_points == s->max_points &&
		s->point[s->n_points - 1].hour != minute / 60)
		return true; /* sent after the question was asked */
	struct point *p = point_of(s, minute / 60);
	p->requests += t->requests;
	p->tokens += t->total_tokens;
	p->nanousd += t->cost_nanousd;
	totals_add(&s->sum, t);
	return true;
}

static enum query_verdict usage_slice(struct walk *w, struct err *e)
{
	return query_minutes(w->conn->front->store, &w->place, on_minute, w->state, e);
}

static void write_limits(struct jsonw *w, const struct front *f)
{
	const struct limits *limits = &f->process.segment->shared->limits;
	jsonw_begin_array(w);
	for (size_t i = 0; i < MAX_UPSTREAM_LIMITS; i++) {
		const struct upstream_limit *l = &limits->limit[i];
		if (!limit_is_active(l))
			continue;
		jsonw_begin_object(w);
		member_text(w, STR("scope"), l->scope);
		member_text(w, STR("unit"), limit_unit_name((enum limit_unit)l->unit));
		member_u64(w, STR("window_seconds"), l->window_ns / NS_PER_S);
		member_u64(w, STR("limit"), limit_value(l));
		member_u64(w, STR("used"), window_used(&l->window, f->process.now_ns));
		jsonw_end_object(w);
	}
	jsonw_end_array(w);
}

static void write_series(struct jsonw *w, const struct usage_state *s)
{
	jsonw_begin_array(w);
	for (size_t i = 0; i < s->n_points; i++) {
		const struct point *p = &s->point[i];
		jsonw_begin_object(w);
		member_time(w, STR("from"), p->hour * 3600 * 1000);
		member_u64(w, STR("request_count"), p->requests);
		member_u64(w, STR("total_tokens"), p->tokens);
		member_usd(w, STR("total_cost_usd"), p->nanousd);
		jsonw_end_object(w);
	}
	jsonw_end_array(w);
}

static void usage_finish(struct walk *walk)
{
	const struct usage_state *s = walk->state;
	struct conn *c = walk->conn;
	struct jsonw w;
	jsonw_init(&w, ANSWER_BYTES);
	jsonw_begin_object(&w);
	jsonw_key(&w, STR("token_usage"));
	write_totals(&w, &s->sum);
	jsonw_key(&w, STR("series"));
	write_series(&w, s);
	jsonw_key(&w, STR("rate_limiting"));
	write_limits(&w, c->front);
	member_u64(&w, STR("time_period_hours"), s->hours);
	jsonw_end_object(&w);
	answer_written(c, &w);
	jsonw_fini(&w);
}

void usage_handle(struct conn *c)
{
	struct apierr e;
	uint64_t hours;
	if (!read_hours(c, &hours, &e)) {
		answer_apierr(c, &e);
		return;
	}
	size_t n = hours + 2; /* both edges may be parts of an hour */
	struct usage_state *s = calloc(1, sizeof *s + n * sizeof s->point[0]);
	must(s != NULL);
	s->hours = hours;
	s->max_points = n;
	struct walk plan = {.slice = usage_slice,
		.finish = usage_finish,
		.place = query_start_hours(c->front->process.now_ms, hours),
		.state = s};
	walk_begin(c, &plan);
}

/* ---- session-usage -------------------------------------------------------------------------- */

struct session_state {
	char session[EXCHANGE_SESSION_BYTES];
	size_t n_rows;
	struct row row[SESSION_ROWS_MAX]; /* newest first */
};

static bool on_row(void *arg, uint64_t sequence, const struct row *r)
{
	(void)sequence;
	struct session_state *s = arg;
	s->row[s->n_rows++] = *r;
	return s->n_rows < SESSION_ROWS_MAX;
}

static enum query_verdict session_slice(struct walk *w, struct err *e)
{
	struct session_state *s = w->state;
	enum query_verdict v = query_session_rows(
		w->conn->front->store, s->session, &w->place, on_row, s, e);
	return v == QUERY_MORE && s->n_rows == SESSION_ROWS_MAX ? QUERY_DONE : v;
}

static void write_row(struct jsonw *w, const struct row *r)
{
	char id[EXCHANGE_ID_TEXT_BYTES];
	exchange_id_format(r->id, id);
	jsonw_begin_object(w);
	member_text(w, STR("id"), id);
	member_text(w, STR("upstream_id"), r->upstream_id);
	member_text(w, STR("session_id"), r->session);
	member_text(w, STR("key"), r->key);
	member_text(w, STR("model"), r->model);
	member_text(w, STR("model_served"), r->model_served);
	member_text(w, STR("priority"),
		exchange_priority_name((enum exchange_priority)r->priority));
	member_u64(w, STR("prompt_tokens"), r->prompt_tokens);
	member_u64(w, STR("cached_tokens"), r->cached_tokens);
	member_u64(w, STR("reasoning_tokens"), r->reasoning_tokens);
	member_u64(w, STR("completion_tokens"), r->completion_tokens);
	member_u64(w, STR("total_tokens"), r->prompt_tokens + r->completion_tokens);
	member_usd(w, STR("cost_usd"), r->cost_nanousd);
	member_u64(w, STR("cost_nanousd"), r->cost_nanousd);
	member_text(w, STR("outcome"), outcome_name((enum attempt_outcome)r->outcome));
	member_u64(w, STR("status"), r->status);
	member_text(w, STR("error_code"), r->error_code);
	member_u64(w, STR("attempt"), r->attempt);
	member_u64(w, STR("retries"), r->retries);
	member_u64(w, STR("queue_ms"), r->queue_ns / NS_PER_MS);
	member_u64(w, STR("first_token_ms"), r->first_token_ns / NS_PER_MS);
	member_u64(w, STR("duration_ms"), r->duration_ns / NS_PER_MS);
	member_time(w, STR("queued_at"), r->queued_ms);
	member_time(w, STR("sent_at"), r->sent_ms);
	member_time(w, STR("done_at"), r->done_ms);
	jsonw_end_object(w);
}

static void session_finish(struct walk *walk)
{
	const struct session_state *s = walk->state;
	struct conn *c = walk->conn;
	struct totals sum;
	struct err e = {0};
	struct jsonw w;
	if (!query_session(c->front->store, s->session, &sum, &e)) {
		answer_error(c, APIERR_LEDGER_UNAVAILABLE);
		return;
	}
	jsonw_init(&w, ANSWER_BYTES);
	jsonw_begin_object(&w);
	member_text(&w, STR("session_id"), s->session);
	jsonw_key(&w, STR("usage"));
	write_totals(&w, &sum);
	jsonw_key(&w, STR("requests"));
	jsonw_begin_array(&w);
	for (size_t i = 0; i < s->n_rows; i++)
		write_row(&w, &s->row[i]);
	jsonw_end_array(&w);
	jsonw_end_object(&w);
	answer_written(c, &w);
	jsonw_fini(&w);
}

void session_usage_handle(struct conn *c)
{
	struct str id = router_tail(c);
	if (id.n >= EXCHANGE_SESSION_BYTES) {
		answer_error(c, APIERR_NOT_FOUND);
		return;
	}
	struct session_state *s = calloc(1, sizeof *s);
	must(s != NULL);
	memcpy(s->session, id.p, id.n);
	struct walk plan = {.slice = session_slice,
		.finish = session_finish,
		.place = query_start_last(),
		.state = s};
	walk_begin(c, &plan);
}
