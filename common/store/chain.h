/*
 * The hash chain over closed rows: each link is a hash of the one before and of the row
 * as it stands on disk, in the order in which rows were closed. A closed row never
 * changes again, so whoever changes, adds, swaps or removes one later breaks every link
 * behind it, up to the newest, which the state record keeps.
 *
 *	anchor ──► link n+1 ──► link n+2 ──► … ──► newest
 *	             │ row          │ row
 *
 * Pruning takes rows from the old end; the anchor is the link of the last one taken.
 */
#ifndef STORE_CHAIN_H
#define STORE_CHAIN_H

#include "base/hash.h"
#include "store/row.h"

/* As it is stored, under its number, from 1. */
struct link {
	uint64_t sequence; /* of the row */
	uint8_t hash[HASH_SHA256_BYTES];
};

/* One end of the chain; number 0 = before the first link, its hash all zero. */
struct chain_end {
	uint64_t number;
	uint8_t hash[HASH_SHA256_BYTES];
};

/* One link further: a row as it is stored, and whole. */
void chain_extend(struct chain_end *end, struct str row);

/* A stored link; false = of another size. */
bool chain_open(struct str stored, struct link *out) ATTR_UNUSED_RESULT;

#endif
