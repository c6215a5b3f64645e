/* One row of steps for each name that was chosen, and one for the rest. */
#include "store/strands.h"

#include "base/num.h"

#include <stdlib.h>
#include <string.h>

void strands_init(struct strands *t, enum dim d, enum tier step, uint64_t first_ms,
	uint32_t n_points)
{
	*t = (struct strands){
		.dim = d, .step = step, .first_ms = first_ms, .n_points = n_points};
	t->point = calloc((size_t)(TRAIL_NAMES + 1) * n_points, sizeof *t->point);
	must(t->point != NULL);
}

void strands_fini(struct strands *t)
{
	free(t->point);
}

void strands_choose(struct strands *t, const struct groups *g)
{
	t->n_names = MIN(groups_listed(g), (uint32_t)TRAIL_NAMES);
	for (uint32_t i = 0; i < t->n_names; i++)
		t->of[i] = groups_at(g, i);
}

static struct str name_of(const struct strands *t, uint32_t i)
{
	return (struct str){t->of[i]->name, t->of[i]->n_name};
}

static uint32_t row_of(const struct strands *t, struct str name)
{
	uint32_t i = 0;
	while (i < t->n_names && (t->of[i]->n_name != name.n ||
					 memcmp(t->of[i]->name, name.p, name.n) != 0))
		i++;
	return i;
}

static struct trail_point *step_at(struct strands *t, uint32_t row, uint64_t at_ms)
{
	uint64_t ix = num_sub_sat(at_ms, t->first_ms) / tier_ms(t->step);
	ix = MIN(ix, (uint64_t)t->n_points - 1);
	return &t->point[(size_t)row * t->n_points + ix];
}

void strands_add(struct strands *t, const struct point *p)
{
	uint32_t row = row_of(t, p->name);
	if (row == t->n_names)
		return;
	struct trail_point more = trail_point_of(p->totals);
	trail_sum(step_at(t, row, p->start_ms), &more);
}

bool strands_join(
	struct strands *t, const struct range_span *span, const struct trail *k)
{
	for (uint32_t i = 0; i < t->n_names; i++)
		if (trail_of(k, name_of(t, i)) == NULL)
			return false;
	for (uint32_t i = 0; i < t->n_names; i++) {
		const struct trail_point *p = trail_of(k, name_of(t, i));
		for (uint64_t at = span->from; at < span->to; at++)
			trail_sum(step_at(t, i, at * tier_ms(span->tier)), p++);
	}
	return true;
}

/* ---- the rest ------------------------------------------------------------------- */

static struct trail_point less(struct trail_point a, const struct trail_point *b)
{
	return (struct trail_point){num_sub_sat(a.requests, b->requests),
		num_sub_sat(a.tokens, b->tokens),
		num_sub_sat(a.cost_nanousd, b->cost_nanousd)};
}

void strands_rest(struct strands *t, const struct totals *series)
{
	for (uint32_t i = 0; i < t->n_points; i++) {
		struct trail_point rest = trail_point_of(&series[i]);
		for (uint32_t k = 0; k < t->n_names; k++)
			rest = less(rest, strands_at(t, k, i));
		t->point[(size_t)t->n_names * t->n_points + i] = rest;
		t->has_other |=
			rest.requests > 0 || rest.tokens > 0 || rest.cost_nanousd > 0;
	}
}

const struct trail_point *strands_at(
	const struct strands *t, uint32_t name, uint32_t ix)
{
	return &t->point[(size_t)name * t->n_points + ix];
}
