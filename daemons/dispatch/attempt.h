/*
 * Attempts: from the intent to the settle, and what follows. One attempt of a job at a
 * time; each is settled exactly once, in attempt.c's one place for it.
 *
 *	attempt_begin   intent fact; with strict durability wait until it is on disk
 *	attempt_send    exchange SENT, transfer started
 *	  … transfer events …
 *	attempt_abort   a deadline passed, the client left, dispatch leaves
 *	            └─► verdict ─► settle fact ─► QUEUED again | STREAMING → DONE | FAILED
 */
#ifndef DISPATCH_ATTEMPT_H
#define DISPATCH_ATTEMPT_H

#include "dispatch/dispatch.h"

/* Room in the fact lane that must be free for an attempt to begin. */
bool attempt_may_begin(const struct dispatch *d);

/* The job's limits are reserved; it has left the backlog. */
void attempt_begin(struct dispatch *d, struct job *j);

/* Its intent is where the settings want it: send. */
void attempt_send(struct dispatch *d, struct job *j);

/* End the attempt under way for a reason of our own; never retried. */
void attempt_abort(struct dispatch *d, struct job *j, enum exchange_failure why);

/* Nobody waits for the job's reply any more: does it go on nevertheless? With an
 * Idempotency-Key what has been sent is finished, so that its cost is known exactly and
 * its answer is there when the client asks again. */
bool attempt_outlives_client(struct job *j);

/* Put waiting reply bytes into the pipe; ends a job in ENDING once all are in. */
void attempt_flush(struct dispatch *d, struct job *j);

/* Fail a job that has no attempt under way (WAITING, BACKOFF), and forget it. */
void attempt_refuse(struct dispatch *d, struct job *j, enum exchange_failure why);

/* Which of the deadlines of the settings has passed, FAILURE_NONE = none. */
enum exchange_failure attempt_overdue(const struct dispatch *d, const struct job *j);

#endif
