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
	t->point = calloc((size_t)(STRANDS_NAMES + 1) * n_points, sizeof *t->point);
	must(t->point != NULL);
}

void strands_fini(struct strands *t)
{
	free(t->point);
}

void strands_choose(struct strands *t, const struct groups *g)
{
	t->n_names = MIN(groups_listed(g), (uint32_t)STRANDS_NAMES);
	for (uint32_t i = 0; i < t->n_names; i++)
		t->of[i] = groups_at(g, i);
}

static uint32_t row_of(const struct strands *t, struct str name)
{
	uint32_t i = 0;
	while (i < t->n_names && (t->of[i]->n_name != name.n ||
					 memcmp(t->of[i]->name, name.p, name.n) != 0))
		i++;
	return i;
}

void strands_add(struct strands *t, const struct point *p)
{
	uint32_t row = row_of(t, p->name);
	uint64_t ix = num_sub_sat(p->start_ms, t->first_ms) / tier_ms(t->step);
	ix = MIN(ix, (uint64_t)t->n_points - 1);
	struct strand_point *to = &t->point[(size_t)row * t->n_points + ix];
	to->requests = num_add_sat(to->requests, p->totals->requests);
	to->tokens = num_add_sat(to->tokens, p->totals->total_tokens);
	to->cost_nanousd = num_add_sat(to->cost_nanousd, p->totals->cost_nanousd);
	t->has_other |= row == t->n_names;
}

const struct strand_point *strands_at(
	const struct strands *t, uint32_t name, uint32_t ix)
{
	return &t->point[(size_t)name * t->n_points + ix];
}
