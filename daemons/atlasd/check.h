/*
 * What atlasd -t looks at when the configuration can be read: could a start here and now do
 * what it asks for? Nothing is made, and nobody who connects hears of it. An address that
 * is taken is no fault when the Atlas that runs in the same run_dir listens there,
 * and so is a ledger that is written no fault when it does that. One whose master is gone
 * is waited for by a start, so that is none either; one whose master does not answer is.
 */
#ifndef ATLASD_CHECK_H
#define ATLASD_CHECK_H

#include "atlasd/config.h"

/* Each fault is told to fn, with its line in the file at path; returns how many. On the way
 * we become the account of [server] user, for good. */
unsigned check_start(
	const struct config *c, const char *path, settings_fault_fn *fn, void *arg);

#endif
