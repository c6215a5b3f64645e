/* A table of sums that grows to a bound. */
#include "store/groups.h"

#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

enum { GROUPS_FIRST = 64 };

struct groups {
	uint32_t n, room;
	uint32_t *cell; /* 2 × room of them; group + 1, 0 = empty */
	struct group *group;
	struct totals beyond; /* of names that did not fit */
};

struct groups *groups_new(void)
{
	struct groups *g = calloc(1, sizeof *g);
	must(g != NULL);
	return g;
}

void groups_free(struct groups *g)
{
	if (g == NULL)
		return;
	free(g->cell);
	free(g->group);
	free(g);
}

static bool is_named(const struct group *x, struct str name)
{
	return x->n_name == name.n && memcmp(x->name, name.p, name.n) == 0;
}

/* The cell of that name, or the empty one where it belongs. */
static uint32_t *cell_of(const struct groups *g, struct str name)
{
	uint32_t mask = 2 * g->room - 1;
	uint32_t at = (uint32_t)hash_fast64(name.p, name.n, 0) & mask;
	while (g->cell[at] != 0 && !is_named(&g->group[g->cell[at] - 1], name))
		at = (at + 1) & mask;
	return &g->cell[at];
}

static struct str name_of(const struct group *x)
{
	return (struct str){x->name, x->n_name};
}

static void index_all(struct groups *g)
{
	memset(g->cell, 0, 2 * (size_t)g->room * sizeof *g->cell);
	for (uint32_t i = 0; i < g->n; i++)
		*cell_of(g, name_of(&g->group[i])) = i + 1;
}

static void make_room(struct groups *g, uint32_t room)
{
	g->room = room;
	g->group = realloc(g->group, g->room * sizeof *g->group);
	free(g->cell);
	g->cell = malloc(2 * (size_t)g->room * sizeof *g->cell);
	must(g->group != NULL && g->cell != NULL);
	index_all(g);
}

void groups_add(struct groups *g, struct str name, const struct totals *t)
{
	name.n = MIN(name.n, sizeof g->group->name - 1);
	if (g->n == g->room && g->room < GROUPS_MAX)
		make_room(g, g->room == 0 ? GROUPS_FIRST : 2 * g->room);
	uint32_t *cell = cell_of(g, name);
	if (*cell == 0 && g->n == GROUPS_MAX) {
		totals_add(&g->beyond, t);
		return;
	}
	if (*cell == 0) {
		struct group *x = &g->group[g->n];
		*x = (struct group){.n_name = (uint32_t)name.n};
		memcpy(x->name, name.p, name.n);
		*cell = ++g->n;
	}
	totals_add(&g->group[*cell - 1].totals, t);
}

static void copy(struct groups *g, const struct groups *of)
{
	make_room(g, of->room);
	memcpy(g->group, of->group, of->n * sizeof *g->group);
	memcpy(g->cell, of->cell, 2 * (size_t)of->room * sizeof *g->cell);
	g->n = of->n;
}

void groups_merge(struct groups *g, const struct groups *more)
{
	if (g->room == 0 && more->n > 0)
		copy(g, more);
	else
		for (uint32_t i = 0; i < more->n; i++)
			groups_add(g, name_of(&more->group[i]), &more->group[i].totals);
	totals_add(&g->beyond, &more->beyond);
}

uint32_t groups_count(const struct groups *g)
{
	return g->n;
}

static int falling(uint64_t a, uint64_t b)
{
	return (a < b) - (a > b);
}

static int compare(const void *pa, const void *pb)
{
	const struct group *a = pa, *b = pb;
	int by = falling(a->totals.cost_nanousd, b->totals.cost_nanousd);
	if (by == 0)
		by = falling(a->totals.total_tokens, b->totals.total_tokens);
	if (by == 0)
		by = falling(a->totals.attempts, b->totals.attempts);
	return by != 0 ? by : memcmp(a->name, b->name, sizeof a->name);
}

void groups_rank(struct groups *g)
{
	if (g->n == 0)
		return;
	qsort(g->group, g->n, sizeof *g->group, compare);
	index_all(g);
}

uint32_t groups_listed(const struct groups *g)
{
	return MIN(g->n, (uint32_t)GROUPS_LISTED);
}

const struct group *groups_at(const struct groups *g, uint32_t ix)
{
	must(ix < g->n);
	return &g->group[ix];
}

bool groups_other(const struct groups *g, uint32_t *n, struct totals *t)
{
	static const struct totals nothing;
	bool is_beyond = memcmp(&g->beyond, &nothing, sizeof nothing) != 0;
	*t = g->beyond;
	*n = g->n - groups_listed(g) + is_beyond;
	for (uint32_t i = groups_listed(g); i < g->n; i++)
		totals_add(t, &g->group[i].totals);
	return *n > 0;
}

const struct group *groups_find(const struct groups *g, struct str name)
{
	if (g->n == 0)
		return NULL;
	uint32_t cell = *cell_of(g, name);
	return cell != 0 ? &g->group[cell - 1] : NULL;
}
