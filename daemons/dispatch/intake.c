/* From hints to jobs. */
#include "dispatch/intake.h"

#include "decide/places.h"
#include "dispatch/attempt.h"
#include "dispatch/position.h"
#include "dispatch/replay_store.h"
#include "dispatch/schedule.h"
#include "dispatch/settle.h"

#include <string.h>

enum { HINTS_A_TURN = 256 };

static bool is_terminated(const char *text, size_t cap)
{
	return memchr(text, '\0', cap) != NULL;
}

/* A body, a path, or both, inside the region. */
static bool has_text(const struct channel *c, const struct exchange_request *q)
{
	uint64_t n;
	bool is_relayed = q->api == API_RELAYED;
	return (q->path_bytes > 0) == is_relayed && (is_relayed || !q->is_get) &&
	       (q->body_bytes > 0 || is_relayed) &&
	       !__builtin_add_overflow(q->body_bytes, q->path_bytes, &n) &&
	       channel_region_at(c, q->body_offset, n) != NULL;
}

/* Everything that is used without a further look is checked here, once. */
static bool is_possible(const struct channel *c, struct exchange *x)
{
	const struct exchange_request *q = &x->request;
	struct pipe pipe;
	return q->kind < EXCHANGE_KINDS && q->api < EXCHANGE_APIS &&
	       q->priority < PRIORITIES && has_text(c, q) &&
	       channel_pipe(c, x, &pipe) && pipe_is_sane(&pipe) &&
	       is_terminated(q->model, sizeof q->model) &&
	       is_terminated(q->session, sizeof q->session);
}

/* Whoever comes again finds a place when the first has left. */
static void refuse_full(struct dispatch *d, struct job *j)
{
	j->exchange->reply.counted = backlog_length(d->backlog);
	j->exchange->reply.retry_after_ms = position_first_ms(d);
	attempt_refuse(d, j, FAILURE_QUEUE_FULL);
}

static void enqueue(struct dispatch *d, struct job *j)
{
	j->state = JOB_WAITING;
	uint64_t places = places_for(
		d->process.settings.queue_max_size, j->exchange->request.priority);
	if (backlog_length(d->backlog) >= places || !schedule_push(d, j))
		refuse_full(d, j);
}

/* A predecessor has tried it, and was to wait. */
static bool has_to_wait(const struct dispatch *d, const struct job *j)
{
	return exchange_attempt(j->exchange) > 0 &&
	       j->exchange->retry_at_ns > d->process.now_ns;
}

void intake_admit(struct dispatch *d, struct job *j)
{
	if (!replay_store_admit(d, j))
		return;
	settle_estimate(d, j);
	if (has_to_wait(d, j))
		schedule_back_off(d, j,
			j->exchange->reply.rate_limited ? WAIT_BACKOFF : WAIT_FAULTS);
	else
		enqueue(d, j);
}

static void take_new(struct dispatch *d, uint32_t channel_ix, struct exchange_ref ref)
{
	struct channel *c = &d->channels[channel_ix];
	struct exchange *x = &c->exchanges[ref.slot];
	bool is_fine = is_possible(c, x);
	if (is_fine && x->request.kind == EXCHANGE_TOOL) {
		toolcalls_begin(d, channel_ix, ref);
		return;
	}
	struct job *j = job_new(d, c, channel_ix, ref);
	if (!is_fine) {
		process_count(&d->process, COUNTER_exchanges_quarantined, 1);
		log_event(LOG_ERROR, EVENT_EXCHANGE_QUARANTINED, "channel=%u slot=%u",
			channel_ix, ref.slot);
		attempt_refuse(d, j, FAILURE_BAD_EXCHANGE);
	} else {
		intake_admit(d, j);
	}
}

static void cancel(struct dispatch *d, struct job *j)
{
	if (j->state == JOB_WAITING || j->state == JOB_BACKOFF)
		attempt_refuse(d, j, FAILURE_CANCELLED);
	else if (!attempt_outlives_client(j))
		attempt_abort(d, j, FAILURE_CANCELLED);
}

void intake_look(struct dispatch *d, uint32_t channel_ix, uint32_t slot)
{
	struct channel *c = &d->channels[channel_ix];
	if (slot >= c->n_exchanges)
		return;
	struct exchange *x = &c->exchanges[slot];
	struct job *j = jobs_find(&d->jobs, channel_ix, slot);
	if (j == NULL && exchange_state(x) == EXCHANGE_QUEUED) {
		take_new(d, channel_ix,
			(struct exchange_ref){slot, exchange_generation(x)});
		j = jobs_find(&d->jobs, channel_ix, slot);
	}
	if (j == NULL)
		toolcalls_look(d, channel_ix, slot);
	else if (exchange_is_abandoned(x))
		cancel(d, j);
	else if (j->state == JOB_JOINED)
		replay_store_look(d, j);
	else if (j->reply != NULL)
		attempt_flush(d, j);
}

static bool take_hints(struct dispatch *d, uint32_t channel_ix, int priority)
{
	uint64_t hint;
	int n = 0;
	struct lane *l = &d->channels[channel_ix].requests[priority];
	for (; n < HINTS_A_TURN && lane_pop(l, &hint); n++)
		intake_look(d, channel_ix, exchange_ref_of_hint(hint).slot);
	return n > 0;
}

static bool is_live(const struct dispatch *d, uint32_t channel_ix)
{
	return channel_state(d->channels[channel_ix].words) == CHANNEL_LIVE;
}

bool intake_lanes(struct dispatch *d)
{
	bool busy = false;
	for (int p = PRIORITIES - 1; p >= 0; p--)
		for (uint32_t i = 0; i <= d->process.segment->n_channels; i++)
			if (is_live(d, i))
				busy |= take_hints(d, i, p);
	return busy;
}

bool intake_has_hints(const struct dispatch *d)
{
	for (uint32_t i = 0; i <= d->process.segment->n_channels; i++)
		for (int p = 0; is_live(d, i) && p < PRIORITIES; p++)
			if (lane_length(&d->channels[i].requests[p]) > 0)
				return true;
	return false;
}

void intake_scan(struct dispatch *d)
{
	for (uint32_t i = 0; i <= d->process.segment->n_channels; i++) {
		uint32_t n = is_live(d, i) ? channel_n_touched(&d->channels[i]) : 0;
		for (uint32_t slot = 0; slot < n; slot++)
			intake_look(d, i, slot);
	}
}
