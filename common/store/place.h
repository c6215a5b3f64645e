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

/* See that the ledger is there: make it, with fill(), when it is not. */
bool place_make(struct place *p, place_fill_fn *fill, void *arg,
	struct err *e) ATTR_UNUSED_RESULT;

#endif
