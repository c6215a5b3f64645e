/*
 * Inside store/: where the ledger's files lie, who may write them, and how they come into
 * being.
 *
 * A fresh environment is the one thing a power cut can leave half made, so it is made
 * under another name, synced, and renamed:
 *
 *	data_dir/ledger.new/ ── first commit, fsync ──rename──► data_dir/ledger/ ── fsync
 *
 * What an earlier start left behind under that name is removed first.
 */
#ifndef STORE_PLACE_H
#define STORE_PLACE_H

#include "base/err.h"

#include <stdint.h>

enum { PLACE_PATH_BYTES = 4096 };

struct place {
	char data_dir[PLACE_PATH_BYTES / 2];
	char ledger[PLACE_PATH_BYTES]; /* the directory that LMDB opens */
	int lock_fd;                   /* -1 = not ours */
};

/* Fill the paths; touches nothing. False = too long. */
bool place_find(
	struct place *p, const char *data_dir, struct err *e) ATTR_UNUSED_RESULT;

/* The same, and take the writer's lock, or say who cannot have it. The kernel gives it back when the
 * process ends, however it ends. */
bool place_claim(
	struct place *p, const char *data_dir, struct err *e) ATTR_UNUSED_RESULT;
void place_leave(struct place *p);

/* Makes the first commit in an empty directory: false and e when it could not. */
typedef bool place_fill_fn(const char *dir, void *arg, struct err *e);

/* See that the ledger is there: make it, with fill(), when it is not, unless it must be
 * there. A folder without its file is never filled anew: somebody will want to know. */
bool place_make(struct place *p, bool must_be_there, place_fill_fn *fill, void *arg,
	struct err *e) ATTR_UNUSED_RESULT;

/* Does any file stand there under the ledger's name? */
bool place_has_file(const struct place *p);

/* What stands there, or is open, as it is now: what is being written changes. False =
 * nothing. */
struct place_file {
	uint64_t device, inode, bytes, changed_ns;
};
bool place_look(const struct place *p, struct place_file *out) ATTR_UNUSED_RESULT;
bool place_look_at(int fd, struct place_file *out) ATTR_UNUSED_RESULT;

/* The same of LMDB's lock file in the ledger's folder. */
bool place_look_lock(const char *ledger, struct place_file *out) ATTR_UNUSED_RESULT;

/* Is what fd has open still what stands there under the ledger's name? */
bool place_still_has(const struct place *p, int fd, struct err *e) ATTR_UNUSED_RESULT;

#endif
