/*
 * Inside verify: what its parts share. verify.c walks rows, their chain and what no sum is
 * of, verify_sums.c all sums.
 */
#ifndef STORE_VERIFY_PARTS_H
#define STORE_VERIFY_PARTS_H

#include "store/pages.h"
#include "store/tables.h"
#include "store/verify.h"

struct verify {
	const struct store *store;
	MDB_txn *txn;
	struct verify_report *report;
	struct pages pages;
	struct page_meta meta; /* that leads to what txn reads */
	struct state state;
	struct pruned pruned;
	struct totals rows;      /* what the rows come to */
	struct totals sessions;  /* what sessions come to, and days of none */
	uint64_t attempts, open; /* of rows less of what leads to them: 0 at the end */
	uint64_t chains;         /* the same of sessions' chains, when none is pruned */
	MDB_cursor *row;         /* along the chain */
	uint64_t rates[2];       /* that rows named last, and that are there */
	struct chain_end end;
	struct totals points[TIERS][DIMS];
};

/* One fault more, told if it is among the first. */
ATTR_PRINTF(2, 3)
void verify_fault(struct verify *v, const char *fmt, ...);

/* Each record of a table, which is checked on the way. An LMDB code; the visitor's ends the
 * walk, MDB_NOTFOUND without being one. */
typedef int verify_visit_fn(struct verify *v, struct str key, struct str value);
int verify_walk(
	struct verify *v, enum table t, verify_visit_fn *visit) ATTR_UNUSED_RESULT;

/* What leads to a row, as a number: sums of them are compared. */
uint64_t verify_hash(struct str key, uint64_t sequence);

/* Points, histograms and sessions against the rows, which have been added up. */
int verify_sums(struct verify *v) ATTR_UNUSED_RESULT;

#endif
