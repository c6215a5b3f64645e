/*
 * run_dir: where the segment, the control socket and the lock stand, 0700 and on tmpfs.
 *
 * Two locks say who uses it, both by flock(2) and so free the moment their holders are
 * gone, whatever pids have become since:
 *
 *	the directory itself   the master       a second master is refused at once
 *	run_dir/lock           all of a master's processes: after a master's death its
 *	                       children still finish what they hold, and its successor
 *	                       waits for them
 *
 * Run by the master. Everything in it is removed by a clean stop. The segment of a master
 * that died, or that had to stop before record could write everything down, is set aside:
 * it holds facts that are nowhere else, and the next record reads them from there
 * (record/salvage.h), if they belong into its ledger (leftover.h).
 */
#ifndef ATLASD_RUNDIR_H
#define ATLASD_RUNDIR_H

#include "atlasd/account.h"
#include "segment/left.h"

enum { RUNDIR_PATH_BYTES = 108 };

struct rundir {
	int dir_fd;         /* -1 = not open */
	int lock_fd;        /* the children keep a copy */
	bool is_made;       /* by this start */
	bool is_lost;       /* and it has been said */
	bool keeps_segment; /* it could not be set aside, and is needed */
	uint64_t look_again_ns;
	char path[RUNDIR_PATH_BYTES];
	char lock[RUNDIR_PATH_BYTES];
	char segment[RUNDIR_PATH_BYTES];
	char left[LEFT_PATH_BYTES]; /* where one was set aside last, "" = none was */
	char control[RUNDIR_PATH_BYTES], control_new[RUNDIR_PATH_BYTES];
};

/* Make the directory if need be and take both locks; waits up to wait_ns for a dead
 * master's children. False when another master has it, or they do not leave. */
bool rundir_open(struct rundir *r, const struct account *a, const char *path,
	uint64_t wait_ns, struct err *e) ATTR_UNUSED_RESULT;

/* Put the segment, if there is one, where the next record looks for it, behind what it has
 * not read yet (segment/left.h). False = it stays, and rundir_close() does not remove it. */
bool rundir_set_aside(
	struct rundir *r, uint32_t most, struct err *e) ATTR_UNUSED_RESULT;

/* Once a turn: is what atlasctl needs still there? Who takes it away is named in the log:
 * we serve on, but can be reached by signals alone until the next start. */
void rundir_watch(struct rundir *r, uint64_t now_ns);

/* Remove all files in it but segments that are needed, and give the locks up. */
void rundir_close(struct rundir *r);

/* The start is refused: the same, and the directory goes with them if this start made it. */
void rundir_abandon(struct rundir *r);

#endif
