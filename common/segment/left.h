/*
 * Segments left behind: outlived by what is in them, facts that no ledger has yet. They
 * stand beside the one in use, in the order in which they were set aside:
 *
 *	segment ──left_set_aside()──► segment.left, segment.left.1 … ──► ledger
 *
 * W: the master sets aside, record removes what it has read, the oldest first. Full: the
 * segment stays where it is, and none takes its place; nothing is written over. There is
 * more than one only while record cannot write.
 */
#ifndef SEGMENT_LEFT_H
#define SEGMENT_LEFT_H

#include "base/err.h"

enum {
	LEFT_BY_RESETS = 16, /* the service ends instead of leaving more */
	LEFT_MOST = 4096,    /* by starts, which go on: record may have room by now */
	LEFT_PATH_BYTES = 288
};

/* Where the n-th of run_dir stands, from 0 on, the oldest first; there may be none. */
void left_path(char out[static LEFT_PATH_BYTES], const char *run_dir, uint32_t n);

/* Put the segment at path, if there is one, behind all that are there; out is where, or ""
 * for none. False = there are `most` already, or it cannot be moved. */
bool left_set_aside(char out[static LEFT_PATH_BYTES], const char *run_dir,
	const char *path, uint32_t most, struct err *e) ATTR_UNUSED_RESULT;

#endif
