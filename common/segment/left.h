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

/* Those that stand in a run_dir, the oldest first. */
struct left_list {
	uint32_t n;
	uint32_t number[LEFT_MOST]; /* for left_path(), rising; some may be missing */
};

/* Reads the folder. False = it cannot be read. */
bool left_find(
	struct left_list *l, const char *run_dir, struct err *e) ATTR_UNUSED_RESULT;

/* Where the one of that number stands, or would, in run_dir. */
void left_path(char out[static LEFT_PATH_BYTES], const char *run_dir, uint32_t n);

/* Put the segment at path, if there is one, behind all that are there; out is where, or ""
 * for none. False = there are `most` already, or it cannot be moved or looked for. */
bool left_set_aside(char out[static LEFT_PATH_BYTES], const char *run_dir,
	const char *path, uint32_t most, struct err *e) ATTR_UNUSED_RESULT;

#endif
