/*
 * Strands: how the largest names of a dimension went over a period, step by step, and all
 * others in one.
 *
 *	strands_init(&t, DIM_MODEL, TIER_HOUR, first_ms, n_points);
 *	strands_choose(&t, groups);              ranked: the names with the largest sums
 *	strands_add(&t, point)                   for each point of the dimension
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

/* What lies before the first step counts to it, what lies behind the last to that. */
void strands_add(struct strands *t, const struct point *p);

/* A step of a name; name = n_names: of all others. */
const struct strand_point *strands_at(
	const struct strands *t, uint32_t name, uint32_t ix);

#endif
