/*
 * What follows from a child's death: its seat learns of it, its channel is closed and in
 * the end wiped, everybody is woken, and two deaths of dispatch in a short time make the
 * whole segment suspect. Run by the master, once a turn.
 */
#ifndef ATLASD_REAP_H
#define ATLASD_REAP_H

#include "base/attr.h"

struct master;

/* Reap every child whose pidfd says that it has ended. */
void reap_ended(struct master *m);

/* Wipe the channels of dead fronts that dispatch has let go of and whose facts record
 * has committed. */
void reap_channels(struct master *m);

/* Is there a channel that waits for that? */
bool reap_is_waiting(const struct master *m);

#endif
