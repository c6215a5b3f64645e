/* The gateway's glue in virtual time. */
#include "world.h"

#include "agenda.h"
#include "base/num.h"
#include "base/hash.h"
#include "decide/admission.h"
#include "decide/stretch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_REQUESTS = 1 << 16, LIMITS = 4, JOB_LIMITS = 8 };

#define HOUR_NS  (60 * MINUTE_NS)
#define GUARD_NS (SECOND_NS / 4)             /* as LIMIT_GUARD_NS of the segment */
#define PACE_NS  (MINUTE_NS + SECOND_NS / 2) /* as LIMIT_PACE_NS */

enum kind { ASK, ARRIVE, ANSWER, AGAIN, TICK };

struct request {
	struct source *source;
	struct admission_limit limits[JOB_LIMITS];
	size_t n_limits;
	uint64_t queued_ns, sent_ns, tokens;
	uint64_t foretold_ns, told_ns,
		raw_ns; /* the moment; when it was told; the wait */
	uint32_t attempts, node, next_free;
	struct answer answer;
	bool is_probe;
};

struct world {
	struct plan plan;
	struct world_result result;
	struct provider provider;
	struct agenda agenda;
	struct backlog *backlog, *copy;
	struct window window[LIMITS];
	struct bucket bucket[LIMITS], pace_requests, pace_tokens;
	struct stabilizer key;
	struct retry_budget budget;
	struct stretch stretch;
	struct request *requests;
	uint32_t free_request, n_running, n_probing;
	uint64_t now_ns, random, wake_ns, mean_ns;
	bool has_waited;
	uint64_t held_since_ns, held_sent; /* of one minute of a hold */
};

/* ---- chance, and what must hold ------------------------------------------------------- */

static uint64_t any(struct world *w, uint64_t n)
{
	w->random ^= w->random << 13, w->random ^= w->random >> 7;
	w->random ^= w->random << 17;
	return n ? w->random % n : 0;
}

static uint64_t between(struct world *w, uint64_t low, uint64_t high)
{
	return low + any(w, high - low + 1);
}

static double chance(struct world *w)
{
	return (double)(any(w, UINT64_C(1) << 53)) / (double)(UINT64_C(1) << 53);
}

static void must_hold(struct world *w, bool holds, const char *what)
{
	if (holds)
		return;
	if (w->result.n_broken++ == 0)
		snprintf(w->result.broken, sizeof w->result.broken,
			"%s at %.3f s, seed %llu", what, (double)w->now_ns / 1e9,
			(unsigned long long)w->plan.seed);
}

/* ---- the limits of a request ------------------------------------------------------------- */

static uint64_t limit_of(const struct plan *p, size_t i)
{
	const uint64_t all[LIMITS] = {p->rpm, p->rph, p->tpm, p->tph};
	return all[i];
}

static size_t add_pace(struct bucket *b, uint64_t per_hour, bool is_tokens,
	struct admission_limit *out)
{
	if (per_hour == 0)
		return 0;
	*out = (struct admission_limit){
		.bucket = b, .rate = {per_hour, HOUR_NS, 1, 0}, .is_tokens = is_tokens};
	return 1;
}

static size_t fill_limits(struct world *w, uint64_t tokens, struct admission_limit *out)
{
	const struct plan *p = &w->plan;
	size_t n = 0;
	for (size_t i = 0; i < LIMITS; i++) {
		uint64_t limit = limit_of(p, i);
		if (limit == 0)
			continue;
		out[n] = (struct admission_limit){
			.window = &w->window[i], .limit = limit, .is_tokens = i >= 2};
		if (i % 2 == 0) {
			uint64_t burst = limit * p->burst_ns / MINUTE_NS;
			out[n].bucket = &w->bucket[i];
			out[n].rate =
				(struct bucket_rate){limit, PACE_NS, MAX(burst, 1), 0};
		}
		n++;
	}
	struct stabilizer_pace pace =
		stabilizer_pace(&w->key, &p->stabilizer, w->now_ns);
	n += add_pace(&w->pace_requests, pace.requests, false, &out[n]);
	n += add_pace(&w->pace_tokens, pace.tokens, true, &out[n]);
	for (size_t i = 0; i < n; i++)
		out[i].cost = out[i].is_tokens ? tokens : 1;
	return n;
}

/* ---- asking ------------------------------------------------------------------------------- */

static void push(struct world *w, struct request *r)
{
	const struct source *s = r->source;
	struct backlog_entry e = {.handle = (uint64_t)(r - w->requests),
		.queued_ns = r->queued_ns,
		.tokens = r->tokens,
		.client = s->client,
		.session = s->session,
		.class = s->class};
	must_hold(w, backlog_push(w->backlog, &e, &r->node), "the backlog is full");
}

static void ask(struct world *w, struct source *s)
{
	uint32_t at = w->free_request;
	if (s->last_ns != 0 && w->now_ns >= s->last_ns)
		return;
	must(at != MAX_REQUESTS);
	struct request *r = &w->requests[at];
	w->free_request = r->next_free;
	*r = (struct request){.source = s,
		.queued_ns = w->now_ns,
		.tokens = between(w, s->tokens_min, s->tokens_max)};
	s->n_asked++;
	push(w, r);
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
	agenda_add(&w->agenda, w->now_ns + any(w, 2 * mean), ASK,
		(uint32_t)(s - w->plan.source));
}

static void end(struct world *w, struct request *r, bool is_done)
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

/* ---- sending ------------------------------------------------------------------------------- */

static bool step(struct world *w, struct stabilizer_report report)
{
	report.random = (uint32_t)w->random;
	bool changed =
		stabilizer_step(&w->key, &w->plan.stabilizer, &report, w->now_ns);
	if (changed)
		w->held_since_ns = w->held_sent = 0;
	return changed;
}

/* Whose wait is how far off: by client and class. */
static uint64_t key_of(const struct request *r)
{
	const uint64_t who[2] = {r->source->client, r->source->class};
	return hash_fast64(who, sizeof who, 0);
}

static void note_wait(struct world *w, const struct request *r)
{
	struct source *s = r->source;
	uint64_t waited = w->now_ns - r->queued_ns;
	s->wait_ms = realloc(s->wait_ms, (s->n_waits + 1) * sizeof *s->wait_ms);
	must(s->wait_ms != NULL);
	s->wait_ms[s->n_waits++] = (uint32_t)(waited / (SECOND_NS / 1000));
	if (r->foretold_ns == 0)
		return;
	stretch_note(&w->stretch, key_of(r), r->raw_ns, w->now_ns - r->told_ns);
	uint64_t off = r->foretold_ns > w->now_ns ? r->foretold_ns - w->now_ns
						  : w->now_ns - r->foretold_ns;
	w->result.n_foretold++;
	w->result.n_foretold_well += off <= MAX(2 * SECOND_NS, waited / 5);
}

/* In a hold no minute may have more than the pace and the one that begins it. */
static void check_hold(struct world *w)
{
	struct stabilizer_pace pace =
		stabilizer_pace(&w->key, &w->plan.stabilizer, w->now_ns);
	if (pace.requests == 0)
		return;
	if (w->held_since_ns == 0 || w->now_ns - w->held_since_ns >= MINUTE_NS) {
		w->held_since_ns = w->now_ns;
		w->held_sent = 0;
	}
	w->held_sent++;
	w->result.sent_in_minute_most_held =
		MAX(w->result.sent_in_minute_most_held, w->held_sent);
	must_hold(
		w, w->held_sent <= pace.requests / 60 + 2, "sent above the held pace");
}

static void send(struct world *w, struct request *r)
{
	enum stabilizer_state state = w->key.state;
	bool may = state != STABILIZER_BACKOFF && state != STABILIZER_PROBING &&
		   state != STABILIZER_OUT_OF_SERVICE;
	must_hold(w, may, "sent while nothing may be sent");
	admission_reserve(r->limits, r->n_limits, w->now_ns);
	check_hold(w);
	if (r->attempts == 0)
		note_wait(w, r);
	r->is_probe = state == STABILIZER_PROBE;
	w->n_probing += r->is_probe;
	w->result.n_probes += r->is_probe;
	w->result.most_probing = MAX(w->result.most_probing, w->n_probing);
	r->attempts++;
	r->sent_ns = w->now_ns;
	r->source->tokens += r->tokens;
	w->result.n_attempts++;
	w->result.n_retries += r->attempts > 1;
	if (r->attempts == 1)
		retry_budget_earn(&w->budget);
	w->n_running++;
	must_hold(w, w->n_running <= w->plan.max_concurrent, "too many at once");
	(void)step(w, (struct stabilizer_report){.event = STABILIZER_ON_SENT});
	uint64_t latency = between(w, w->plan.latency_min_ns, w->plan.latency_max_ns);
	agenda_add(
		&w->agenda, w->now_ns + latency, ARRIVE, (uint32_t)(r - w->requests));
}

/* True = something started or left; false = wait, wake_ns says until when. */
static bool start_one(struct world *w)
{
	const struct backlog_entry *e = backlog_first(w->backlog);
	if (e == NULL || w->n_running >= w->plan.max_concurrent)
		return false;
	struct request *r = &w->requests[e->handle];
	if (stabilizer_tick(&w->key, &w->plan.stabilizer, w->now_ns))
		w->held_since_ns = w->held_sent = 0;
	if (w->key.state == STABILIZER_OUT_OF_SERVICE ||
		w->now_ns - r->queued_ns > w->plan.max_wait_ns) {
		backlog_remove(w->backlog, e->node);
		end(w, r, false);
		return true;
	}
	uint64_t gate = stabilizer_earliest_ns(&w->key);
	if (gate > w->now_ns) {
		w->wake_ns = MIN(w->wake_ns, gate);
		return false;
	}
	r->n_limits = fill_limits(w, r->tokens, r->limits);
	struct admission a = admission_check(r->limits, r->n_limits, w->now_ns);
	must_hold(w, a.verdict != ADMIT_NEVER, "a request that never fits");
	if (a.verdict == ADMIT_NOW && w->has_waited)
		admission_defer(r->limits, r->n_limits, w->now_ns);
	w->has_waited = a.verdict != ADMIT_NOW;
	if (a.verdict != ADMIT_NOW) {
		w->wake_ns = MIN(w->wake_ns, a.at_ns);
		return false;
	}
	backlog_start(w->backlog, e->node);
	send(w, r);
	return true;
}

/* ---- answers -------------------------------------------------------------------------------- */

static void arrive(struct world *w, struct request *r)
{
	r->answer = provider_take(&w->provider, r->tokens, chance(w), w->now_ns);
	uint64_t service = r->answer.status == 200 ? between(w, w->plan.service_min_ns,
							     w->plan.service_max_ns)
						   : 0;
	uint64_t back = between(w, w->plan.latency_min_ns, w->plan.latency_max_ns);
	agenda_add(&w->agenda, w->now_ns + service + back, ANSWER,
		(uint32_t)(r - w->requests));
}

static enum stabilizer_event event_of(enum attempt_class class)
{
	switch (class) {
	case CLASS_RATE_LIMIT:
	case CLASS_SLOW_DOWN:
		return STABILIZER_ON_THROTTLE;
	case CLASS_QUOTA:
	case CLASS_AUTH:
		return STABILIZER_ON_REFUSED;
	case CLASS_OVERLOADED:
	case CLASS_SERVER:
	case CLASS_NETWORK:
		return STABILIZER_ON_FAULT;
	default:
		return STABILIZER_ON_ACCEPT;
	}
}

static void settle(struct world *w, struct request *r, enum attempt_class class)
{
	for (size_t i = 0; i < r->n_limits; i++)
		r->limits[i].actual = class == CLASS_NETWORK ? 0 : r->limits[i].cost;
	admission_settle(r->limits, r->n_limits, w->now_ns);
	if (class == CLASS_NETWORK)
		w->held_sent -=
			w->held_sent > 0; /* it never left: the pace has it back */
	uint64_t ran = w->now_ns - r->sent_ns;
	w->mean_ns = w->mean_ns ? w->mean_ns - w->mean_ns / 16 + ran / 16 : ran;
	w->n_running--;
	w->n_probing -= r->is_probe;
	r->is_probe = false;
}

static void answer(struct world *w, struct request *r)
{
	const struct answer *got = &r->answer;
	struct attempt_end e = {.fate = got->status ? FATE_ANSWERED : FATE_NOT_SENT,
		.status = got->status,
		.retry_after_ns = got->retry_after_ns};
	if (got->status != 0) {
		e.code = (struct str){got->code, strlen(got->code)};
		e.message = (struct str){got->message, strlen(got->message)};
	}
	uint64_t deadline = num_add_sat(r->queued_ns, w->plan.max_wait_ns);
	struct retry_history h = {.attempts = r->attempts,
		.remaining_ns = num_sub_sat(deadline, w->now_ns),
		.budget_ns = retry_budget_wait(&w->budget, w->now_ns),
		.random = (uint32_t)any(w, UINT64_C(1) << 32)};
	struct retry_verdict v = retry_decide(&e, &w->plan.retry, &h);
	settle(w, r, v.class);
	(void)step(w, (struct stabilizer_report){.event = event_of(v.class),
			      .retry_after_ns = got->retry_after_ns,
			      .tokens = r->tokens,
			      .sent_ns = r->sent_ns});
	if (!v.retry) {
		end(w, r, v.class == CLASS_OK);
		return;
	}
	retry_budget_take(&w->budget, w->now_ns);
	agenda_add(
		&w->agenda, w->now_ns + v.delay_ns, AGAIN, (uint32_t)(r - w->requests));
}

/* ---- what was foretold ------------------------------------------------------------------------ */

static void foretell(struct world *w)
{
	struct wait wait;
	struct admission_limit limits[JOB_LIMITS];
	size_t n = fill_limits(w, 0, limits);
	struct wait_flow flow = {.n_running = w->n_running,
		.max_running = w->plan.max_concurrent,
		.mean_ns = w->mean_ns};
	const struct backlog_entry *e;
	wait_begin(&wait, limits, n, &flow, w->now_ns);
	backlog_copy(w->copy, w->backlog);
	const struct backlog_entry *first = backlog_first(w->backlog);
	must_hold(w, first == NULL || first->handle == backlog_first(w->copy)->handle,
		"a copy has another order");
	while ((e = backlog_first(w->copy)) != NULL) {
		struct request *r = &w->requests[e->handle];
		struct wait_answer a = wait_next(&wait, e->tokens);
		if (r->foretold_ns == 0) {
			r->told_ns = w->now_ns;
			r->raw_ns = a.in_ns;
			r->foretold_ns = w->now_ns +
					 stretch_apply(&w->stretch, key_of(r), a.in_ns);
		}
		backlog_start(w->copy, e->node);
	}
	agenda_add(&w->agenda, w->now_ns + SECOND_NS / 4, TICK, 0);
}

/* ---- the day ----------------------------------------------------------------------------------- */

static void handle(struct world *w, struct event e)
{
	switch ((enum kind)e.kind) {
	case ASK:
		ask_and_again(w, &w->plan.source[e.subject]);
		break;
	case ARRIVE:
		arrive(w, &w->requests[e.subject]);
		break;
	case ANSWER:
		answer(w, &w->requests[e.subject]);
		break;
	case AGAIN:
		push(w, &w->requests[e.subject]);
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
			handle(w, agenda_take(&w->agenda));
		while (start_one(w))
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

void world_restart(struct world *w, uint64_t away_ns)
{
	struct stabilizer_snapshot kept = stabilizer_save(&w->key, w->now_ns);
	w->now_ns += away_ns;
	stabilizer_load(&w->key, &kept, away_ns, w->now_ns);
	w->pace_requests = w->pace_tokens = (struct bucket){0};
	w->wake_ns = w->now_ns;
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
	free(w);
}
