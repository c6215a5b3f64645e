/*
 * May more be spent? Only while what was said to the ledger also gets into it. A watch on
 * one fact lane: facts that wait while its committed position stands still say that
 * record is dead, its disk is full, or the disk does not answer. And nothing is spent
 * before the ledger is open: its disk may be full from the beginning.
 *
 *	commit_watch_see(&w, is_open, position, committed, now)     once a turn
 *	if (!commit_watch_may_spend(&w, now))  no new attempt
 *	if (commit_watch_is_lost(&w, now))     who waits is refused: ledger_unavailable
 *
 *	facts wait, and nothing moves:   0 ────── 1 s ────── 5 s ──────►
 *	                                 spend     hold       refuse
 *	the ledger is not open:          hold                 refuse
 *
 * The facts that wait are in the segment and come into the ledger when it is back; the
 * first commit ends it all. Pure.
 */
#ifndef DECIDE_COMMIT_WATCH_H
#define DECIDE_COMMIT_WATCH_H

#include "base/attr.h"

/* All zero = nothing seen yet. */
struct commit_watch {
	bool is_open;       /* the ledger has been open under this segment */
	uint64_t committed; /* at the last look */
	uint64_t
		since_ns; /* since when facts, or all, wait and it stands still; 0 = not */
};

void commit_watch_see(struct commit_watch *w, bool is_open, uint64_t position,
	uint64_t committed, uint64_t now_ns);

bool commit_watch_may_spend(const struct commit_watch *w, uint64_t now_ns);
bool commit_watch_is_lost(const struct commit_watch *w, uint64_t now_ns);

#endif
