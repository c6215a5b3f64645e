/* Answers for Idempotency-Keys, and who waits for them. */
#include "dispatch/replay_store.h"

#include "dispatch/attempt.h"
#include "dispatch/intake.h"
#include "dispatch/reply.h"

#include <stdlib.h>
#include <string.h>

enum answer_state { ANSWER_RUNNING, ANSWER_WHOLE, ANSWER_FAILED };

/* Lives while it is listed, made or waited for. */
struct answer {
	struct replay replay; /* its n_readers: the others, and one for is_changed */
	struct answer *next_changed;
	struct job *maker;  /* NULL once it has ended */
	struct job *others; /* by job->next_joined, in no order */
	enum answer_state state;
	bool has_begun;  /* status and kind are final */
	bool is_changed; /* in the list of those */
	uint8_t id[EXCHANGE_ID_BYTES];
	uint8_t body_hash[EXCHANGE_HASH_BYTES];
	uint8_t api;
	struct exchange_reply
		reply; /* of the maker's exchange, as far as it is final */
};

static struct answer *answer_of(struct replay *r)
{
	return CONTAINER_OF(r, struct answer, replay);
}

/* ---- coming and going -------------------------------------------------------------- */

static void drop(struct replay *r)
{
	struct answer *a = answer_of(r);
	free(r->bytes);
	free(a);
}

void replay_store_open(struct dispatch *d)
{
	replays_init(&d->replays, drop);
}

void replay_store_close(struct dispatch *d)
{
	replays_fini(&d->replays);
}

static void change(struct dispatch *d, struct answer *a)
{
	if (a->is_changed)
		return;
	a->is_changed = true;
	a->replay.n_readers++;
	a->next_changed = d->changed_answers;
	d->changed_answers = a;
}

/* It cannot be asked for any more. */
static void forget(struct dispatch *d, struct answer *a)
{
	if (a->replay.is_listed)
		replays_unlist(&d->replays, &a->replay);
	change(d, a); /* the turn frees what nobody needs */
}

static void join(struct dispatch *d, struct answer *a, struct job *j)
{
	j->state = JOB_JOINED;
	j->answer = a;
	j->answer_at = 0;
	j->next_joined = a->others;
	a->others = j;
	a->replay.n_readers++;
	process_count(&d->process, COUNTER_requests_joined, 1);
	change(d, a);
}

static void part(struct dispatch *d, struct job *j)
{
	struct answer *a = j->answer;
	struct job **at = &a->others;
	while (*at != j)
		at = &(*at)->next_joined;
	*at = j->next_joined;
	a->replay.n_readers--;
	j->answer = NULL;
	change(d, a);
}

static void begin_answer(struct dispatch *d, struct job *j)
{
	const struct exchange_request *q = &j->exchange->request;
	struct answer *a = calloc(1, sizeof *a);
	must(a != NULL);
	memcpy(a->id, q->id, sizeof a->id);
	memcpy(a->body_hash, q->body_hash, sizeof a->body_hash);
	a->api = q->api;
	a->maker = j;
	j->answer = a;
	replays_add(&d->replays, &a->replay, q->key_hash);
}

static bool is_same_request(const struct answer *a, const struct exchange_request *q)
{
	return a->api == q->api &&
	       memcmp(a->body_hash, q->body_hash, sizeof a->body_hash) == 0;
}

bool replay_store_admit(struct dispatch *d, struct job *j)
{
	const struct exchange_request *q = &j->exchange->request;
	if (!q->keyed)
		return true;
	struct replay *r = replays_find(&d->replays, q->key_hash, d->process.now_ns);
	if (r == NULL) {
		begin_answer(d, j);
		return true;
	}
	if (!is_same_request(answer_of(r), q))
		attempt_refuse(d, j, FAILURE_KEY_REUSED);
	else if (r->state == REPLAY_OUTGROWN)
		attempt_refuse(d, j, FAILURE_REPLAY_FULL);
	else
		join(d, answer_of(r), j);
	return false;
}

/* ---- the one that makes it ------------------------------------------------------------ */

void replay_store_copy(struct dispatch *d, struct job *j)
{
	if (j->answer != NULL)
		reply_keep_copy(j->reply, &d->replays, &j->answer->replay);
}

void replay_store_begin(struct dispatch *d, struct job *j)
{
	if (j->answer == NULL)
		return;
	j->answer->reply = j->exchange->reply;
	j->answer->has_begun = true;
	change(d, j->answer);
}

void replay_store_grew(struct dispatch *d, struct job *j)
{
	if (j->answer != NULL && j->answer->others != NULL)
		change(d, j->answer);
}

/* What does not come as events has been held back until now. */
static void take_whole(struct dispatch *d, struct answer *a, struct str whole)
{
	char *to = replays_extend(&d->replays, &a->replay, whole.n);
	if (to != NULL)
		memcpy(to, whole.p, whole.n);
}

static struct answer *end_answer(struct job *j, enum answer_state state)
{
	struct answer *a = j->answer;
	a->reply = j->exchange->reply;
	a->state = state;
	a->maker = NULL;
	j->answer = NULL;
	return a;
}

void replay_store_end(struct dispatch *d, struct job *j, bool may_keep)
{
	if (j->answer == NULL)
		return;
	struct answer *a = end_answer(j, ANSWER_WHOLE);
	if (!a->reply.event_stream)
		take_whole(d, a, reply_waiting(j->reply));
	reply_keep_copy(j->reply, NULL, NULL); /* a kept one does not grow */
	if (may_keep && a->replay.state == REPLAY_RUNNING)
		replays_keep(&d->replays, &a->replay, d->process.now_ns);
	else
		forget(d, a);
	change(d, a);
}

void replay_store_leave(struct dispatch *d, struct job *j)
{
	if (j->answer == NULL)
		return;
	if (j->state == JOB_JOINED)
		part(d, j);
	else
		forget(d, end_answer(j, ANSWER_FAILED));
}

bool replay_store_is_shared(const struct job *j)
{
	return j->answer != NULL && j->answer->others != NULL;
}

/* ---- the others ------------------------------------------------------------------------- */

void replay_store_look(struct dispatch *d, struct job *j)
{
	change(d, j->answer);
}

/* The reply part of an exchange that is given another's answer. */
static void copy_reply(struct exchange *x, const struct answer *a)
{
	x->reply = a->reply;
	x->reply.is_replay = 1;
	memcpy(x->reply.replay_of, a->id, sizeof x->reply.replay_of);
	x->reply.body_done = 1;
}

static void begin_output(struct job *j)
{
	if (exchange_state(j->exchange) != EXCHANGE_QUEUED)
		return;
	copy_reply(j->exchange, j->answer);
	exchange_move(j->exchange, EXCHANGE_SENT);
	exchange_move(j->exchange, EXCHANGE_STREAMING);
	dispatch_tell(j->dispatch, j);
}

/* True = it has all there is. */
static bool give(struct job *j)
{
	struct pipe pipe;
	const struct replay *r = &j->answer->replay;
	if (j->answer_at == r->n)
		return true;
	must(channel_pipe(&j->dispatch->channels[j->channel], j->exchange, &pipe));
	uint64_t n = pipe_put_some(
		&pipe, (struct str){r->bytes + j->answer_at, r->n - j->answer_at});
	j->answer_at += n;
	if (n > 0)
		dispatch_tell(j->dispatch, j);
	return j->answer_at == r->n;
}

static void finish(struct dispatch *d, struct job *j)
{
	copy_reply(j->exchange, j->answer);
	part(d, j);
	process_count(&d->process, COUNTER_answers_replayed, 1);
	exchange_move(j->exchange, EXCHANGE_DONE);
	dispatch_tell(d, j);
	job_free(j);
}

static void end_without(struct dispatch *d, struct job *j, enum exchange_failure why)
{
	copy_reply(j->exchange, j->answer);
	attempt_abort(d, j, why);
}

/* Nothing has been sent, and nobody waits for that one any more: take its place. */
static void take_over(struct dispatch *d, struct job *j)
{
	part(d, j);
	j->state = JOB_WAITING;
	intake_admit(d, j);
}

static void follow_failure(struct dispatch *d, struct job *j)
{
	enum exchange_failure why = (enum exchange_failure)j->answer->reply.failure;
	if (why == FAILURE_CANCELLED && exchange_state(j->exchange) == EXCHANGE_QUEUED)
		take_over(d, j);
	else
		end_without(d, j, why);
}

static void follow(struct dispatch *d, struct job *j)
{
	const struct answer *a = j->answer;
	if (a->state == ANSWER_FAILED) {
		follow_failure(d, j);
	} else if (a->replay.state == REPLAY_OUTGROWN) {
		end_without(d, j, FAILURE_REPLAY_FULL);
	} else if (a->has_begun) {
		begin_output(j);
		if (give(j) && a->state == ANSWER_WHOLE)
			finish(d, j);
	}
}

static bool is_needed(const struct answer *a)
{
	return a->replay.is_listed || a->maker != NULL || a->others != NULL;
}

void replay_store_turn(struct dispatch *d)
{
	struct answer *a;
	while ((a = d->changed_answers) != NULL) {
		d->changed_answers = a->next_changed;
		/* stays marked until its end, so that nobody lists it again meanwhile */
		for (struct job *j = a->others, *next; j != NULL; j = next) {
			next = j->next_joined;
			follow(d, j);
		}
		a->is_changed = false;
		a->replay.n_readers--;
		if (!is_needed(a))
			drop(&a->replay);
	}
}
