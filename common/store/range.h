/*
 * A range of time as the fewest spans of the rollups' tiers that cover it exactly: minutes up to
 * the next hour's border, hours up to the next day's, whole days, and down again.
 *
 *	from                                                             to
 *	 ├─min─┼──hours──┼────────────── days ──────────────┼──hours──┼─min─┤
 *
 * It begins with the whole minute in which `from_ms` lies, so nothing younger is missed.
 * Where the minutes are no longer kept it begins with the whole hour, where the hours are
 * not with the whole day. It ends so where not all minutes of the hour, or not all hours
 * of the day, are kept. What is not kept in the tiers that are wanted comes in longer
 * spans. Pure.
 *
 * An open one ends with its coarsest spans, or, cut at a moment, with the minute that this
 * lies in, so that all before it is over and all that still changes is short. Its first
 * minutes are two spans then, up to the next ten and from there: only a short one is another
 * with each minute:
 *
 *	├min┼─min─┼──hours──┼──────────── days ────────────┼──hours──┼─min─┼─the minute …
 *
 * It is not cut where not all minutes of the hour, or hours of the day, are kept.
 */
#ifndef STORE_RANGE_H
#define STORE_RANGE_H

#include "store/rollup.h"

enum { RANGE_SPANS = 2 * TIERS + 1, RANGE_BLOCK_MINUTES = 10 };

/* Starts of that tier, to exclusive. */
struct range_span {
	enum tier tier;
	uint64_t from, to;
};

struct range {
	uint64_t from_ms, to_ms; /* what it covers; to UINT64_MAX = open */
	uint32_t n;
	struct range_span span[RANGE_SPANS]; /* oldest first */
};

struct range_want {
	uint64_t from_ms, to_ms; /* to exclusive; UINT64_MAX = open */
	uint64_t cut_ms;         /* of an open one; 0 = it is not cut */
	enum tier coarsest;      /* no longer spans than these, where they are kept */
	uint64_t kept_ms[TIERS]; /* where each tier's points begin; 0 = all are there */
};

void range_make(struct range *p, const struct range_want *w);

/* All but the last span, if that is open. */
uint32_t range_n_over(const struct range *p);

/* The span that is over and holds what begins at that moment and is no longer than it;
 * range_n_over(p) = none does. */
uint32_t range_span_of(const struct range *p, uint64_t start_ms);

/* The last `hours` hours, open at the end and not cut. */
struct range_want range_last_hours(uint64_t now_ms, uint64_t hours);

#endif
