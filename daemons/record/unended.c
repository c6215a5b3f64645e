/* The ends that a dead service did not write down. */
#include "record/unended.h"

#include "base/clock.h"
#include "base/num.h"

#include <stdio.h>
#include <string.h>

struct unended {
	struct ledger *ledger;
	uint64_t at_ms; /* wall: when the service was last seen */
	char key[FACT_KEY_BYTES];
	uint64_t n_applied;
};

static uint64_t last_seen_ms(const struct segment *s, uint64_t now_ms)
{
	uint64_t beat_ns = proc_heartbeat_ns(segment_proc(s, SLOT_MASTER));
	return num_sub_sat(now_ms, num_sub_sat(clock_mono_ns(), beat_ns) / NS_PER_MS);
}

static void find_key(const struct segment *s, char key[static FACT_KEY_BYTES])
{
	struct upstream_keys keys;
	if (page_read(s->keys, &keys, sizeof keys) != 0)
		memcpy(key, keys.key[0].name, FACT_KEY_BYTES);
}

static bool add(struct unended *u, const union fact *f)
{
	enum ledger_verdict v = ledger_add(u->ledger, f);
	u->n_applied += v == LEDGER_APPLIED;
	return v != LEDGER_FAILED;
}

static bool add_intent(struct unended *u, const struct exchange_request *q, uint32_t n)
{
	struct fact_intent f = {.attempt = n,
		.priority = q->priority,
		.stream = q->stream,
		.api = q->api,
		.client_id = q->client_id,
		.queued_ms = q->queued_ms,
		.sent_ms = u->at_ms,
		.queue_ns = num_sub_sat(u->at_ms, q->queued_ms) * NS_PER_MS,
		.prompt_chars = q->prompt_chars,
		.max_tokens = q->max_tokens};
	fact_begin(&f.head, FACT_INTENT, sizeof f, u->at_ms);
	memcpy(f.id, q->id, sizeof f.id);
	memcpy(f.key, u->key, sizeof f.key);
	memcpy(f.model, q->model, sizeof f.model);
	memcpy(f.session, q->session, sizeof f.session);
	return add(u, &(union fact){.intent = f});
}

/* FAILURE_NONE: it goes on. */
static bool add_settle(struct unended *u, const struct exchange_request *q, uint32_t n,
	enum attempt_outcome outcome, enum exchange_failure why)
{
	struct fact_settle f = {.attempt = n,
		.outcome = (uint8_t)outcome,
		.final = why != FAILURE_NONE,
		.failure = (uint8_t)why,
		.retries = n - 1,
		.done_ms = u->at_ms};
	fact_begin(&f.head, FACT_SETTLE, sizeof f, u->at_ms);
	memcpy(f.id, q->id, sizeof f.id);
	if (why != FAILURE_NONE)
		snprintf(f.error_code, sizeof f.error_code, "%s",
			exchange_failure_name(why));
	return add(u, &(union fact){.settle = f});
}

static enum exchange_failure fate_of(const struct exchange *x)
{
	if (exchange_attempt_is_last(x) && x->reply.failure < EXCHANGE_FAILURES)
		return (enum exchange_failure)x->reply.failure;
	return exchange_is_abandoned(x) ? FAILURE_CANCELLED : FAILURE_STOPPED;
}

/* One that is open was never sent where the request is QUEUED; where it was sent, its
 * settle may still be missing, and is then what dispatch's successor would have made it. */
static bool end_one(struct unended *u, const struct exchange *x)
{
	const struct exchange_request *q = &x->request;
	uint32_t n = exchange_attempt(x);
	bool is_sent = exchange_state(x) == EXCHANGE_SENT;
	if (is_sent && !add_settle(u, q, n, OUTCOME_UNKNOWN, FAILURE_NONE))
		return false;
	if (is_sent || !exchange_attempt_is_open(x))
		n++;
	return add_intent(u, q, n) && add_settle(u, q, n, OUTCOME_RELEASED, fate_of(x));
}

static void end_all(struct unended *u, const struct segment *s)
{
	for (uint32_t ix = 0; ix < s->n_channels; ix++) {
		struct channel c;
		uint32_t n = segment_channel(s, ix, &c) ? channel_n_touched(&c) : 0;
		for (uint32_t slot = 0; slot < n; slot++)
			if (exchange_owes_end(&c.exchanges[slot]) &&
				!end_one(u, &c.exchanges[slot]))
				return; /* the commit says why */
	}
}

bool unended_write(const struct segment *s, struct ledger *l, uint64_t now_ms,
	uint64_t *n, struct err *e)
{
	struct unended u = {.ledger = l, .at_ms = last_seen_ms(s, now_ms)};
	if (!segment_owes_ends(s))
		return true;
	find_key(s, u.key);
	if (!ledger_begin(l, e))
		return false;
	end_all(&u, s);
	if (!ledger_commit(l, e))
		return false;
	*n += u.n_applied;
	return true;
}
