/*
 * Retention: what is older than its tier is kept for is taken out, a bounded slice at a
 * time, in a transaction of its own between two commits of facts.
 *
 *	rows     from the old end of the chain; what they added up to stays in
 *	         state.pruned_rows, and the chain's anchor moves on
 *	points   of each tier, with its histograms; what they added up to stays in
 *	         the record "pruned"
 *	sessions their totals, each when neither its newest row nor the point of that
 *	         row's day is there: so whoever is in a list has a total, and sessions end
 *	         as days do; what they added up to stays in "pruned" as well
 *
 * So every total is still what is there plus what was pruned, and verify can say so.
 */
#ifndef STORE_PRUNE_H
#define STORE_PRUNE_H

#include "store/ledger.h"
#include "store/rollup.h"

/* Wall clock: what was sent (points), or closed (rows), before that moment may go. */
struct prune_policy {
	uint64_t now_ms; /* what was closed later was closed by a wall that was ahead */
	uint64_t rows_before_ms;
	uint64_t tier_before_ms[TIERS];
};

/* Take out at most max records, with what leads to them. *n = how many it were; 0 = nothing is old enough. False
 * as of ledger_commit(). */
bool ledger_prune(struct ledger *l, const struct prune_policy *p, uint32_t max,
	uint32_t *n, struct err *e) ATTR_UNUSED_RESULT;

#endif
