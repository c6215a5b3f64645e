/* Which job starts, and when. */
#include "dispatch/schedule.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/num.h"
#include "dispatch/attempt.h"
#include "dispatch/governor.h"
#include "dispatch/hold_note.h"
#include "dispatch/position.h"
#include "dispatch/replay_store.h"

#include <string.h>

enum verdict { STARTED, BLOCKED, DROPPED };

/* Tools and webhooks go past the key's state. */
static enum verdict pass_gate(struct dispatch *d, struct job *j)
{
	uint64_t at;
	if (j->exchange->request.kind != EXCHANGE_COMPLETION)
		return STARTED;
	switch (governor_gate(d, &at)) {
	case GATE_OPEN:
		return STARTED;
	case GATE_CLOSED:
		attempt_refuse(d, j, d->governor.refusal);
		return DROPPED;
	case GATE_LATER:
		break;
	}
	d->wake_ns = MIN(d->wake_ns, at);
	return BLOCKED;
}

bool schedule_push(struct dispatch *d, struct job *j)
{
	const struct exchange_request *q = &j->exchange->request;
	struct backlog_entry e = {.handle = job_handle(j),
		.queued_ns = q->queued_ns,
		.tokens = j->estimate,
		.client = q->client_id,
		.session = hash_fast64(
			q->session, strnlen(q->session, sizeof q->session), 0),
		.class = q->priority};
	j->state = JOB_WAITING;
	j->told_ns = 0;
	headroom_note(&d->governor.headroom, &e, d->process.now_ns);
	return backlog_push(d->backlog, &e, &j->backlog_node);
}

void schedule_back_off(struct dispatch *d, struct job *j, enum wait_reason reason)
{
	j->state = JOB_BACKOFF;
	j->due_ns = j->exchange->retry_at_ns;
	j->due_reason = reason;
	d->wake_ns = MIN(d->wake_ns, j->due_ns);
	position_tell_backoff(d, j);
}

/* Only a window says never. */
static void refuse_too_large(
	struct dispatch *d, struct job *j, const struct admission_limit *by)
{
	const struct limits *all = &d->process.segment->shared->limits;
	j->exchange->reply.limit_row = (uint16_t)limits_row(all, by->window);
	j->exchange->reply.counted = by->cost;
	attempt_refuse(d, j, FAILURE_REQUEST_TOO_LARGE);
}

static void start(struct dispatch *d, struct job *j)
{
	backlog_start(d->backlog, j->backlog_node);
	j->backlog_node = BACKLOG_NO_NODE;
	position_learn(d, j);
	j->held_by = (enum wait_reason)exchange_place(j->exchange).reason;
	exchange_set_place(j->exchange, (struct exchange_place){0, 0, 0});
	attempt_begin(d, j);
}

static void note_wait(struct dispatch *d, struct job *j)
{
	if (!j->exchange->reply.rate_limited)
		process_count(&d->process, COUNTER_limit_waits, 1);
	j->exchange->reply.rate_limited = 1;
}

/* Does anybody wait whom its model's limit does not concern? */
static bool is_in_the_way(const struct dispatch *d, const struct job *j)
{
	const char *model = j->exchange->request.model;
	for (const struct job *other = d->jobs.all; other; other = other->next)
		if (other->state == JOB_WAITING &&
			strcmp(other->exchange->request.model, model) != 0)
			return true;
	return false;
}

static bool is_aside(const struct job *j)
{
	return j->state == JOB_BACKOFF &&
	       (j->due_reason == WAIT_REQUESTS || j->due_reason == WAIT_TOKENS);
}

/* Whom one of its model must not pass: who stands aside for the model's limit in its class
 * or above, the last to get through. What he needs would go to it bit by bit. */
static const struct job *whom_to_follow(const struct dispatch *d, const struct job *j)
{
	const struct exchange_request *q = &j->exchange->request;
	const struct job *found = NULL;
	if (j->n_limits == j->n_shared || d->process.now_ns >= d->aside_until_ns)
		return NULL;
	for (const struct job *other = d->jobs.all; other; other = other->next)
		if (is_aside(other) && other->due_ns > d->process.now_ns &&
			other->exchange->request.priority >= q->priority &&
			strcmp(other->exchange->request.model, q->model) == 0 &&
			(found == NULL || other->due_ns > found->due_ns))
			found = other;
	return found;
}

/* Until its model's limit lets it pass; then it goes to its old place. */
static void step_aside(
	struct dispatch *d, struct job *j, uint64_t due_ns, enum wait_reason reason)
{
	backlog_remove(d->backlog, j->backlog_node);
	j->backlog_node = BACKLOG_NO_NODE;
	j->state = JOB_BACKOFF;
	j->due_ns = due_ns;
	j->due_reason = reason;
	d->aside_until_ns = MAX(d->aside_until_ns, due_ns);
	d->wake_ns = MIN(d->wake_ns, j->due_ns);
	note_wait(d, j);
}

static enum wait_reason reason_of(const struct admission_limit *l)
{
	return l->is_tokens ? WAIT_TOKENS : WAIT_REQUESTS;
}

static enum verdict try_start(struct dispatch *d, struct job *j)
{
	enum verdict gate = pass_gate(d, j);
	if (gate != STARTED)
		return gate;
	governor_apply(d, j);
	const struct job *first = whom_to_follow(d, j);
	if (first != NULL) {
		j->hold = hold_behind(&first->hold, j->estimate);
		step_aside(d, j, first->due_ns, first->due_reason);
		return DROPPED;
	}
	struct admission a = admission_check(j->limits, j->n_limits, d->process.now_ns);
	switch (a.verdict) {
	case ADMIT_NOW:
		admission_defer(j->limits, j->n_limits, d->behind, d->process.now_ns);
		d->behind = NULL;
		start(d, j);
		return STARTED;
	case ADMIT_NEVER:
		refuse_too_large(d, j, &j->limits[a.binding]);
		return DROPPED;
	case ADMIT_LATER:
		break;
	}
	j->waits_for_model = a.binding >= j->n_shared;
	if (j->waits_for_model && is_in_the_way(d, j)) {
		j->hold = hold_of(d, &j->limits[a.binding]);
		step_aside(d, j, a.at_ns, reason_of(&j->limits[a.binding]));
		return DROPPED;
	}
	d->behind = a.behind ? a.behind : d->behind;
	d->wake_ns = MIN(d->wake_ns, a.at_ns);
	note_wait(d, j);
	return BLOCKED;
}

/* An end brings us back here. */
static bool has_place(struct dispatch *d, struct job *j)
{
	if (d->n_running < d->process.settings.max_concurrent)
		return true;
	if (!j->waits_for_place)
		process_count(&d->process, COUNTER_place_waits, 1);
	j->waits_for_place = true;
	return false;
}

bool schedule_start(struct dispatch *d)
{
	bool busy = false;
	const struct backlog_entry *e;
	while ((e = backlog_first(d->backlog)) != NULL) {
		struct job *j = jobs_by_handle(&d->jobs, e->handle);
		must(j != NULL && j->state == JOB_WAITING);
		if (!has_place(d, j) || !attempt_may_begin(d))
			break; /* of the second a commit brings us back */
		if (try_start(d, j) == BLOCKED)
			break;
		busy = true;
	}
	return busy;
}

bool schedule_committed(struct dispatch *d)
{
	bool busy = false;
	uint64_t committed = facts_committed(&d->facts);
	for (struct job *j = d->jobs.all, *next; j != NULL; j = next) {
		next = j->next;
		if (j->state == JOB_INTENT && j->intent_position <= committed) {
			attempt_send(d, j);
			busy = true;
		}
	}
	return busy;
}

static void end_backoff(struct dispatch *d, struct job *j)
{
	if (j->due_ns > d->process.now_ns)
		d->wake_ns = MIN(d->wake_ns, j->due_ns);
	else if (!schedule_push(d, j))
		attempt_refuse(d, j, FAILURE_QUEUE_TIMEOUT);
}

static bool has_waited_too_long(const struct dispatch *d, const struct job *j)
{
	return d->process.now_ns > num_add_sat(j->exchange->request.queued_ns,
					   d->process.settings.queue_max_wait_ns);
}

/* It would have had to wait as long as it looked last; so may whoever comes again. */
static void refuse_late(struct dispatch *d, struct job *j)
{
	j->exchange->reply.retry_after_ms = exchange_place(j->exchange).wait_ms;
	attempt_refuse(d, j, FAILURE_QUEUE_TIMEOUT);
}

/* What cannot be written down is not spent, and nobody waits for a disk to be mended. */
static bool is_ledger_lost(const struct dispatch *d)
{
	return commit_watch_is_lost(&d->commits, d->process.now_ns);
}

static void sweep_waiting(struct dispatch *d, struct job *j)
{
	if (exchange_is_abandoned(j->exchange))
		attempt_refuse(d, j, FAILURE_CANCELLED);
	else if (is_ledger_lost(d))
		attempt_refuse(d, j, FAILURE_LEDGER_UNAVAILABLE);
	else if (has_waited_too_long(d, j))
		refuse_late(d, j);
	else if (j->state == JOB_BACKOFF)
		end_backoff(d, j);
}

static void sweep_running(struct dispatch *d, struct job *j)
{
	if (exchange_is_abandoned(j->exchange) && !attempt_outlives_client(j)) {
		attempt_abort(d, j, FAILURE_CANCELLED);
		return;
	}
	if (j->state == JOB_JOINED)
		replay_store_look(d, j);
	if (j->state == JOB_INTENT && is_ledger_lost(d)) {
		attempt_abort(d, j, FAILURE_LEDGER_UNAVAILABLE);
		return;
	}
	if (j->state == JOB_RUNNING) {
		enum exchange_failure late = attempt_overdue(d, j);
		if (late != FAILURE_NONE) {
			attempt_abort(d, j, late);
			return;
		}
	}
	if (j->reply != NULL)
		attempt_flush(d, j);
}

void schedule_sweep(struct dispatch *d)
{
	for (struct job *j = d->jobs.all, *next; j != NULL; j = next) {
		next = j->next;
		if (j->state == JOB_WAITING || j->state == JOB_BACKOFF)
			sweep_waiting(d, j);
		else
			sweep_running(d, j);
	}
}
