/*
 * Inside store/: what a batch adds to minutes and sessions, gathered in memory and folded
 * into the tables once before the commit, so that a key is rewritten once a transaction
 * and not once a fact.
 *
 * Full (TALLY_MAX_KEYS different keys): tally_has_room() says so, the caller folds early
 * and goes on; a key is then written more than once, and nothing else changes.
 */
#ifndef STORE_TALLY_H
#define STORE_TALLY_H

#include "store/tables.h"

enum { TALLY_MAX_KEYS = 1024 };

/* As it is stored; the seal's place is a hash of table and key. */
struct tally_record {
	struct seal seal;
	struct totals totals;
};

struct tally; /* opaque */

struct tally *tally_new(void);
void tally_free(struct tally *t); /* NULL is fine */

/* Is there room for n more keys? */
bool tally_has_room(const struct tally *t, uint32_t n);

/* Needs room for one key. */
void tally_add_row(
	struct tally *t, enum table table, const struct key *k, const struct row *r);

/* Add everything to the tables and be empty again. An LMDB code; MDB_CORRUPTED when a
 * stored record is damaged: a sum that starts from it would be wrong for good. */
int tally_fold(struct tally *t, const struct store *s, MDB_txn *txn) ATTR_UNUSED_RESULT;

/* Read a stored sum. False = damaged. */
bool tally_open(struct str stored, enum table table, struct str key,
	struct totals *out) ATTR_UNUSED_RESULT;

#endif
