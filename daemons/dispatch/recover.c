/* What the dead left behind. */
#include "dispatch/recover.h"

#include "dispatch/attempt.h"
#include "dispatch/intake.h"
#include "dispatch/settle.h"
#include "segment/ending.h"

static void fail(struct dispatch *d, uint32_t channel_ix, uint32_t slot,
	enum exchange_failure why)
{
	struct channel *c = &d->channels[channel_ix];
	struct exchange *x = &c->exchanges[slot];
	x->reply.failure = (uint8_t)why;
	exchange_move(x, EXCHANGE_FAILED);
	struct exchange_ref ref = {slot, exchange_generation(x)};
	channel_tell(c, ref);
	d->told[channel_ix] = true;
}

/* Killed between the intent and the send, or the move to its end: nothing has left. */
static void recover_queued(struct dispatch *d, uint32_t channel_ix, uint32_t slot)
{
	struct exchange *x = &d->channels[channel_ix].exchanges[slot];
	bool is_last = exchange_attempt_is_last(x);
	enum exchange_failure why = is_last ? x->reply.failure : FAILURE_NONE;
	if (exchange_attempt_is_open(x))
		settle_orphan(d, x, OUTCOME_RELEASED, why);
	if (is_last)
		fail(d, channel_ix, slot, why);
	else
		intake_look(d, channel_ix, slot);
}

/* What was sent has not ended, and is sent again. */
static bool may_retry(const struct dispatch *d, const struct exchange *x)
{
	return exchange_state(x) == EXCHANGE_SENT && !exchange_attempt_is_last(x) &&
	       x->request.kind != EXCHANGE_TOOL && /* it may do something */
	       (exchange_attempt_is_retried(x) ||
		       d->process.settings.retry_unknown == SETTINGS_UNKNOWN_RETRY);
}

/* Killed with an attempt out: nobody knows what became of it. The settle may already be
 * in the ledger; then this one is ignored there. */
static void recover_sent(struct dispatch *d, uint32_t channel_ix, uint32_t slot)
{
	struct exchange *x = &d->channels[channel_ix].exchanges[slot];
	enum exchange_failure why =
		may_retry(d, x) ? FAILURE_NONE : FAILURE_UPSTREAM_OUTCOME_UNKNOWN;
	if (exchange_attempt_is_open(x))
		settle_orphan(d, x, OUTCOME_UNKNOWN, why);
	if (why == FAILURE_NONE)
		exchange_move(x, EXCHANGE_QUEUED);
	else
		fail(d, channel_ix, slot, why);
}

static void recover_channel(struct dispatch *d, uint32_t channel_ix)
{
	struct channel *c = &d->channels[channel_ix];
	uint32_t n = channel_n_touched(c);
	for (uint32_t slot = 0; slot < n; slot++) {
		enum exchange_state s = exchange_state(&c->exchanges[slot]);
		if (s == EXCHANGE_SENT || s == EXCHANGE_STREAMING)
			recover_sent(d, channel_ix, slot);
		if (exchange_state(&c->exchanges[slot]) == EXCHANGE_QUEUED)
			recover_queued(d, channel_ix, slot);
	}
}

void recover_exchanges(struct dispatch *d)
{
	for (uint32_t i = 0; i <= d->process.segment->n_channels; i++)
		if (channel_state(d->channels[i].words) != CHANNEL_SPARE)
			recover_channel(d, i);
	log_event(LOG_INFO, EVENT_RECOVERED, "requests_taken_over=%u", d->jobs.n);
}

/* What it has asked for at the last, too: that is counted and gets its row. */
static void take_rest(struct dispatch *d, uint32_t channel_ix)
{
	struct channel *c = &d->channels[channel_ix];
	uint32_t n = channel_n_touched(c);
	for (uint32_t slot = 0; slot < n; slot++)
		if (exchange_state(&c->exchanges[slot]) == EXCHANGE_QUEUED)
			intake_look(d, channel_ix, slot);
}

/* Jobs of that channel that are still at work after letting go of the others. */
static uint32_t let_go(struct dispatch *d, uint32_t channel_ix)
{
	uint32_t left = 0;
	take_rest(d, channel_ix);
	toolcalls_end_all(d, channel_ix, FAILURE_CANCELLED);
	for (struct job *j = d->jobs.all, *next; j != NULL; j = next) {
		next = j->next;
		if (j->channel != channel_ix)
			continue;
		if (attempt_outlives_client(j))
			left++;
		else if (j->state == JOB_WAITING || j->state == JOB_BACKOFF)
			attempt_refuse(d, j, FAILURE_CANCELLED);
		else
			attempt_abort(d, j, FAILURE_CANCELLED);
	}
	return left;
}

/* The dead front has asked for it, and can count its end no more. */
static bool is_orphan(const struct exchange *x)
{
	enum exchange_state s = exchange_state(x);
	return (s == EXCHANGE_DONE || s == EXCHANGE_FAILED) &&
	       x->request.kind == EXCHANGE_COMPLETION && !exchange_is_abandoned(x);
}

/* How many requests the front's death has left to be counted by us. */
static uint32_t count_orphans(struct dispatch *d, const struct channel *c)
{
	uint32_t n_orphans = 0, n = channel_n_touched(c);
	for (uint32_t slot = 0; slot < n; slot++) {
		const struct exchange *x = &c->exchanges[slot];
		if (!is_orphan(x))
			continue;
		enum exchange_failure why = (enum exchange_failure)x->reply.failure;
		process_count(
			&d->process, exchange_ending_counter(why, x->reply.status), 1);
		n_orphans++;
	}
	return n_orphans;
}

static void release(struct dispatch *d, uint32_t channel_ix, uint32_t generation)
{
	struct channel *c = &d->channels[channel_ix];
	uint32_t n_orphans = count_orphans(d, c);
	channel_release(c->words, generation, facts_position(&d->facts));
	process_keep(&d->process, EVENT_CHANNEL_RELEASED, channel_ix);
	log_event(LOG_INFO, EVENT_CHANNEL_RELEASED, "channel=%u requests=%u",
		channel_ix, n_orphans);
	process_ring(&d->process, SLOT_MASTER);
}

void recover_dead_channels(struct dispatch *d)
{
	for (uint32_t i = 0; i < d->process.segment->n_channels; i++) {
		struct channel_words *w = d->channels[i].words;
		uint32_t generation = channel_generation(w);
		if (channel_state(w) != CHANNEL_DEAD || channel_is_released(w))
			continue;
		if (let_go(d, i) == 0)
			release(d, i, generation);
	}
}
