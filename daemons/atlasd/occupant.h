/*
 * Who writes a ledger already, and so keeps another Atlas from it. Run by the master when it
 * has its folders and run_dir's locks, but before it puts anything into data_dir; and by
 * atlasd -t.
 */
#ifndef ATLASD_OCCUPANT_H
#define ATLASD_OCCUPANT_H

#include "atlasd/neighbour.h"
#include "base/err.h"

/* False = another Atlas than ours (NULL = none is) writes the ledger in data_dir, or a
 * program that is none holds its lock; e names it and says what to do. */
bool occupant_check(const char *data_dir, const struct neighbour *ours,
	struct err *e) ATTR_UNUSED_RESULT;

#endif
