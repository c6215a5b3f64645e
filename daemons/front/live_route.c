/* The live feed: who listens, and what they hear. */
#include "front/live.h"

#include "base/clock.h"
#include "base/num.h"
#include "front/answer.h"
#include "front/auth.h"
#include "front/monitoring.h"
#include "front/router.h"

#include <stdlib.h>
#include <string.h>

#define EVERY_NS NS_PER_S

enum { EVENTS_BYTES = 512 * 1024 };

struct live {
	struct live *prev, *next;
	struct conn *conn;
};

/* A second's events, one behind the other. */
struct heard {
	size_t n;
	char text[EVENTS_BYTES];
};

/* ---- what they hear ------------------------------------------------------------------- */

static void put(struct heard *x, struct str s)
{
	memcpy(x->text + x->n, s.p, s.n);
	x->n += s.n;
}

static void tell_pulse(struct jsonw *w, const struct process *p)
{
	struct pulse v = {0};
	(void)!page_read(p->segment->pulse, &v, sizeof v);
	tell_u64(w, STR("total_prompt_tokens"), v.prompt_tokens);
	tell_u64(w, STR("total_cached_tokens"), v.cached_tokens);
	tell_u64(w, STR("total_completion_tokens"), v.completion_tokens);
	tell_u64(w, STR("total_reasoning_tokens"), v.reasoning_tokens);
	tell_u64(w, STR("total_tokens"),
		num_add_sat(v.prompt_tokens, v.completion_tokens));
	tell_usd(w, STR("total_cost_usd"), v.cost_nanousd);
	tell_u64(w, STR("request_count"), v.requests);
	tell_u64(w, STR("attempt_count"), v.attempts);
	tell_u64(w, STR("unknown_requests"), v.unknown_requests);
	tell_u64(w, STR("unknown_tokens"), v.unknown_tokens);
	tell_usd(w, STR("unknown_cost_usd"), v.unknown_nanousd);
	tell_u64(w, STR("open_attempts"), v.open_attempts);
	tell_u64(w, STR("ledger_bytes"), v.ledger_bytes);
	tell_time(w, STR("committed_at"), v.wall_ms);
	tell_time(w, STR("timestamp"), p->now_ms);
}

/* One that does not fit is left out of this second. */
static void add_event(struct heard *x, const struct process *p, struct str name,
	void (*tell)(struct jsonw *w, const struct process *p))
{
	static const struct str begin = STR("event: "), data = STR("\ndata: "),
				end = STR("\n\n");
	struct jsonw w;
	struct str told;
	size_t was = x->n, around = begin.n + name.n + data.n + end.n;
	if (sizeof x->text - x->n <= around)
		return;
	put(x, begin), put(x, name), put(x, data);
	jsonw_init_fixed(&w, x->text + x->n, sizeof x->text - x->n - end.n);
	jsonw_begin_object(&w);
	tell(&w, p);
	jsonw_end_object(&w);
	if (!jsonw_done(&w, &told)) {
		x->n = was;
		return;
	}
	x->n += told.n;
	put(x, end);
}

static struct heard *make_events(const struct front *f)
{
	struct heard *x = malloc(sizeof *x);
	must(x != NULL);
	x->n = 0;
	add_event(x, &f->process, STR("rate-limits"), monitoring_tell_limits);
	add_event(x, &f->process, STR("queue-status"), monitoring_tell_queue);
	add_event(x, &f->process, STR("alerts"), monitoring_tell_alerts);
	add_event(x, &f->process, STR("totals"), tell_pulse);
	return x;
}

/* ---- who listens ----------------------------------------------------------------------- */

static void take_out(struct front *f, struct live *l)
{
	must((l->prev == NULL) == (f->lives == l));
	*(l->prev ? &l->prev->next : &f->lives) = l->next;
	if (l->next != NULL)
		l->next->prev = l->prev;
	f->n_lives--;
	free(l);
}

static void on_left(struct conn *c)
{
	take_out(c->front, c->ask);
}

static void on_writable(struct conn *c)
{
	(void)c; /* what it has missed is over */
}

static const struct conn_ops ops = {on_left, on_writable};

static void add_headers(struct http_reply *r)
{
	http_reply_add(r, STR("Content-Type"), STR("text/event-stream"));
	http_reply_add(r, STR("Cache-Control"), STR("no-store"));
}

static void begin(struct conn *c)
{
	char buf[HTTP_REPLY_BYTES];
	struct http_reply r;
	struct front *f = c->front;
	struct live *l = malloc(sizeof *l);
	must(l != NULL);
	*l = (struct live){.next = f->lives, .conn = c};
	if (l->next != NULL)
		l->next->prev = l;
	f->lives = l;
	f->n_lives++;
	conn_reply_begin(c, &r, buf, 200);
	add_headers(&r);
	conn_stream_begin(c, &r);
	conn_wait(c, &ops, l);
	struct heard *x = make_events(f);
	conn_stream_put(c, (struct str){x->text, x->n}, STR(""));
	free(x);
}

static void answer_head(struct conn *c)
{
	char buf[HTTP_REPLY_BYTES];
	struct http_reply r;
	conn_reply_begin(c, &r, buf, 200);
	add_headers(&r);
	conn_reply_bare(c, &r);
}

void live_handle(struct conn *c)
{
	struct apierr e;
	if (!monitoring_read(c, NULL, 0, &e))
		answer_apierr(c, &e);
	else if (c->request->head.method == HTTP_METHOD_HEAD)
		answer_head(c);
	else if (c->front->process.phase != PROCESS_RUNNING)
		answer_error(c, APIERR_DRAINING);
	else if (c->front->n_lives >= LIVE_MAX)
		answer_error(c, APIERR_LIVE_FULL);
	else
		begin(c);
}

/* ---- the loop ----------------------------------------------------------------------------- */

static bool may_listen(struct conn *c)
{
	enum apierr_reason reason;
	return auth_may(c, ROUTE_MONITOR, &reason);
}

/* l is gone behind it, whichever way it ends. */
static void stop(struct front *f, struct live *l)
{
	struct conn *c = l->conn;
	take_out(f, l);
	conn_stream_end(c);
}

static void tell_all(struct front *f)
{
	struct heard *x = make_events(f);
	for (struct live *l = f->lives, *next; l != NULL; l = next) {
		next = l->next;
		if (!may_listen(l->conn))
			stop(f, l);
		else if (conn_has_room(l->conn))
			conn_stream_put(l->conn, (struct str){x->text, x->n}, STR(""));
	}
	free(x);
}

void live_turn(struct front *f)
{
	while (f->lives != NULL && f->process.phase != PROCESS_RUNNING)
		stop(f, f->lives);
	if (f->lives == NULL || f->process.now_ns < f->next_live_ns)
		return;
	f->next_live_ns = f->process.now_ns + EVERY_NS;
	tell_all(f);
}
