/*
 * Recover: what a dead predecessor of dispatch, or a dead front, left behind. Both are
 * scans of the truth; lanes are not needed for either.
 */
#ifndef DISPATCH_RECOVER_H
#define DISPATCH_RECOVER_H

#include "dispatch/dispatch.h"

/* At start: what is QUEUED is collected again; what was SENT or STREAMING is settled as
 * unknown and failed clearly (or, SENT and [retry] unknown = retry, made again). */
void recover_exchanges(struct dispatch *d);

/* Each turn: let go of channels whose front has died, count the ends that it could not,
 * and say so. */
void recover_dead_channels(struct dispatch *d);

#endif
