/*
 * Whose a data_dir is already: one Atlas at a time has it. Run by the master when it has its
 * folders and run_dir's locks, but before it puts anything into data_dir; and by atlasd -t.
 *
 *	data_dir              locked by the master, from its start on
 *	data_dir/ledger.lock  by record, while it has the ledger open (store/place.h), which
 *	                      may be longer than its master lives
 */
#ifndef ATLASD_OCCUPANT_H
#define ATLASD_OCCUPANT_H

#include "atlasd/neighbour.h"
#include "base/err.h"

/* False = another Atlas than ours (NULL = none is) has data_dir, or a program that is none
 * holds one of its locks; e names it and says what to do. */
bool occupant_check(const char *data_dir, const struct neighbour *ours,
	struct err *e) ATTR_UNUSED_RESULT;

/* The same for a start, and take it: until *fd, which may be -1, is closed. */
bool occupant_take(const char *data_dir, int *fd, struct err *e) ATTR_UNUSED_RESULT;

#endif
