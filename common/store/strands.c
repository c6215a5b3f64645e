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
	if (row == t->n_names)
		return;
	uint64_t ix = num_sub_sat(p->start_ms, t->first_ms) / tier_ms(t->step);
	ix = MIN(ix, (uint64_t)t->n_points - 1);
	struct strand_point *to = &t->point[(size_t)row * t->n_points + ix];
	to->requests = num_add_sat(to->requests, p->totals->requests);
	to->tokens = num_add_sat(to->tokens, p->totals->total_tokens);
	to->cost_nanousd = num_add_sat(to->cost_nanousd, p->totals->cost_nanousd);
}

/* ---- another time --------------------------------------------------------------- */

struct strand_course {
	enum tier step;
	uint64_t first_ms;
	uint32_t n_points, n_names;
	struct {
		size_t n;
		char text[KEY_NAME_BYTES];
	} name[STRANDS_NAMES];
	struct strand_point point[];
};

static size_t points_bytes(const struct strands *t)
{
	return (size_t)t->n_names * t->n_points * sizeof *t->point;
}

struct strand_course *strands_course(const struct strands *t)
{
	struct strand_course *c = malloc(sizeof *c + points_bytes(t));
	must(c != NULL);
	*c = (struct strand_course){
		t->step, t->first_ms, t->n_points, t->n_names, {{0}}};
	for (uint32_t i = 0; i < t->n_names; i++) {
		c->name[i].n = t->of[i]->n_name;
		memcpy(c->name[i].text, t->of[i]->name, t->of[i]->n_name);
	}
	memcpy(c->point, t->point, points_bytes(t));
	return c;
}

bool strands_take(struct strands *t, const struct strand_course *c)
{
	if (c->step != t->step || c->first_ms != t->first_ms ||
		c->n_points != t->n_points || c->n_names != t->n_names)
		return false;
	for (uint32_t i = 0; i < t->n_names; i++)
		if (c->name[i].n != t->of[i]->n_name ||
			memcmp(c->name[i].text, t->of[i]->name, c->name[i].n) != 0)
			return false;
	memcpy(t->point, c->point, points_bytes(t));
	return true;
}

/* ---- the rest ------------------------------------------------------------------- */

static struct strand_point less(struct strand_point a, const struct strand_point *b)
{
	return (struct strand_point){num_sub_sat(a.requests, b->requests),
		num_sub_sat(a.tokens, b->tokens),
		num_sub_sat(a.cost_nanousd, b->cost_nanousd)};
}

void strands_rest(struct strands *t, const struct totals *series)
{
	for (uint32_t i = 0; i < t->n_points; i++) {
		struct strand_point rest = {series[i].requests, series[i].total_tokens,
			series[i].cost_nanousd};
		for (uint32_t k = 0; k < t->n_names; k++)
			rest = less(rest, strands_at(t, k, i));
		t->point[(size_t)t->n_names * t->n_points + i] = rest;
		t->has_other |=
			rest.requests > 0 || rest.tokens > 0 || rest.cost_nanousd > 0;
	}
}

const struct strand_point *strands_at(
	const struct strands *t, uint32_t name, uint32_t ix)
{
	return &t->point[(size_t)name * t->n_points + ix];
}
