/* The gateway's glue in virtual time: limits, sending, answers. As dispatch does it. */
#include "world_parts.h"

#include "base/num.h"

#include <stdlib.h>
#include <string.h>

static double chance(struct world *w)
{
	return (double)(world_any(w, UINT64_C(1) << 53)) / (double)(UINT64_C(1) << 53);
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

size_t world_limits(struct world *w, uint64_t tokens, struct admission_limit *out)
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

static void note_wait(struct world *w, const struct request *r)
{
	struct source *s = r->source;
	uint64_t waited = w->now_ns - r->queued_ns;
	s->wait_ms = realloc(s->wait_ms, (s->n_waits + 1) * sizeof *s->wait_ms);
	must(s->wait_ms != NULL);
	s->wait_ms[s->n_waits++] = (uint32_t)(waited / (SECOND_NS / 1000));
	if (r->foretold_ns == 0)
		return;
	if (w->key.since_ns <= r->told_ns)
		stretch_note(&w->stretch, world_key_of(r), &r->foretold,
			w->now_ns - r->told_ns);
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
	world_must_hold(
		w, w->held_sent <= pace.requests / 60 + 2, "sent above the held pace");
}

/* Of those that are told where they stand the first is next. */
static void check_order(struct world *w, const struct request *r)
{
	if (!w->plan.check_order || r->rank == 0)
		return;
	world_must_hold(w, r->rank == w->next_rank, "another starts than was told");
	w->result.n_in_order += r->rank == w->next_rank++;
}

static void send(struct world *w, struct request *r)
{
	enum stabilizer_state state = w->key.state;
	bool may = state != STABILIZER_BACKOFF && state != STABILIZER_PROBING &&
		   state != STABILIZER_OUT_OF_SERVICE;
	world_must_hold(w, may, "sent while nothing may be sent");
	check_order(w, r);
	admission_reserve(r->limits, r->n_limits, w->now_ns);
	world_note_sent(w, r->reserved);
	check_hold(w);
	if (r->attempts == 0)
		note_wait(w, r);
	r->is_probe = state == STABILIZER_PROBE;
	w->n_probing += r->is_probe;
	w->result.n_probes += r->is_probe;
	w->result.most_probing = MAX(w->result.most_probing, w->n_probing);
	r->attempts++;
	r->sent_ns = w->now_ns;
	r->is_running = true;
	r->source->tokens += r->tokens;
	w->result.n_attempts++;
	w->result.n_retries += r->attempts > 1;
	if (r->attempts == 1)
		retry_budget_earn(&w->budget);
	w->n_running++;
	world_must_hold(w, w->n_running <= w->plan.max_concurrent, "too many at once");
	(void)step(w, (struct stabilizer_report){.event = STABILIZER_ON_SENT});
	uint64_t latency =
		world_between(w, w->plan.latency_min_ns, w->plan.latency_max_ns);
	agenda_add(
		&w->agenda, w->now_ns + latency, ARRIVE, (uint32_t)(r - w->requests));
}

/* True = something started or left; false = wait, wake_ns says until when. */
bool world_start_one(struct world *w)
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
		world_end(w, r, false);
		return true;
	}
	uint64_t gate = stabilizer_earliest_ns(&w->key);
	if (gate > w->now_ns) {
		w->wake_ns = MIN(w->wake_ns, gate);
		return false;
	}
	r->n_limits = world_limits(w, r->reserved, r->limits);
	headroom_keep(&w->headroom, w->backlog, r->limits, r->n_limits, w->now_ns);
	struct admission a = admission_check(r->limits, r->n_limits, w->now_ns);
	world_must_hold(w, a.verdict != ADMIT_NEVER, "a request that never fits");
	if (a.verdict != ADMIT_NOW) {
		w->behind = a.behind ? a.behind : w->behind;
		w->wake_ns = MIN(w->wake_ns, a.at_ns);
		return false;
	}
	admission_defer(r->limits, r->n_limits, w->behind, w->now_ns);
	w->behind = NULL;
	backlog_start(w->backlog, e->node);
	send(w, r);
	return true;
}

/* ---- answers -------------------------------------------------------------------------------- */

void world_arrive(struct world *w, struct request *r)
{
	r->answer = provider_take(&w->provider, r->tokens, chance(w), w->now_ns);
	uint64_t service = r->answer.status == 200
				   ? world_between(w, w->plan.service_min_ns,
					     w->plan.service_max_ns)
				   : 0;
	uint64_t back =
		world_between(w, w->plan.latency_min_ns, w->plan.latency_max_ns);
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
	for (size_t i = 0; i < r->n_limits; i++) {
		struct admission_limit *l = &r->limits[i];
		uint64_t came_to = l->is_tokens ? r->tokens : l->cost;
		l->actual = class == CLASS_NETWORK ? 0 : came_to;
	}
	admission_settle(r->limits, r->n_limits, w->now_ns);
	if (class == CLASS_NETWORK)
		w->held_sent -=
			w->held_sent > 0; /* it never left: the pace has it back */
	uint64_t ran = w->now_ns - r->sent_ns;
	w->mean_ns = w->mean_ns ? w->mean_ns - w->mean_ns / 16 + ran / 16 : ran;
	w->n_running--;
	w->n_probing -= r->is_probe;
	r->is_probe = r->is_running = false;
}

void world_answer(struct world *w, struct request *r)
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
		.random = (uint32_t)world_any(w, UINT64_C(1) << 32)};
	struct retry_verdict v = retry_decide(&e, &w->plan.retry, &h);
	settle(w, r, v.class);
	(void)step(w, (struct stabilizer_report){.event = event_of(v.class),
			      .retry_after_ns = got->retry_after_ns,
			      .tokens = r->reserved,
			      .sent_ns = r->sent_ns});
	if (!v.retry) {
		world_end(w, r, v.class == CLASS_OK);
		return;
	}
	retry_budget_take(&w->budget, w->now_ns);
	agenda_add(
		&w->agenda, w->now_ns + v.delay_ns, AGAIN, (uint32_t)(r - w->requests));
}
