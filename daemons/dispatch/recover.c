/* What the dead left behind. */
#include "dispatch/recover.h"

#include "dispatch/attempt.h"
#include "dispatch/intake.h"
#include "dispatch/settle.h"

/* Killed between the intent and the send: nothing has left. */
static void recover_queued(struct dispatch *d, struct exchange *x)
{
	if (exchange_attempt_is_open(x))
		settle_orphan(d, x, OUTCOME_RELEASED, false);
}

/* Killed with an attempt out: nobody knows what became of it. The settle may already be
 * in the ledger; then this one is ignored there. */
static void recover_sent(struct dispatch *d, uint32_t channel_ix, uint32_t slot)
{
	struct channel *c = &d->channels[channel_ix];
	struct exchange *x = &c->exchanges[slot];
	bool again = exchange_state(x) == EXCHANGE_SENT &&
		     x->request.kind != EXCHANGE_TOOL && /* it may do something */
		     d->process.settings.retry_unknown == SETTINGS_UNKNOWN_RETRY;
	if (exchange_attempt_is_open(x))
		settle_orphan(d, x, OUTCOME_UNKNOWN, !again);
	if (again) {
		exchange_move(x, EXCHANGE_QUEUED);
		return;
	}
	x->reply.failure = FAILURE_UPSTREAM_OUTCOME_UNKNOWN;
	exchange_move(x, EXCHANGE_FAILED);
	struct exchange_ref ref = {slot, exchange_generation(x)};
	channel_tell(c, ref);
	d->told[channel_ix] = true;
}

static void recover_channel(struct dispatch *d, uint32_t channel_ix)
{
	struct channel *c = &d->channels[channel_ix];
	uint32_t n = channel_n_touched(c);
	for (uint32_t slot = 0; slot < n; slot++) {
		enum exchange_state s = exchange_state(&c->exchanges[slot]);
		if (s == EXCHANGE_SENT || s == EXCHANGE_STREAMING)
			recover_sent(d, channel_ix, slot);
		if (exchange_state(&c->exchanges[slot]) == EXCHANGE_QUEUED) {
			recover_queued(d, &c->exchanges[slot]);
			intake_look(d, channel_ix, slot);
		}
	}
}

void recover_exchanges(struct dispatch *d)
{
	for (uint32_t i = 0; i <= d->process.segment->n_channels; i++)
		if (channel_state(d->channels[i].words) != CHANNEL_SPARE)
			recover_channel(d, i);
	log_event(LOG_INFO, EVENT_RECOVERED, "jobs=%u", d->jobs.n);
}

/* Jobs of that channel that are still at work after letting go of the others. */
static uint32_t let_go(struct dispatch *d, uint32_t channel_ix)
{
	uint32_t left = 0;
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

void recover_dead_channels(struct dispatch *d)
{
	for (uint32_t i = 0; i < d->process.segment->n_channels; i++) {
		struct channel_words *w = d->channels[i].words;
		uint32_t generation = channel_generation(w);
		if (channel_state(w) != CHANNEL_DEAD || channel_is_released(w))
			continue;
		if (let_go(d, i) > 0)
			continue;
		channel_release(w, generation, facts_position(&d->facts));
		process_note(&d->process, EVENT_CHANNEL_RELEASED, i);
		process_ring(&d->process, SLOT_MASTER);
	}
}
