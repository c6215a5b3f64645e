/*
 * The ledger's one record about itself, written with every commit: how far it has come,
 * in which lane, and what everything adds up to. Because it changes in the same
 * transaction as the rows, no fact is lost and none is applied twice.
 */
#ifndef STORE_STATE_H
#define STORE_STATE_H

#include "segment/proctable.h"
#include "store/chain.h"
#include "store/rollup.h"
#include "store/totals.h"

enum { STATE_VERSION = 13 }; /* of the whole ledger's format */

struct state {
	struct seal seal;
	uint64_t instance; /* the segment whose lanes the positions are of; 0 = none */
	uint64_t sequence; /* facts applied since the ledger was made */
	uint64_t n_open;   /* rows that are OPEN */
	uint64_t position[MAX_SLOTS]; /* everything before it in that lane is applied */
	struct totals total;
	struct chain_end newest, anchor; /* of the chain over closed rows */
	struct totals pruned_rows;       /* what the rows before the anchor came to */
	uint64_t kept_ms[TIERS];         /* where the points of each tier begin */
	/* LMDB's number of the commit this is of; the map's size in its meta page; a hash
	   of the one before. Set as it is written: page_metas.h. */
	uint64_t txn, map_bytes, before;
};

/* What the pruned points of each tier and dimension came to, and the sessions that were
 * forgotten, with what was sent in none. Beside the state, because it changes with pruning
 * only. */
struct pruned {
	struct seal seal;
	struct totals points[TIERS][DIMS];
	struct totals sessions;
};

#endif
