/*
 * Strands: how the largest names of a dimension went over a period, step by step, and all
 * others in one.
 *
 *	strands_init(&t, DIM_MODEL, TIER_HOUR, first_ms, n_points);
 *	strands_choose(&t, groups);              ranked: the names with the largest sums
 *	strands_join(&t, &span, trail)          for each span that is over
 *	strands_add(&t, point)                   for each point of the open one
 *	strands_rest(&t, series)                 what the total has besides
 *	strands_at(&t, 0, i) … strands_at(&t, t.n_names, i)      the last one: all others
 *	strands_fini(&t);
 *
 * All names of a step sum to the step's total. Bounded: TRAIL_NAMES + 1 rows of n_points.
 */
#ifndef STORE_STRANDS_H
#define STORE_STRANDS_H

#include "store/trail.h"

struct strands {
	enum dim dim;
	enum tier step;
	uint64_t first_ms; /* where the first point begins */
	uint32_t n_points;
	uint32_t n_names;
	bool has_other;                      /* something belongs to none of them */
	const struct group *of[TRAIL_NAMES]; /* of the groups, which must stay */
	struct trail_point *point;
};

void strands_init(struct strands *t, enum dim d, enum tier step, uint64_t first_ms,
	uint32_t n_points);
void strands_fini(struct strands *t);

void strands_choose(struct strands *t, const struct groups *g);

/* What lies before the first step counts to it, what lies behind the last to that. A point
 * of a name that was not chosen is left out. */
void strands_add(struct strands *t, const struct point *p);

/* A trail of that span: false, and nothing is joined, when a name is not in it. */
bool strands_join(struct strands *t, const struct range_span *span,
	const struct trail *k) ATTR_UNUSED_RESULT;

/* series: the total of each step, of the same moment. */
void strands_rest(struct strands *t, const struct totals *series);

/* A step of a name; name = n_names: of all others. */
const struct trail_point *strands_at(
	const struct strands *t, uint32_t name, uint32_t ix);

#endif
