/*
 * The segment that an earlier Atlas left in run_dir, looked at before a new one begins.
 *
 *	holds nothing unwritten, nobody's end        dropped
 *	unwritten facts of this data_dir             record takes them (record/salvage.h)
 *	… of a data_dir that is gone, or was moved   the same
 *	… of another data_dir that is there          no start: they belong into its ledger
 *
 * Run by the master at boot, as the account it serves with. Which data_dir it was, the
 * segment's own settings say; two paths are one when they lead to the same directory.
 */
#ifndef ATLASD_LEFTOVER_H
#define ATLASD_LEFTOVER_H

#include "base/err.h"

/* path is that of the segment set aside; there may be none. One that cannot be read is
 * record's to report and drop. False = it belongs to another ledger than data_dir's. */
bool leftover_check(
	const char *path, const char *data_dir, struct err *e) ATTR_UNUSED_RESULT;

#endif
