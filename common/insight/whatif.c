/* A day of requests in a moment. */
#include "insight/whatif.h"

#include "base/clock.h"
#include "base/num.h"
#include "decide/admission.h"
#include "decide/backlog.h"
#include "decide/headroom.h"
#include "decide/places.h"
#include "segment/limits.h"

#include <stdlib.h>

#define MINUTE_NS (60 * NS_PER_S)
#define HOUR_NS   (3600 * NS_PER_S)
#define BEGIN_NS  HOUR_NS /* of virtual time: no window begins before 0 */

enum { LIMITS = 4 };

struct guard {
	struct window window;
	struct bucket bucket;
	uint64_t limit;
	bool is_tokens, is_minute;
};

struct ending {
	uint64_t at_ns;
	uint32_t request;
};

struct run {
	const struct whatif_request *request;
	const struct whatif_rules *rules;
	struct whatif_outcome *out;
	struct backlog *backlog;
	struct headroom headroom;
	struct guard guard[LIMITS];
	uint32_t n_guards;
	struct admission_limit (*held)[LIMITS]; /* [request]: what it has reserved */
	struct ending *ending;                  /* a heap, the first on top */
	uint64_t n_running;
	uint64_t now_ns, wake_ns, origin_ms;
	struct bucket *behind; /* a window that was waited for */
};

static uint64_t ns_of(const struct run *w, uint64_t wall_ms)
{
	return BEGIN_NS + num_sub_sat(wall_ms, w->origin_ms) * NS_PER_MS;
}

static uint64_t ms_of(const struct run *w, uint64_t ns)
{
	return w->origin_ms + (ns - BEGIN_NS) / NS_PER_MS;
}

/* ---- what runs -------------------------------------------------------------------------- */

static void swap(struct ending *a, struct ending *b)
{
	struct ending t = *a;
	*a = *b;
	*b = t;
}

static void push_ending(struct run *w, uint64_t at_ns, uint32_t request)
{
	uint64_t i = w->n_running++;
	w->ending[i] = (struct ending){at_ns, request};
	for (; i > 0 && w->ending[i].at_ns < w->ending[(i - 1) / 2].at_ns;
		i = (i - 1) / 2)
		swap(&w->ending[i], &w->ending[(i - 1) / 2]);
}

static struct ending pop_ending(struct run *w)
{
	struct ending first = w->ending[0];
	w->ending[0] = w->ending[--w->n_running];
	for (uint64_t i = 0;;) {
		uint64_t least = i, left = 2 * i + 1;
		for (uint64_t k = left; k < left + 2 && k < w->n_running; k++)
			if (w->ending[k].at_ns < w->ending[least].at_ns)
				least = k;
		if (least == i)
			return first;
		swap(&w->ending[i], &w->ending[least]);
		i = least;
	}
}

/* ---- limits -------------------------------------------------------------------------------- */

static void add_guard(struct run *w, uint64_t limit, bool is_tokens, bool is_minute)
{
	if (limit == 0)
		return;
	struct guard *g = &w->guard[w->n_guards++];
	*g = (struct guard){
		.limit = limit, .is_tokens = is_tokens, .is_minute = is_minute};
	window_init(&g->window, (is_minute ? MINUTE_NS : HOUR_NS) + LIMIT_GUARD_NS);
}

/* As dispatch applies them (governor_limit()). */
static void apply(struct run *w, uint32_t request)
{
	for (uint32_t i = 0; i < w->n_guards; i++) {
		struct guard *g = &w->guard[i];
		w->held[request][i] = (struct admission_limit){.window = &g->window,
			.bucket = g->is_minute ? &g->bucket : NULL,
			.rate = limit_rate(g->limit, w->rules->burst_ns),
			.limit = g->limit,
			.cost = g->is_tokens ? w->request[request].reserved : 1,
			.is_tokens = g->is_tokens};
	}
	headroom_keep(
		&w->headroom, w->backlog, w->held[request], w->n_guards, w->now_ns);
}

static void settle(struct run *w, uint32_t request)
{
	for (uint32_t i = 0; i < w->n_guards; i++) {
		struct admission_limit *l = &w->held[request][i];
		/* the provider counts what was asked for: no refund */
		l->actual = l->is_tokens ? MAX(w->request[request].tokens, l->cost) : 1;
	}
	admission_settle(w->held[request], w->n_guards, w->now_ns);
}

/* ---- the queue -------------------------------------------------------------------------------- */

static void start(struct run *w, uint32_t i, uint32_t node)
{
	const struct whatif_request *r = &w->request[i];
	uint64_t now_ms = ms_of(w, w->now_ns);
	backlog_start(w->backlog, node);
	admission_reserve(w->held[i], w->n_guards, w->now_ns);
	push_ending(w, num_add_sat(w->now_ns, r->runs_ns), i);
	w->out->start_ms[i] = now_ms;
	w->out->place[i] = (uint32_t)++w->out->started;
	w->out->cost_nanousd = num_add_sat(w->out->cost_nanousd, r->cost_nanousd);
	histo_add(&w->out->wait_ms, num_sub_sat(now_ms, r->at_ms));
	w->out->end_ms = MAX(w->out->end_ms, now_ms + r->runs_ns / NS_PER_MS);
}

/* False = the first one has to wait. */
static bool try_first(struct run *w, const struct backlog_entry *e)
{
	uint32_t i = (uint32_t)e->handle;
	if (w->now_ns - e->queued_ns > w->rules->max_wait_ms * NS_PER_MS) {
		w->out->refused_late++;
		backlog_remove(w->backlog, e->node);
		return true;
	}
	apply(w, i);
	struct admission a = admission_check(w->held[i], w->n_guards, w->now_ns);
	if (a.verdict == ADMIT_NEVER) {
		w->out->refused_large++;
		backlog_remove(w->backlog, e->node);
		return true;
	}
	if (a.verdict == ADMIT_LATER) {
		w->behind = a.behind ? a.behind : w->behind;
		w->wake_ns = a.at_ns;
		return false;
	}
	admission_defer(w->held[i], w->n_guards, w->behind, w->now_ns);
	w->behind = NULL;
	start(w, i, e->node);
	return true;
}

static void start_all(struct run *w)
{
	const struct backlog_entry *e;
	w->wake_ns = UINT64_MAX;
	while ((e = backlog_first(w->backlog)) != NULL &&
		w->n_running < w->rules->max_concurrent)
		if (!try_first(w, e))
			return;
}

static void arrive(struct run *w, uint32_t i)
{
	const struct whatif_request *r = &w->request[i];
	struct backlog_entry e = {.handle = i,
		.queued_ns = w->now_ns,
		.tokens = r->reserved,
		.client = r->client,
		.session = r->session,
		.class = r->class};
	uint32_t node;
	headroom_note(&w->headroom, &e, w->now_ns);
	if (backlog_length(w->backlog) >= places_for(w->rules->max_size, r->class) ||
		!backlog_push(w->backlog, &e, &node))
		w->out->refused_full++;
}

/* ---- time ---------------------------------------------------------------------------------------- */

static void step(struct run *w, uint32_t n, uint32_t *next)
{
	uint64_t arrival = *next < n ? ns_of(w, w->request[*next].at_ms) : UINT64_MAX;
	uint64_t end = w->n_running > 0 ? w->ending[0].at_ns : UINT64_MAX;
	w->now_ns = MAX(w->now_ns, MIN(MIN(arrival, end), w->wake_ns));
	while (w->n_running > 0 && w->ending[0].at_ns <= w->now_ns)
		settle(w, pop_ending(w).request);
	while (*next < n && ns_of(w, w->request[*next].at_ms) <= w->now_ns)
		arrive(w, (*next)++);
	start_all(w);
}

void whatif_run(const struct whatif_request *r, uint32_t n,
	const struct whatif_rules *rules, struct whatif_outcome *out)
{
	struct run *w = calloc(1, sizeof *w);
	*out = (struct whatif_outcome){.start_ms = calloc(n + 1, sizeof *out->start_ms),
		.place = calloc(n + 1, sizeof *out->place)};
	must(w != NULL && out->start_ms != NULL && out->place != NULL);
	*w = (struct run){.request = r,
		.rules = rules,
		.out = out,
		.backlog = backlog_new((uint32_t)places_all(rules->max_size)),
		.held = calloc(n + 1, sizeof *w->held),
		.ending = calloc(n + 1, sizeof *w->ending),
		.wake_ns = UINT64_MAX,
		.now_ns = BEGIN_NS,
		.origin_ms = n > 0 ? r[0].at_ms : 0};
	must(w->held != NULL && w->ending != NULL);
	backlog_set_ageing(w->backlog, rules->ageing);
	add_guard(w, rules->requests_per_minute, false, true);
	add_guard(w, rules->requests_per_hour, false, false);
	add_guard(w, rules->tokens_per_minute, true, true);
	add_guard(w, rules->tokens_per_hour, true, false);
	uint32_t next = 0;
	while (next < n || backlog_length(w->backlog) > 0)
		step(w, n, &next);
	backlog_free(w->backlog);
	free(w->held);
	free(w->ending);
	free(w);
}

void whatif_fini(struct whatif_outcome *o)
{
	free(o->start_ms);
	free(o->place);
	*o = (struct whatif_outcome){0};
}

struct whatif_moved whatif_compare(
	const struct whatif_outcome *a, const struct whatif_outcome *b, uint32_t n)
{
	struct whatif_moved m = {0};
	for (uint32_t i = 0; i < n; i++) {
		uint64_t was = a->start_ms[i], is = b->start_ms[i];
		if (was == WHATIF_REFUSED_AT || is == WHATIF_REFUSED_AT)
			continue;
		m.earlier += is < was;
		m.later += is > was;
	}
	return m;
}

uint32_t whatif_reordered(const struct whatif_outcome *a,
	const struct whatif_outcome *b, uint32_t n, uint32_t *ix)
{
	uint32_t n_refused = 0, n_moved = 0;
	for (uint32_t i = 0; i < n; i++)
		ix[a->place[i] > 0 ? a->place[i] - 1 : a->started + n_refused++] = i;
	for (uint32_t k = 0; k < n; k++)
		if (a->place[ix[k]] != b->place[ix[k]])
			ix[n_moved++] = ix[k];
	return n_moved;
}
