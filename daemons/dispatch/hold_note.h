/*
 * The limit that holds a job back, for its story: from admission's view of it, and what a
 * forecast has found, to a struct hold.
 */
#ifndef DISPATCH_HOLD_NOTE_H
#define DISPATCH_HOLD_NOTE_H

#include "decide/admission.h"
#include "dispatch/dispatch.h"
#include "rate/forecast.h"

/* Which limit it is: scope, unit, window; the rest is 0. */
struct hold hold_name(const struct dispatch *d, const struct admission_limit *l);

/* And its numbers. */
void hold_fill(struct hold *h, const struct forecast_hold *f);

/* Of a limit, with its cost, that says no to the first who waits for it. */
struct hold hold_of(const struct dispatch *d, const struct admission_limit *l);

/* Of who stands behind another at the same limit, and needs so many tokens. */
struct hold hold_behind(const struct hold *first, uint64_t tokens);

#endif
