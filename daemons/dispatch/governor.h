/*
 * Upstream limits: from the settings to rows of the segment, and from a job to the list
 * of those that apply to it. A reload changes a row's rate and leaves its use alone.
 */
#ifndef DISPATCH_GOVERNOR_H
#define DISPATCH_GOVERNOR_H

#include "dispatch/dispatch.h"

/* At start and at each adoption. */
void governor_adopt(struct dispatch *d);

/* After a full reset: begin as if every limit were used up, since nobody knows better. */
void governor_fill(struct dispatch *d);

/* Which limits the job must pass, with what cost: fills limits and n_limits. */
void governor_apply(const struct dispatch *d, struct job *j);

/* Show everybody what is used. */
void governor_publish(struct dispatch *d);

#endif
