/*
 * The past (segment/past.h), from the ledger's rows of the last hour and what it keeps of
 * keys, and what clients have left of their rates: built once under each segment, before
 * anybody could spend anything. What models usually write is learnt from the newest rows,
 * however old. Run by record.
 *
 * How long ago a row was sent is found backwards from now, row by row: within one boot by
 * the clock that no one can set, so only the step from one boot to the next rests on the
 * wall, and that never counts less than nothing.
 */
#ifndef RECORD_PAST_BUILD_H
#define RECORD_PAST_BUILD_H

#include "conf/settings.h"
#include "segment/segment.h"
#include "store/store.h"

/* Build and publish it, unless a predecessor has. False = the ledger cannot be read. */
bool past_build(struct segment *s, struct store *store, const struct settings *settings,
	struct err *e) ATTR_UNUSED_RESULT;

#endif
