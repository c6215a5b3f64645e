/*
 * Strands: how the largest names of a dimension went over a period, step by step, and all
 * others in one.
 *
 *	strands_init(&t, DIM_MODEL, TIER_HOUR, first_ms, n_points);
 *	strands_choose(&t, groups);              ranked: the names with the largest sums
 *	strands_add(&t, point)                   for each point of those names
 *	strands_rest(&t, series)                 what the total has besides
 *	strands_at(&t, 0, i) … strands_at(&t, t.n_names, i)      the last one: all others
 *	strands_fini(&t);
 *
 * All names of a step sum to the step's total. Bounded: STRANDS_NAMES + 1 rows of n_points.
 */
#ifndef STORE_STRANDS_H
#define STORE_STRANDS_H

#include "store/groups.h"
#include "store/points.h"

enum { STRANDS_NAMES = 5 };

struct strand_point {
	uint64_t requests, tokens, cost_nanousd;
};

struct strands {
	enum dim dim;
	enum tier step;
	uint64_t first_ms; /* where the first point begins */
	uint32_t n_points;
	uint32_t n_names;
	bool has_other;                        /* something belongs to none of them */
	const struct group *of[STRANDS_NAMES]; /* of the groups, which must stay */
	struct strand_point *point;
};

void strands_init(struct strands *t, enum dim d, enum tier step, uint64_t first_ms,
	uint32_t n_points);
void strands_fini(struct strands *t);

void strands_choose(struct strands *t, const struct groups *g);

/* What lies before the first step counts to it, what lies behind the last to that. A point
 * of a name that was not chosen is left out. */
void strands_add(struct strands *t, const struct point *p);

/* series: the total of each step, of the same moment. */
void strands_rest(struct strands *t, const struct totals *series);

/* What has been added so far, for another time (free() it), and the other time: false, and
 * nothing is taken, when it was of other names or steps. */
struct strand_course; /* opaque */
struct strand_course *strands_course(const struct strands *t);
bool strands_take(struct strands *t, const struct strand_course *c) ATTR_UNUSED_RESULT;

/* A step of a name; name = n_names: of all others. */
const struct strand_point *strands_at(
	const struct strands *t, uint32_t name, uint32_t ix);

#endif
