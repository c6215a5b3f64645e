/* The ends that a dead service did not write down. */
#include "record/unended.h"

#include "base/clock.h"
#include "base/num.h"
#include "store/query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ENDS_A_COMMIT = 256 };

/* What of a request is believed: its name, and what the ledger has under that. */
struct end {
	struct row row; /* the newest one that it has */
	uint32_t attempt;
	bool is_sent; /* and its settle may be missing */
	enum exchange_failure fate;
};

struct unended {
	struct ledger *ledger;
	uint64_t at_ms; /* wall: when anybody of the service was last seen */
	uint64_t n_applied;
	uint32_t n;
	struct end end[ENDS_A_COMMIT];
};

/* The master may have hung, and the others have gone on. */
static uint64_t last_seen_ms(const struct segment *s, uint64_t now_ms)
{
	uint64_t beat_ns = 0;
	for (uint32_t slot = 0; slot < segment_n_slots(s); slot++)
		beat_ns = MAX(beat_ns, proc_heartbeat_ns(segment_proc(s, slot)));
	return num_sub_sat(now_ms, num_sub_sat(clock_mono_ns(), beat_ns) / NS_PER_MS);
}

/* ---- what the ledger knows ---------------------------------------------------------- */

struct search {
	uint32_t attempt;
	bool is_over;
	struct row *row;
};

static bool on_row(void *arg, uint64_t sequence, const struct row *r)
{
	struct search *s = arg;
	(void)sequence;
	s->is_over = r->attempt >= s->attempt;
	if (r->attempt <= s->attempt)
		*s->row = *r;
	return !s->is_over;
}

/* The row of that attempt or of the one before; attempt 0 = there is none. */
static bool find_row(struct unended *u, const struct exchange_request *q, uint32_t n,
	struct row *out, struct err *e)
{
	struct search s = {.attempt = n, .row = out};
	struct query_place at = {.next = num_sub_sat(n, 1)};
	enum query_verdict v = QUERY_MORE;
	out->attempt = 0;
	out->flags = 0;
	while (v == QUERY_MORE && !s.is_over)
		v = query_request(ledger_store(u->ledger), q->id, &at, on_row, &s, e);
	return v != QUERY_FAILED;
}

static enum exchange_failure fate_of(const struct exchange *x)
{
	if (exchange_attempt_is_last(x) && x->reply.failure < EXCHANGE_FAILURES)
		return (enum exchange_failure)x->reply.failure;
	return exchange_is_abandoned(x) ? FAILURE_CANCELLED : FAILURE_STOPPED;
}

/* One that is open was never sent where the request is QUEUED; where it was sent, its
 * settle may still be missing, and is then what dispatch's successor would have made it.
 * What the ledger has never heard of, or knows the end of, needs none. */
static bool find_end(struct unended *u, const struct exchange *x, struct err *e)
{
	struct end *end = &u->end[u->n];
	uint32_t n = exchange_attempt(x);
	end->is_sent = exchange_state(x) == EXCHANGE_SENT;
	end->attempt = n + (end->is_sent || !exchange_attempt_is_open(x));
	end->fate = fate_of(x);
	if (!find_row(u, &x->request, n, &end->row, e))
		return false;
	u->n += end->row.attempt > 0 && end->row.attempt + 1U >= end->attempt &&
		!(end->row.flags & ROW_FINAL);
	return true;
}

/* ---- what it is told ---------------------------------------------------------------- */

static void add(struct unended *u, const union fact *f)
{
	/* one that failed is told by the commit */
	u->n_applied += ledger_add(u->ledger, f) == LEDGER_APPLIED;
}

static void add_intent(struct unended *u, const struct end *end, uint64_t at_ms)
{
	const struct row *r = &end->row;
	struct fact_intent f = {.attempt = end->attempt,
		.priority = r->priority,
		.stream = (r->flags & ROW_STREAM) != 0,
		.api = r->api,
		.client_id = r->client_id,
		.queued_ms = r->queued_ms,
		.sent_ms = at_ms,
		.queue_ns = num_sub_sat(at_ms, r->queued_ms) * NS_PER_MS,
		.prompt_chars = r->prompt_chars,
		.max_tokens = r->max_tokens};
	fact_begin(&f.head, FACT_INTENT, sizeof f, at_ms);
	memcpy(f.id, r->id, sizeof f.id);
	memcpy(f.key, r->key, sizeof f.key);
	memcpy(f.model, r->model, sizeof f.model);
	memcpy(f.session, r->session, sizeof f.session);
	add(u, &(union fact){.intent = f});
}

/* FAILURE_NONE: it goes on. */
static void add_settle(struct unended *u, const struct row *r, uint32_t n,
	enum exchange_failure why, uint64_t at_ms)
{
	bool is_final = why != FAILURE_NONE;
	struct fact_settle f = {.attempt = n,
		.outcome = is_final ? OUTCOME_RELEASED : OUTCOME_UNKNOWN,
		.final = is_final,
		.failure = (uint8_t)why,
		.retries = n - 1,
		.done_ms = at_ms};
	fact_begin(&f.head, FACT_SETTLE, sizeof f, at_ms);
	memcpy(f.id, r->id, sizeof f.id);
	if (is_final)
		snprintf(f.error_code, sizeof f.error_code, "%s",
			exchange_failure_name(why));
	add(u, &(union fact){.settle = f});
}

/* Nobody was seen for a while before the end, and nothing ends before it began. */
static void write_end(struct unended *u, const struct end *end)
{
	const struct row *r = &end->row;
	uint64_t at_ms = MAX(u->at_ms, MAX(r->queued_ms, MAX(r->sent_ms, r->done_ms)));
	if (end->is_sent)
		add_settle(u, r, end->attempt - 1, FAILURE_NONE, at_ms);
	add_intent(u, end, at_ms);
	add_settle(u, r, end->attempt, end->fate, at_ms);
}

static bool commit_ends(struct unended *u, struct err *e)
{
	if (u->n == 0)
		return true;
	if (!ledger_begin(u->ledger, e))
		return false;
	for (uint32_t i = 0; i < u->n; i++)
		write_end(u, &u->end[i]);
	u->n = 0;
	return ledger_commit(u->ledger, e);
}

/* ---- all of them -------------------------------------------------------------------- */

static bool end_channel(struct unended *u, const struct channel *c, struct err *e)
{
	for (uint32_t slot = 0; slot < channel_n_touched(c); slot++) {
		const struct exchange *x = &c->exchanges[slot];
		if (exchange_owes_end(x) && !find_end(u, x, e))
			return false;
		if (u->n == ENDS_A_COMMIT && !commit_ends(u, e))
			return false;
	}
	return true;
}

static bool end_all(struct unended *u, const struct segment *s, struct err *e)
{
	for (uint32_t ix = 0; ix < s->n_channels; ix++) {
		struct channel c;
		if (segment_channel(s, ix, &c) && !end_channel(u, &c, e))
			return false;
	}
	return commit_ends(u, e);
}

bool unended_write(const struct segment *s, struct ledger *l, uint64_t now_ms,
	uint64_t *n, struct err *e)
{
	if (!segment_owes_ends(s))
		return true;
	struct unended *u = calloc(1, sizeof *u);
	must(u != NULL);
	u->ledger = l;
	u->at_ms = last_seen_ms(s, now_ms);
	bool ok = end_all(u, s, e);
	*n += u->n_applied;
	free(u);
	return ok;
}
