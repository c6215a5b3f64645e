/* One row of points for each name. */
#include "store/trail.h"

#include "base/num.h"

#include <stdlib.h>
#include <string.h>

struct trail_name {
	uint32_t n;
	bool is_there; /* from before */
	char text[KEY_NAME_BYTES];
};

struct trail {
	struct range_span span;
	uint32_t n_points, n_names; /* the first of them are those that are wanted */
	struct trail_name name[TRAIL_KEPT];
	struct trail_point point[];
};

static struct trail_point *row(struct trail *k, uint32_t i)
{
	return &k->point[(size_t)i * k->n_points];
}

static struct str name_of(const struct trail *k, uint32_t i)
{
	return (struct str){k->name[i].text, k->name[i].n};
}

static void add_name(struct trail *k, struct str name, const struct trail *before)
{
	const struct trail_point *p = before != NULL ? trail_of(before, name) : NULL;
	struct trail_name *to = &k->name[k->n_names];
	to->n = (uint32_t)name.n;
	memcpy(to->text, name.p, name.n);
	to->is_there = p != NULL;
	if (p != NULL)
		memcpy(row(k, k->n_names), p, k->n_points * sizeof *p);
	k->n_names++;
}

struct trail *trail_new(const struct range_span *span, const struct group *const *of,
	uint32_t n, const struct trail *before)
{
	uint32_t n_points = (uint32_t)(span->to - span->from);
	uint32_t n_before = before != NULL ? before->n_names : 0;
	size_t n_rows = MIN(n + n_before, (uint32_t)TRAIL_KEPT);
	struct trail *k =
		calloc(1, sizeof *k + n_rows * n_points * sizeof(struct trail_point));
	must(k != NULL && n <= TRAIL_NAMES);
	k->span = *span;
	k->n_points = n_points;
	for (uint32_t i = 0; i < n; i++)
		add_name(k, (struct str){of[i]->name, of[i]->n_name}, before);
	for (uint32_t i = 0; i < n_before && k->n_names < n_rows; i++)
		if (trail_of(k, name_of(before, i)) == NULL)
			add_name(k, name_of(before, i), before);
	return k;
}

bool trail_has(const struct trail *k, uint32_t i)
{
	return k->name[i].is_there;
}

void trail_add(struct trail *k, uint32_t i, const struct point *p)
{
	uint64_t at = p->start_ms / tier_ms(k->span.tier) - k->span.from;
	struct trail_point more = trail_point_of(p->totals);
	must(at < k->n_points);
	trail_sum(&row(k, i)[at], &more);
}

const struct trail_point *trail_of(const struct trail *k, struct str name)
{
	uint32_t i = 0;
	while (i < k->n_names && (k->name[i].n != name.n ||
					 memcmp(k->name[i].text, name.p, name.n) != 0))
		i++;
	return i < k->n_names ? &k->point[(size_t)i * k->n_points] : NULL;
}

uint32_t trail_bytes(const struct trail *k)
{
	return k->n_names * k->n_points * (uint32_t)sizeof *k->point;
}

void trail_sum(struct trail_point *a, const struct trail_point *b)
{
	a->requests = num_add_sat(a->requests, b->requests);
	a->tokens = num_add_sat(a->tokens, b->tokens);
	a->cost_nanousd = num_add_sat(a->cost_nanousd, b->cost_nanousd);
}

struct trail_point trail_point_of(const struct totals *t)
{
	return (struct trail_point){t->requests, t->total_tokens, t->cost_nanousd};
}
