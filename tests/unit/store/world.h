/*
 * A world of requests that makes up facts from a seed: intents, settles, retries, and
 * each kind of repetition and nonsense. Beside each fact it keeps, by rules written down
 * a second time here, what a ledger that has taken exactly these facts must hold.
 */
#ifndef WORLD_H
#define WORLD_H

#include "fixture.h"

enum { WORLD_ATTEMPTS = 16384, WORLD_SESSIONS = 7 };

struct world_attempt {
	uint64_t request;
	uint32_t number, session;
	uint64_t sent_ms, high_prompt, high_completion, high_nanousd, chars;
	enum attempt_outcome outcome;
	uint64_t prompt, completion, nanousd;
	uint16_t status;
	bool is_final;
};

struct world {
	uint64_t rng;
	uint64_t n_requests, n_facts, n_open;
	uint32_t n;
	struct world_attempt a[WORLD_ATTEMPTS];
};

/* SplitMix64 (Steele, Lea, Flood, OOPSLA 2014). */
static inline uint64_t world_random(struct world *w, uint64_t below)
{
	uint64_t z = w->rng += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (z ^ z >> 31) % below;
}

static inline struct world *world_new(uint64_t seed)
{
	struct world *w = calloc(1, sizeof *w);
	must(w != NULL);
	w->rng = seed;
	return w;
}

static inline void world_session(uint32_t ix, char out[static EXCHANGE_SESSION_BYTES])
{
	if (ix == 0)
		out[0] = '\0';
	else /* names that are prefixes of each other */
		snprintf(out, EXCHANGE_SESSION_BYTES, "%.*s", (int)ix, "chatchat");
}

static inline union fact world_fact_of_intent(const struct world_attempt *a)
{
	union fact f = fixture_intent(a->request, a->number);
	f.intent.sent_ms = a->sent_ms;
	f.intent.high_prompt_tokens = a->high_prompt;
	f.intent.high_completion_tokens = a->high_completion;
	f.intent.high_nanousd = a->high_nanousd;
	f.intent.prompt_chars = a->chars;
	f.intent.high_rates = fixture_rates(a->request % 7);
	world_session(a->session, f.intent.session);
	return f;
}

static inline union fact world_send(
	struct world *w, uint64_t request, uint32_t number, uint32_t session)
{
	struct world_attempt *a = &w->a[w->n++];
	must(w->n <= WORLD_ATTEMPTS);
	*a = (struct world_attempt){
		.request = request, .number = number, .session = session};
	a->sent_ms = TEST_NOW_MS + world_random(w, 600000);
	a->high_prompt = world_random(w, 5000);
	a->high_completion = world_random(w, 5000);
	a->high_nanousd = world_random(w, 900000);
	a->chars = world_random(w, 10000);
	w->n_open++;
	return world_fact_of_intent(a);
}

/* The last attempt of a request, as far as the world knows. */
static inline bool world_may_retry(const struct world *w, const struct world_attempt *a)
{
	if (a->outcome == OUTCOME_OPEN || a->is_final || a->number > 5)
		return false;
	for (uint32_t i = 0; i < w->n; i++)
		if (w->a[i].request == a->request && w->a[i].number > a->number)
			return false;
	return true;
}

static inline union fact world_settle(struct world *w, struct world_attempt *a)
{
	enum attempt_outcome outcome =
		(enum attempt_outcome)(1 + world_random(w, OUTCOMES - 1));
	union fact f = fixture_settle(a->request, a->number, outcome);
	f.settle.prompt_tokens = world_random(w, 3000);
	f.settle.completion_tokens = world_random(w, 3000);
	f.settle.cost_nanousd = world_random(w, 500000);
	f.settle.status = world_random(w, 2) ? 429 : 0;
	f.settle.final = world_random(w, 3) == 0;
	f.settle.rates = fixture_rates(a->request % 5);
	if (a->outcome != OUTCOME_OPEN)
		return f; /* a second settle changes nothing */
	a->outcome = outcome;
	a->status = f.settle.status;
	a->is_final = f.settle.final;
	w->n_open--;
	if (outcome == OUTCOME_RELEASED)
		return f;
	a->prompt = f.settle.prompt_tokens;
	a->completion = f.settle.completion_tokens;
	a->nanousd = f.settle.cost_nanousd;
	if (outcome == OUTCOME_UNKNOWN) {
		a->prompt = MAX(a->prompt, a->high_prompt);
		a->completion = MAX(a->completion, a->high_completion);
		a->nanousd = MAX(a->nanousd, a->high_nanousd);
	}
	return f;
}

/* What the ledger does with every OPEN row under a new segment. */
static inline void world_lose_open(struct world *w)
{
	for (uint32_t i = 0; i < w->n; i++) {
		struct world_attempt *a = &w->a[i];
		if (a->outcome != OUTCOME_OPEN)
			continue;
		a->outcome = OUTCOME_UNKNOWN;
		a->is_final = true;
		a->prompt = a->high_prompt;
		a->completion = a->high_completion;
		a->nanousd = a->high_nanousd;
	}
	w->n_open = 0;
}

/* The next fact, and what comes of it. */
static inline union fact world_next(struct world *w)
{
	w->n_facts++;
	uint64_t choice = world_random(w, 100);
	struct world_attempt *some = w->n > 0 ? &w->a[world_random(w, w->n)] : NULL;
	/* the newest ones are the ones that are open */
	struct world_attempt *recent =
		w->n > 0 ? &w->a[w->n - 1 - world_random(w, MIN(w->n, 16u))] : NULL;
	if (some == NULL || choice < 40)
		return world_send(w, ++w->n_requests, 1,
			(uint32_t)world_random(w, WORLD_SESSIONS));
	if (choice < 50 && world_may_retry(w, recent))
		return world_send(
			w, recent->request, recent->number + 1, recent->session);
	if (choice < 93)
		return world_settle(w, recent);
	if (choice < 96)
		return world_settle(w, some);
	if (choice < 98)
		return world_fact_of_intent(some); /* known already */
	return fixture_settle(w->n_requests + 1000000, 1, OUTCOME_RELEASED);
}

/* The world when n facts have happened, and the facts; facts may be NULL. */
static inline struct world *world_at(uint64_t seed, uint64_t n, union fact *facts)
{
	struct world *w = world_new(seed);
	for (uint64_t i = 0; i < n; i++) {
		union fact f = world_next(w);
		if (facts != NULL)
			facts[i] = f;
	}
	return w;
}

static inline bool world_reached(const struct world_attempt *a)
{
	return a->outcome != OUTCOME_OPEN &&
	       (a->outcome != OUTCOME_RELEASED || a->status != 0);
}

/* ---- what a ledger holds, against what it must hold --------------------------------- */

struct world_check {
	const struct world *w;
	uint32_t n;
};

static inline bool world_check_row(void *arg, uint64_t sequence, const struct row *r)
{
	struct world_check *c = arg;
	char session[EXCHANGE_SESSION_BYTES];
	(void)sequence;
	ck_assert_uint_lt(c->n, c->w->n);
	const struct world_attempt *a = &c->w->a[c->n++]; /* both in order of intents */
	ck_assert_uint_eq(fixture_request_of(r->id), a->request);
	ck_assert_uint_eq(r->attempt, a->number);
	ck_assert_uint_eq(r->outcome, a->outcome);
	ck_assert_uint_eq(r->sent_ms, a->sent_ms);
	ck_assert_uint_eq(r->prompt_tokens, a->prompt);
	ck_assert_uint_eq(r->completion_tokens, a->completion);
	ck_assert_uint_eq(r->cost_nanousd, a->nanousd);
	world_session(a->session, session);
	ck_assert_str_eq(r->session, session);
	return true;
}

static inline void world_check_rows(const struct world *w, struct store *s)
{
	struct world_check c = {.w = w};
	struct query_place at = query_start();
	struct err e = {0};
	enum query_verdict v;
	do
		v = query_rows(s, &at, world_check_row, &c, &e);
	while (v == QUERY_MORE);
	ck_assert_msg(v == QUERY_DONE, "%s", e.text);
	ck_assert_uint_eq(c.n, w->n);
	ck_assert_uint_eq(at.n_bad, 0);
}

/* Requests with an attempt that `counts`, in that session (-1: any). */
static inline uint64_t world_count_requests(
	const struct world *w, int session, bool unknown_only)
{
	bool *seen = calloc(w->n_requests + 1, sizeof *seen);
	uint64_t n = 0;
	must(seen != NULL);
	for (uint32_t i = 0; i < w->n; i++) {
		const struct world_attempt *a = &w->a[i];
		if (session >= 0 && a->session != (uint32_t)session)
			continue;
		if (!world_reached(a) ||
			(unknown_only && a->outcome != OUTCOME_UNKNOWN))
			continue;
		n += !seen[a->request];
		seen[a->request] = true;
	}
	free(seen);
	return n;
}

/* What the attempts of a session (-1: any) and a minute (0: any) add up to; requests
 * only when no minute is named: which minute counts one is the ledger's choice. */
static inline struct totals world_totals(
	const struct world *w, int session, uint64_t minute)
{
	struct totals t = {0};
	for (uint32_t i = 0; i < w->n; i++) {
		const struct world_attempt *a = &w->a[i];
		if ((session >= 0 && a->session != (uint32_t)session) ||
			(minute != 0 && a->sent_ms / 60000 != minute) ||
			!world_reached(a))
			continue;
		uint64_t tokens = a->prompt + a->completion;
		t.attempts++;
		t.prompt_tokens += a->prompt;
		t.completion_tokens += a->completion;
		t.total_tokens += tokens;
		t.cost_nanousd += a->nanousd;
		if (a->outcome == OUTCOME_SETTLED_USAGE) {
			t.measured_chars += a->chars;
			t.measured_tokens += a->prompt;
		}
		if (a->outcome == OUTCOME_UNKNOWN) {
			t.unknown_tokens += tokens;
			t.unknown_nanousd += a->nanousd;
		}
		if (a->outcome == OUTCOME_SETTLED_ESTIMATE) {
			t.estimated++;
			t.estimated_nanousd += a->nanousd;
		}
		if (t.first_ms == 0 || a->sent_ms < t.first_ms)
			t.first_ms = a->sent_ms;
		t.last_ms = MAX(t.last_ms, a->sent_ms);
	}
	if (minute == 0) {
		t.requests = world_count_requests(w, session, false);
		t.unknown_requests = world_count_requests(w, session, true);
	}
	return t;
}

static inline void world_assert_totals(const struct totals *got, struct totals want)
{
	ck_assert_uint_eq(got->requests, want.requests);
	ck_assert_uint_eq(got->attempts, want.attempts);
	ck_assert_uint_eq(got->prompt_tokens, want.prompt_tokens);
	ck_assert_uint_eq(got->completion_tokens, want.completion_tokens);
	ck_assert_uint_eq(got->total_tokens, want.total_tokens);
	ck_assert_uint_eq(got->cost_nanousd, want.cost_nanousd);
	ck_assert_uint_eq(got->measured_chars, want.measured_chars);
	ck_assert_uint_eq(got->measured_tokens, want.measured_tokens);
	ck_assert_uint_eq(got->unknown_requests, want.unknown_requests);
	ck_assert_uint_eq(got->unknown_tokens, want.unknown_tokens);
	ck_assert_uint_eq(got->unknown_nanousd, want.unknown_nanousd);
	ck_assert_uint_eq(got->estimated, want.estimated);
	ck_assert_uint_eq(got->estimated_nanousd, want.estimated_nanousd);
	ck_assert_uint_eq(got->first_ms, want.first_ms);
	ck_assert_uint_eq(got->last_ms, want.last_ms);
}

/* All rows in one number. */
struct world_digest {
	uint64_t hash;
};

static inline bool world_digest_row(void *arg, uint64_t sequence, const struct row *r)
{
	struct world_digest *d = arg;
	d->hash = hash_fast64(r, sizeof *r, d->hash ^ sequence);
	return true;
}

/* ---- a lane: fact number i ends at position i ------------------------------------- */

/* Apply facts number from…to (1-based) of the world's stream in one commit. */
static inline bool world_commit(struct ledger *l, const union fact *facts,
	uint64_t from, uint64_t to, struct err *e)
{
	if (!ledger_begin(l, e))
		return false;
	for (uint64_t i = from; i <= to; i++)
		if (ledger_apply(l, SLOT_DISPATCH, i, &facts[i - 1]) == LEDGER_FAILED)
			break;
	return ledger_commit(l, e);
}

/* The same where it must succeed. */
static inline void world_must_commit(
	struct ledger *l, const union fact *facts, uint64_t from, uint64_t to)
{
	struct err e = {0};
	ck_assert_msg(world_commit(l, facts, from, to, &e), "%s", e.text);
}

#endif
