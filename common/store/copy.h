/*
 * Inside store/: the file that stands in the ledger's place while its writer still has the
 * one that was taken away. Is it a copy with nothing missing, so that the writer may let
 * go of its own, which may be the last there is?
 *
 *	looked at ── changed since, or new ──► looked at again later: it may be being written
 *	    └─ as it was the last time ──► read: same segment, same last commit ──► whole
 *
 * A copy of another commit is no good even where it lacks no fact: LMDB's lock file, which
 * others keep open, names the last one.
 */
#ifndef STORE_COPY_H
#define STORE_COPY_H

#include "store/place.h"

/* What was found the last time; all zero to begin with. */
struct copy {
	struct place_file seen;
};

/* What it would be a copy of. */
struct copy_of {
	const struct place *place;
	int fd;
	uint64_t instance, txn; /* the segment it follows, LMDB's last commit */
};

/* False: e says what is wrong with the other file, or nothing where there is none or where
 * it is too early to tell. */
bool copy_is_whole(
	struct copy *c, const struct copy_of *of, struct err *e) ATTR_UNUSED_RESULT;

#endif
