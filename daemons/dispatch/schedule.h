/*
 * Schedule: which job starts, and when. The first of the backlog starts as soon as it
 * fits the limits; while it does not, the exact instant at which it will becomes the one
 * timer. Deadlines of waiting and running jobs are looked at by a sweep.
 */
#ifndef DISPATCH_SCHEDULE_H
#define DISPATCH_SCHEDULE_H

#include "dispatch/dispatch.h"

/* Into the backlog: WAITING. False = it is full. */
bool schedule_push(struct dispatch *d, struct job *j) ATTR_UNUSED_RESULT;

/* Aside until it may be tried again, as its exchange says, for that reason: BACKOFF. */
void schedule_back_off(struct dispatch *d, struct job *j, enum wait_reason reason);

/* Start what may start; true = started something. Sets d->wake_ns. */
bool schedule_start(struct dispatch *d);

/* With strict durability: send those whose intent is on disk. */
bool schedule_committed(struct dispatch *d);

/* Backoffs that are over, deadlines that have passed, clients that have left. */
void schedule_sweep(struct dispatch *d);

#endif
