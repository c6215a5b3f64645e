/*
 * Attempts: from the intent to the settle, and what follows.
 *
 * How an attempt ends is first put into a struct attempt_end (what happened), then judged
 * by decide/retry (what it means), then settled (what it cost), then acted on.
 */
#include "dispatch/attempt.h"

#include "base/clock.h"
#include "base/num.h"
#include "decide/retry.h"
#include "dispatch/outcome.h"
#include "dispatch/position.h"
#include "dispatch/refusal.h"
#include "dispatch/replay_store.h"
#include "dispatch/reply.h"
#include "dispatch/schedule.h"
#include "dispatch/settle.h"
#include "dispatch/transfer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How long the framing of a stream may take to follow its end mark. */
#define END_PATIENCE_NS NS_PER_S

/* ---- beginning ------------------------------------------------------------------ */

bool attempt_may_begin(const struct dispatch *d)
{
	return facts_has_room(&d->facts, d->facts_reserved_bytes + SETTLE_ROOM_BYTES) &&
	       commit_watch_may_spend(&d->commits, d->process.now_ns);
}

void attempt_begin(struct dispatch *d, struct job *j)
{
	struct exchange_reply *r = &j->exchange->reply;
	admission_reserve(j->limits, j->n_limits, d->process.now_ns);
	j->sent_ms = d->process.now_ms;
	j->begun_ns = d->process.now_ns;
	r->retries = exchange_open_attempt(j->exchange) - 1;
	settle_push_intent(d, j->exchange, j);
	j->intent_position = facts_position(&d->facts);
	j->state = JOB_INTENT;
	d->n_running++;
	governor_sent(d, j);
	if (d->process.settings.ledger_durability == SETTINGS_DURABILITY_GROUP)
		attempt_send(d, j);
}

static enum transfer_flow on_head(void *owner);
static enum transfer_flow on_body(void *owner, struct str bytes);
static void on_end(void *owner, enum transfer_result result);

static const struct transfer_ops ops = {on_head, on_body, on_end};

void attempt_send(struct dispatch *d, struct job *j)
{
	struct exchange *x = j->exchange;
	const struct channel *c = &d->channels[j->channel];
	struct pipe pipe;
	char id[EXCHANGE_ID_TEXT_BYTES];
	const char *body = channel_region_at(c, x->request.body_offset,
		x->request.body_bytes + x->request.path_bytes);
	must(body != NULL && channel_pipe(c, x, &pipe)); /* intake has checked them */
	exchange_id_format(x->request.id, id);
	x->reply.sent_ns = j->last_byte_ns = d->process.now_ns;
	x->reply.first_byte_ns = 0;
	x->reply.status = 0;
	exchange_move(x, EXCHANGE_SENT);
	j->state = JOB_RUNNING;
	j->reply = reply_new(&pipe, api_get((enum exchange_api)x->request.api)->end,
		x->request.wants_usage, &d->spilled_bytes);
	j->reply->created_s = x->request.queued_ms / 1000;
	replay_store_copy(d, j);
	struct transfer_request q = {.id = id,
		.api = (enum exchange_api)x->request.api,
		.path = {body + x->request.body_bytes, x->request.path_bytes},
		.is_get = x->request.is_get,
		.is_stream = x->request.stream,
		.body = {body, x->request.body_bytes}};
	j->transfer = transfer_start(&d->transfers, d->upstream, &q, &ops, j);
	process_count(&d->process, COUNTER_attempts, 1);
}

/* ---- while it runs ---------------------------------------------------------------- */

static void begin_output(
	struct dispatch *d, struct job *j, unsigned status, bool is_stream)
{
	struct exchange *x = j->exchange;
	if (exchange_state(x) != EXCHANGE_SENT)
		return;
	x->reply.status = (uint16_t)status;
	x->reply.event_stream = is_stream;
	x->reply.body_done = j->transfer == NULL || transfer_has_sent_all(j->transfer);
	exchange_move(x, EXCHANGE_STREAMING);
	replay_store_begin(d, j);
	dispatch_tell(d, j);
}

bool attempt_outlives_client(struct job *j)
{
	bool moved;
	if (!j->exchange->request.keyed || j->state != JOB_RUNNING)
		return false;
	if (!j->reply->is_orphan) {
		j->reply->is_orphan = true;
		(void)reply_flush(j->reply, &moved);
		transfer_resume(j->transfer); /* it may have been held for the pipe */
	}
	return true;
}

/* The exchange is the front's again; nothing more comes of this job. */
static void leave(struct dispatch *d, struct job *j, enum exchange_state state)
{
	reply_free(j->reply);
	j->reply = NULL;
	exchange_move(j->exchange, state);
	dispatch_tell(d, j);
	job_free(j);
}

void attempt_flush(struct dispatch *d, struct job *j)
{
	bool moved;
	bool is_empty = reply_flush(j->reply, &moved);
	if (moved)
		dispatch_tell(d, j);
	if (is_empty && j->state == JOB_ENDING)
		leave(d, j, j->fails ? EXCHANGE_FAILED : EXCHANGE_DONE);
	else if (moved && j->state == JOB_RUNNING)
		transfer_resume(j->transfer);
}

/* What clients, and a successor, may know of the upstream's head. */
static void note_head(struct exchange_reply *r, const struct transfer_head *h)
{
	r->status = (uint16_t)h->status;
	snprintf(r->upstream_id, sizeof r->upstream_id, "%s", h->upstream_id);
	r->processing_ms = (uint32_t)MIN(h->processing_ms, UINT32_MAX);
	r->api_version = h->api_version;
	memcpy(r->content_type, h->content_type, sizeof r->content_type);
}

/* Events, where and only where they were asked for. */
static bool is_right_type(const struct job *j, const struct transfer_head *h)
{
	if (h->is_event_stream || finish_is_stream(j))
		return h->is_event_stream && finish_is_stream(j);
	return h->is_json || finish_is_relayed(j);
}

static enum transfer_flow on_head(void *owner)
{
	struct job *j = owner;
	const struct transfer_head *h = transfer_head(j->transfer);
	process_read_clocks(&j->dispatch->process);
	j->last_byte_ns = j->dispatch->process.now_ns;
	j->exchange->reply.first_byte_ns = j->last_byte_ns;
	note_head(&j->exchange->reply, h);
	/* a refusal says itself how long to wait; that nothing is left is of that moment */
	if (h->status < 400)
		provider_rows_heard(j->dispatch, j, &h->provider);
	if (h->status >= 400)
		return TRANSFER_GO_ON;
	return finish_is_good(j) && is_right_type(j, h) ? TRANSFER_GO_ON
							: TRANSFER_STOP;
}

static enum transfer_flow feed_stream(struct job *j, struct str bytes)
{
	struct reply *r = j->reply;
	bool moved;
	enum reply_verdict v = reply_feed_stream(r, bytes);
	j->exchange->reply.next_sequence = (uint32_t)r->next_sequence;
	/* what came before a fault is on its way, whatever ends it now */
	if (r->has_output)
		begin_output(j->dispatch, j, 200, true);
	if (v == REPLY_REFUSED)
		return TRANSFER_STOP;
	if (v == REPLY_HOLD) {
		process_count(&j->dispatch->process, COUNTER_transfers_paused, 1);
		return TRANSFER_HOLD;
	}
	(void)reply_flush(r, &moved);
	if (moved)
		dispatch_tell(j->dispatch, j);
	replay_store_grew(j->dispatch, j);
	return TRANSFER_GO_ON;
}

static enum transfer_flow on_body(void *owner, struct str bytes)
{
	struct job *j = owner;
	process_read_clocks(&j->dispatch->process);
	j->last_byte_ns = j->dispatch->process.now_ns;
	if (transfer_head(j->transfer)->status >= 400) {
		reply_feed_error(j->reply, bytes);
		return TRANSFER_GO_ON;
	}
	if (finish_is_stream(j))
		return feed_stream(j, bytes);
	return reply_feed_whole(j->reply, bytes) == REPLY_GO_ON ? TRANSFER_GO_ON
								: TRANSFER_STOP;
}

enum exchange_failure attempt_overdue(const struct dispatch *d, const struct job *j)
{
	const struct settings *s = &d->process.settings;
	uint64_t now = d->process.now_ns;
	const struct exchange_reply *r = &j->exchange->reply;
	if (now > num_add_sat(r->sent_ns, s->total_timeout_ns))
		return FAILURE_UPSTREAM_TIMEOUT;
	uint64_t patience =
		r->first_byte_ns ? s->stream_idle_timeout_ns : s->first_byte_timeout_ns;
	if (j->reply->is_done)
		patience = MIN(patience, END_PATIENCE_NS);
	return now > num_add_sat(j->last_byte_ns, patience) ? FAILURE_UPSTREAM_TIMEOUT
							    : FAILURE_NONE;
}

/* ---- what follows ----------------------------------------------------------------------- */

static void drop_transfer(struct dispatch *d, struct job *j)
{
	transfer_free(j->transfer);
	j->transfer = NULL;
	must(d->n_running > 0);
	d->n_running--;
}

/* All there is to say has been said; it may still wait for room. */
static void end_output(struct dispatch *d, struct job *j, bool may_keep)
{
	replay_store_end(d, j, may_keep);
	j->state = JOB_ENDING;
	attempt_flush(d, j);
}

/* What still waits for room is dropped. */
static void fail_at_once(struct dispatch *d, struct job *j, enum exchange_failure why)
{
	j->exchange->reply.failure = (uint8_t)why;
	replay_store_leave(d, j);
	leave(d, j, EXCHANGE_FAILED);
}

/* What has come is the client's: the error follows behind it, never into the middle of an
 * event whose rest still waits for room. What was cancelled has nobody who waits, and at
 * the end of the service nobody has the time. */
static void fail(struct dispatch *d, struct job *j, enum exchange_failure why)
{
	struct exchange *x = j->exchange;
	if (exchange_state(x) != EXCHANGE_STREAMING || exchange_is_abandoned(x) ||
		why == FAILURE_CANCELLED || why == FAILURE_STOPPED) {
		fail_at_once(d, j, why);
		return;
	}
	x->reply.failure = (uint8_t)why;
	replay_store_leave(d, j);
	j->fails = true;
	end_output(d, j, false);
}

static enum wait_reason reason_of(enum attempt_class class)
{
	return class == CLASS_RATE_LIMIT || class == CLASS_SLOW_DOWN ? WAIT_BACKOFF
								     : WAIT_FAULTS;
}

static void wait_for_retry(
	struct dispatch *d, struct job *j, const struct retry_verdict *v)
{
	reply_free(j->reply);
	j->reply = NULL;
	exchange_move(j->exchange, EXCHANGE_QUEUED);
	schedule_back_off(d, j, reason_of(v->class));
	retry_budget_take(&d->governor.budget, d->process.now_ns);
	process_count(&d->process, COUNTER_attempts_retried, 1);
	process_count(
		&d->process, COUNTER_retried_by_backoff, v->by == RETRY_BY_BACKOFF);
}

static void succeed(struct dispatch *d, struct job *j, unsigned status)
{
	begin_output(d, j, status, j->exchange->request.stream);
	end_output(d, j, true);
}

static void end_refused(struct dispatch *d, struct job *j, const struct finish *f,
	enum attempt_class class)
{
	begin_output(d, j, refusal_write(j, f, class), false);
	end_output(d, j, false);
}

/* It was not answered: how long the key is held is all that is known of a wait. */
static void end_unanswered(struct dispatch *d, struct job *j, enum exchange_failure why)
{
	j->exchange->reply.retry_after_ms =
		num_sub_sat(position_gate_ns(d), d->process.now_ns) / NS_PER_MS;
	fail(d, j, why);
}

/* What has come still goes to the client, and the error behind it. */
static void end_cut(struct dispatch *d, struct job *j, enum exchange_failure why)
{
	refusal_tell_cut(j, why);
	end_output(d, j, false);
}

static void end_for_good(struct dispatch *d, struct job *j, const struct finish *f,
	enum attempt_class class)
{
	if (class == CLASS_OK)
		succeed(d, j, f->end.status);
	else if (j->reply->is_error_told)
		end_output(d, j, false);
	else if (f->end.fate == FATE_ANSWERED)
		end_refused(d, j, f, class);
	else if (f->end.fate == FATE_CUT && finish_has_reader(j, f))
		end_cut(d, j, f->failure);
	else
		end_unanswered(d, j, f->failure);
}

static void count_answer(struct dispatch *d, struct job *j, unsigned status)
{
	if (status == 429) {
		process_count(&d->process, COUNTER_upstream_429, 1);
		j->exchange->reply.rate_limited = 1;
	} else if (status >= 500) {
		process_count(&d->process, COUNTER_upstream_5xx, 1);
	}
}

static struct retry_verdict judge(
	struct dispatch *d, struct job *j, const struct finish *f)
{
	const struct settings *s = &d->process.settings;
	const struct exchange_request *q = &j->exchange->request;
	struct retry_policy policy = {.max_retries = s->max_retries,
		.base_delay_ns = s->retry_base_delay_ns,
		.max_delay_ns = s->retry_max_delay_ns,
		.retry_unknown = s->retry_unknown == SETTINGS_UNKNOWN_RETRY};
	uint64_t end_ns = num_add_sat(q->queued_ns, s->queue_max_wait_ns);
	struct retry_history history = {.attempts = exchange_attempt(j->exchange),
		.remaining_ns = num_sub_sat(end_ns, d->process.now_ns),
		.budget_ns = retry_budget_wait(&d->governor.budget, d->process.now_ns)};
	hash_random(&history.random, sizeof history.random);
	struct retry_verdict v = retry_decide(&f->end, &policy, &history);
	v.retry = v.retry && !f->is_ours && d->process.phase == PROCESS_RUNNING &&
		  (!exchange_is_abandoned(j->exchange) || replay_store_is_shared(j));
	return v;
}

static void end_attempt(struct dispatch *d, struct job *j, const struct finish *f)
{
	struct retry_verdict v = judge(d, j, f);
	count_answer(d, j, f->end.status);
	char id[EXCHANGE_ID_TEXT_BYTES];
	exchange_id_format(j->exchange->request.id, id);
	enum log_event_id failed = v.retry ? EVENT_ATTEMPT_RETRY : EVENT_ATTEMPT_FAILED;
	log_event(LOG_DEBUG, v.class == CLASS_OK ? EVENT_ATTEMPT_DONE : failed,
		"id=%s class=%s status=%u attempt=%u delay_ms=%llu", id,
		attempt_class_name(v.class), f->end.status,
		exchange_attempt(j->exchange),
		(unsigned long long)(v.retry ? v.delay_ns / NS_PER_MS : 0));
	if (v.retry)
		j->exchange->retry_at_ns = num_add_sat(d->process.now_ns, v.delay_ns);
	outcome_settle(d, j, f, &v);
	drop_transfer(d, j);
	if (v.retry)
		wait_for_retry(d, j, &v);
	else
		end_for_good(d, j, f, v.class);
}

static void on_end(void *owner, enum transfer_result result)
{
	struct job *j = owner;
	process_read_clocks(&j->dispatch->process);
	struct finish f = finish_of(j, result);
	end_attempt(j->dispatch, j, &f);
}

/* ---- ended by us ------------------------------------------------------------------------- */

static void abort_running(struct dispatch *d, struct job *j, enum exchange_failure why)
{
	struct finish f = finish_ours(j, why);
	end_attempt(d, j, &f);
}

/* Its intent is in the lane, nothing was sent. */
static void abort_intent(struct dispatch *d, struct job *j, enum exchange_failure why)
{
	governor_release(d, j);
	settle_intent(d, j->exchange, why);
	d->n_running--;
	fail(d, j, why);
}

void attempt_abort(struct dispatch *d, struct job *j, enum exchange_failure why)
{
	if (j->state == JOB_RUNNING) {
		abort_running(d, j, why);
	} else if (j->state == JOB_INTENT) {
		abort_intent(d, j, why);
	} else {
		must(j->state == JOB_ENDING || j->state == JOB_JOINED);
		fail_at_once(d, j, why);
	}
}

void attempt_refuse(struct dispatch *d, struct job *j, enum exchange_failure why)
{
	must(j->state == JOB_WAITING || j->state == JOB_BACKOFF);
	if (j->backlog_node != BACKLOG_NO_NODE)
		backlog_remove(d->backlog, j->backlog_node);
	settle_unsent(d, j, why);
	j->exchange->reply.done_ns = d->process.now_ns;
	fail(d, j, why);
}
