/* The gateway's glue in virtual time: who asks, and the day. */
#include "world_parts.h"

#include "base/hash.h"
#include "base/num.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- chance, and what must hold ------------------------------------------------------- */

uint64_t world_any(struct world *w, uint64_t n)
{
	w->random ^= w->random << 13, w->random ^= w->random >> 7;
	w->random ^= w->random << 17;
	return n ? w->random % n : 0;
}

uint64_t world_between(struct world *w, uint64_t low, uint64_t high)
{
	return low + world_any(w, high - low + 1);
}

void world_must_hold(struct world *w, bool holds, const char *what)
{
	if (holds)
		return;
	if (w->result.n_broken++ == 0)
		snprintf(w->result.broken, sizeof w->result.broken,
			"%s at %.3f s, seed %llu", what, (double)w->now_ns / 1e9,
			(unsigned long long)w->plan.seed);
}

/* ---- asking ------------------------------------------------------------------------------- */

void world_push(struct world *w, struct request *r)
{
	const struct source *s = r->source;
	struct backlog_entry e = {.handle = (uint64_t)(r - w->requests),
		.queued_ns = r->queued_ns,
		.tokens = r->reserved,
		.client = s->client,
		.session = s->session,
		.class = s->class};
	headroom_note(&w->headroom, &e, w->now_ns);
	world_must_hold(
		w, backlog_push(w->backlog, &e, &r->node), "the backlog is full");
}

static void ask(struct world *w, struct source *s)
{
	uint32_t at = w->free_request;
	if (s->last_ns != 0 && w->now_ns >= s->last_ns)
		return;
	must(at != MAX_REQUESTS);
	struct request *r = &w->requests[at];
	w->free_request = r->next_free;
	w->n_touched = MAX(w->n_touched, at + 1);
	*r = (struct request){.source = s,
		.queued_ns = w->now_ns,
		.tokens = world_between(w, s->tokens_min, s->tokens_max)};
	bool is_guessed = s->guess_every > 0 && s->n_asked % s->guess_every == 0;
	r->reserved = is_guessed ? MAX(s->guess, r->tokens) : r->tokens;
	s->n_asked++;
	world_push(w, r);
}

/* Exponential gaps by a table-free series would need libm: a uniform gap of the same mean
 * is as bursty as these questions need. */
static void ask_and_again(struct world *w, struct source *s)
{
	for (uint32_t i = 0; i < MAX(s->batch, 1); i++)
		ask(w, s);
	if (s->outstanding > 0)
		return;
	uint64_t mean =
		(uint64_t)((double)MINUTE_NS * MAX(s->batch, 1) / s->per_minute);
	agenda_add(&w->agenda, w->now_ns + world_any(w, 2 * mean), ASK,
		(uint32_t)(s - w->plan.source));
}

void world_end(struct world *w, struct request *r, bool is_done)
{
	struct source *s = r->source;
	*(is_done ? &s->n_done : &s->n_failed) += 1;
	*(is_done ? &w->result.n_done : &w->result.n_failed) += 1;
	r->next_free = w->free_request;
	w->free_request = (uint32_t)(r - w->requests);
	if (s->outstanding > 0)
		agenda_add(&w->agenda, w->now_ns + (is_done ? 0 : SECOND_NS), ASK,
			(uint32_t)(s - w->plan.source));
}

/* ---- what was foretold ------------------------------------------------------------------------ */

/* Whose wait is how far off: by client and class. */
uint64_t world_key_of(const struct request *r)
{
	const uint64_t who[2] = {r->source->client, r->source->class};
	return hash_fast64(who, sizeof who, 0);
}

static struct wait_late late(const struct world *w)
{
	struct wait_late l = {0};
	for (uint32_t i = 0; i < w->n_touched; i++)
		if (w->requests[i].is_running)
			wait_late_note(
				&l, w->mean_ns, w->now_ns - w->requests[i].sent_ns);
	return l;
}

static void foretell(struct world *w)
{
	struct wait wait;
	struct admission_limit limits[JOB_LIMITS];
	size_t n = world_limits(w, 0, limits);
	headroom_keep(&w->headroom, w->backlog, limits, n, w->now_ns);
	struct wait_flow flow = {.n_running = w->n_running,
		.max_running = w->plan.max_concurrent,
		.mean_ns = w->mean_ns,
		.late = late(w)};
	const struct backlog_entry *e;
	wait_begin(&wait, limits, n, &flow, w->now_ns);
	backlog_copy(w->copy, w->backlog);
	const struct backlog_entry *first = backlog_first(w->backlog);
	world_must_hold(w,
		first == NULL || first->handle == backlog_first(w->copy)->handle,
		"a copy has another order");
	uint32_t rank = 0;
	struct foretold f = {0, 0};
	w->next_rank = 1;
	while ((e = backlog_first(w->copy)) != NULL) {
		struct request *r = &w->requests[e->handle];
		r->rank = ++rank;
		struct wait_answer a = wait_next(&wait, e->tokens);
		f.own_ns = a.in_ns;
		if (rank == 1)
			f.first_ns = a.in_ns;
		if (r->foretold_ns == 0) {
			r->told_ns = w->now_ns;
			r->foretold = f;
			r->foretold_ns = w->now_ns + stretch_apply(&w->stretch,
							     world_key_of(r), &f);
		}
		backlog_start(w->copy, e->node);
	}
	agenda_add(&w->agenda, w->now_ns + SECOND_NS / 4, TICK, 0);
}

/* ---- the day ----------------------------------------------------------------------------------- */

void world_handle(struct world *w, struct event e)
{
	switch ((enum kind)e.kind) {
	case ASK:
		ask_and_again(w, &w->plan.source[e.subject]);
		break;
	case ARRIVE:
		world_arrive(w, &w->requests[e.subject]);
		break;
	case ANSWER:
		world_answer(w, &w->requests[e.subject]);
		break;
	case AGAIN:
		world_push(w, &w->requests[e.subject]);
		break;
	case TICK:
		foretell(w);
		break;
	}
}

void world_run(struct world *w)
{
	const struct plan *p = &w->plan;
	while (p->most_attempts == 0 || w->result.n_attempts < p->most_attempts) {
		uint64_t next = MIN(agenda_next_ns(&w->agenda), w->wake_ns);
		if (next > p->until_ns)
			break;
		w->now_ns = MAX(next, w->now_ns);
		if (w->now_ns >= w->wake_ns)
			w->wake_ns = UINT64_MAX;
		while (agenda_next_ns(&w->agenda) <= w->now_ns)
			world_handle(w, agenda_take(&w->agenda));
		while (world_start_one(w))
			;
	}
	w->result.now_ns = w->now_ns;
	w->result.state = w->key.state;
}

struct world *world_new(const struct plan *plan)
{
	struct world *w = calloc(1, sizeof *w);
	must(w != NULL);
	w->plan = *plan;
	w->random = plan->seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	w->now_ns = HOUR_NS;
	w->wake_ns = UINT64_MAX;
	w->requests = calloc(MAX_REQUESTS, sizeof *w->requests);
	w->backlog = backlog_new(MAX_REQUESTS);
	w->copy = backlog_new(MAX_REQUESTS);
	must(w->requests != NULL);
	for (uint32_t i = 0; i < MAX_REQUESTS; i++)
		w->requests[i].next_free = i + 1;
	provider_init(&w->provider, plan->provider_rpm, plan->provider_tpm);
	w->provider.weather = plan->weather;
	w->provider.n_weather = plan->n_weather;
	for (size_t i = 0; i < LIMITS; i++)
		window_init(&w->window[i], (i % 2 ? HOUR_NS : MINUTE_NS) + GUARD_NS);
	backlog_set_ageing(w->backlog, plan->ageing);
	stabilizer_init(&w->key, w->now_ns);
	for (size_t i = 0; i < plan->n_sources; i++) {
		struct source *s = &plan->source[i];
		uint64_t from = MAX(s->first_ns, w->now_ns);
		for (uint32_t k = 0; k < MAX(s->outstanding, 1); k++)
			agenda_add(&w->agenda, from, ASK, (uint32_t)i);
	}
	if (plan->check_positions)
		agenda_add(&w->agenda, w->now_ns, TICK, 0);
	return w;
}

void world_go_on_until(struct world *w, uint64_t until_ns)
{
	w->plan.until_ns = until_ns;
	world_run(w);
}

const struct world_result *world_result(const struct world *w)
{
	return &w->result;
}

const struct provider *world_provider(const struct world *w)
{
	return &w->provider;
}

const struct stabilizer *world_key(const struct world *w)
{
	return &w->key;
}

void world_free(struct world *w)
{
	provider_fini(&w->provider);
	agenda_free(&w->agenda);
	backlog_free(w->backlog);
	backlog_free(w->copy);
	free(w->requests);
	free(w->sent);
	free(w);
}
