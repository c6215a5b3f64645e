/*
 * Inside store/: what a period's lists by name have of all its spans that are over, put
 * together span by span and kept (closed.h), so that it is read once and not once an answer.
 *
 *	gather_init(&g, closed, &range);
 *	gather_count(&g, point)                      each point of DIM_TOTAL of the period
 *	do r = gather_read(s, &g, DIM_MODEL, &base, &e); while (r == QUERY_MORE);
 *	… base, and what the open span has …         the same for other dimensions
 *	gather_fini(&g);
 *
 * The totals are counted first: what is kept is found by them. All of it within one moment
 * of the store.
 */
#ifndef STORE_GATHER_H
#define STORE_GATHER_H

#include "store/closed.h"
#include "store/points.h"

struct gather {
	struct closed *closed;
	struct range range;
	struct range_span over; /* in minutes; from = to: nothing is over */
	struct totals over_total, span_total[RANGE_SPANS];
	/* Of the dimension that is read: */
	struct points_place at;
	uint32_t n_spans_done;
	struct groups *gathered, *fresh; /* of what is over, and of a span of it */
	struct groups *unkept;           /* the last base, where it did not add up */
	struct range_span rest;          /* of that span: not read yet */
	uint64_t n_bad; /* damaged records passed by, of all dimensions */
};

/* range: its last span may be open; closed: somebody's, for longer than this. */
void gather_init(struct gather *g, struct closed *closed, const struct range *range);
void gather_fini(struct gather *g); /* one that is all zero is fine */

/* Is anything over? */
bool gather_has_any(const struct gather *g);

void gather_count(struct gather *g, const struct point *total);

/* One slice. DONE: *base is ranked, and stays until the next is read, or more is kept in
 * closed. */
enum query_verdict gather_read(struct store *s, struct gather *g, enum dim d,
	struct groups **base, struct err *e) ATTR_UNUSED_RESULT;

#endif
