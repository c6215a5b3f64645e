/*
 * Inside store/: a slice, the unit of reading: one transaction, one walk, a bound. A
 * store that is held (store_hold()) lends its own transaction, so that many slices see
 * one moment.
 */
#ifndef STORE_SLICE_H
#define STORE_SLICE_H

#include "store/query.h"
#include "store/tables.h"

struct slice {
	const struct store *store;
	MDB_txn *txn;
	MDB_cursor *cursor;
	uint64_t until_ns;
	uint32_t n, max;
};

/* Begin to walk along a table, for at most `max` records. An LMDB code. */
int slice_begin(struct slice *sl, const struct store *s, enum table t,
	uint32_t max) ATTR_UNUSED_RESULT;

/*
 * At k or at the first key behind it, and on from *key, which is where the walk stands. A
 * branch of the tree that is damaged leads elsewhere: what is not in its order is
 * MDB_CORRUPTED, so no walk goes round, gives out what it was not asked for, or passes over
 * what stands beside its begin. LMDB codes.
 */
int slice_seek(struct slice *sl, const struct key *k, struct str *key,
	struct str *value) ATTR_UNUSED_RESULT;
int slice_next(struct slice *sl, struct str *key, struct str *value) ATTR_UNUSED_RESULT;
int slice_previous(
	struct slice *sl, struct str *key, struct str *value) ATTR_UNUSED_RESULT;

/* Count one record; true = this slice has had its share. */
bool slice_is_full(struct slice *sl);

/* rc 0 = there is more, MDB_NOTFOUND = done. */
enum query_verdict slice_end(
	struct slice *sl, int rc, struct err *e) ATTR_UNUSED_RESULT;

#endif
