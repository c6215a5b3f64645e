/*
 * Inside store/: what a batch adds to rollups and sessions, gathered in memory and folded
 * into the tables once before the commit, so that a key is rewritten once a transaction
 * and not once a fact. A session's record also names its newest row, and so does the point
 * of each of its days.
 *
 * Full (TALLY_MAX_KEYS different keys, or TALLY_MAX_TIMES spans): tally_has_room() says
 * so, the caller folds early and goes on; a key is then written more than once, and
 * nothing else changes.
 */
#ifndef STORE_TALLY_H
#define STORE_TALLY_H

#include "store/rollup.h"
#include "store/tables.h"
#include "store/times.h"

enum { TALLY_MAX_KEYS = 4096, TALLY_MAX_TIMES = 64 };

/* As it is stored; the seal's place is a hash of table and key. */
struct tally_record {
	struct seal seal;
	uint64_t
		newest; /* row of the session, or of its day; 0 = none, and in others */
	struct totals totals;
};

struct tally; /* opaque */

struct tally *tally_new(void);
void tally_free(struct tally *t); /* NULL is fine */

/* Is there room for one more row, with all it can touch? */
bool tally_has_room(const struct tally *t);

/* Everything row `sequence` counts for, which is OPEN no longer. Needs room. */
void tally_add_row(struct tally *t, const struct row *r, uint64_t sequence);

/* Row `sequence` is the newest of its session from now on; *previous is the one before,
 * 0 = none. Needs room. An LMDB code, as from tally_fold(). */
int tally_chain(struct tally *t, const struct store *s, MDB_txn *txn,
	const struct key *session, uint64_t sequence,
	uint64_t *previous) ATTR_UNUSED_RESULT;

/* Add everything to the tables and be empty again. An LMDB code; MDB_CORRUPTED when a
 * stored record is damaged: a sum that starts from it would be wrong for good. */
int tally_fold(struct tally *t, const struct store *s, MDB_txn *txn) ATTR_UNUSED_RESULT;

/* Read the record of a key; all zero when there is none. An LMDB code, MDB_CORRUPTED when
 * it is damaged. */
int tally_get(const struct store *s, MDB_txn *txn, enum table table,
	const struct key *k, struct tally_record *out) ATTR_UNUSED_RESULT;

/* A stored record that a walk has found under that key. False = damaged. */
bool tally_open(struct str stored, enum table table, struct str key,
	struct tally_record *out) ATTR_UNUSED_RESULT;
bool tally_open_times(
	struct str stored, struct str key, struct times *out) ATTR_UNUSED_RESULT;

#endif
