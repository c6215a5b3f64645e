/*
 * Where each waiting request stands and how long it will wait: the backlog's own order,
 * run on a copy, with the limits' forecast beside it. Told at most each 100 ms, so
 * that who waits hears of a change within 250, and only while somebody waits.
 */
#ifndef DISPATCH_POSITION_H
#define DISPATCH_POSITION_H

#include "dispatch/dispatch.h"

#define POSITION_EVERY_NS UINT64_C(100000000)

/* When it is time: one word in each waiting exchange. */
void position_publish(struct dispatch *d);

/* Nothing starts before that moment as far as the key goes, 0 = it holds nothing back.
 * While a probe is out: not before its answer, as far as that can be foretold. */
uint64_t position_gate_ns(const struct dispatch *d);

/* A job in BACKOFF has no place; until its next attempt, or until the key lets it go. */
void position_tell_backoff(struct dispatch *d, struct job *j);

/* Until the first of the backlog leaves its place: it starts, or has waited for too long. */
uint64_t position_first_ms(struct dispatch *d);

/* The job's wait in the backlog ends with its start: what has it come to? */
void position_learn(struct dispatch *d, const struct job *j);

#endif
