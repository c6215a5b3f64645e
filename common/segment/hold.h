/*
 * Which limit held a request back, and the numbers of it then: what was used, what those
 * before it were to use, and what it needed were more than there is. Dispatch notes it each
 * time it tells who waits (dispatch/position.h) and tells the ledger the last one.
 */
#ifndef SEGMENT_HOLD_H
#define SEGMENT_HOLD_H

#include "segment/limits.h"

/* All zero = none is known. Unused bytes are named, for facts are written whole. */
struct hold {
	uint64_t limit; /* units per window, less what was kept for the highest class */
	uint64_t burst; /* 0 = the window held it; else only the bucket that smooths the
	                   limit, of so many units */
	uint64_t used;  /* of the window, or of the bucket */
	uint64_t ahead; /* what those before it in the queue needed of it */
	uint64_t needed;
	uint32_t window_s;
	uint8_t unit; /* enum limit_unit */
	uint8_t unused[3];
	char scope[LIMIT_SCOPE_BYTES]; /* as of a limit; "key" = the pace of its key */
};

_Static_assert(sizeof(struct hold) == 48 + LIMIT_SCOPE_BYTES, "no hidden padding");

#endif
