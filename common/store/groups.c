/* A table of sums that grows to a bound, alone or upon another one. */
#include "store/groups.h"

#include "base/hash.h"
#include "store/gone.h"

#include <stdlib.h>
#include <string.h>

enum { GROUPS_FIRST = 64, NAMES_FIRST = 1024, NAMES_MOST = 65536, BLOCK = 16 };

/* Memory for names, which stay where they are. */
struct names {
	struct names *next;
	size_t n, room;
	char text[];
};

struct groups {
	uint32_t holders;
	uint32_t n, room;
	uint32_t *cell; /* 2 × room of them; group + 1, 0 = empty */
	struct group *group;
	struct names *names;
	struct totals beyond; /* of names that went */
	struct gone *gone;    /* which they are; NULL = none went */
	struct groups *base;
	uint64_t *taken;  /* bit i: the base's group i is one of ours now */
	uint32_t n_taken; /* of them */
	/* Once ranked: */
	const struct group **listed;
	uint32_t own_at,
		base_at;      /* the first of ours, of the base's, behind the list */
	struct totals *block; /* of BLOCK groups each; only without a base */
};

struct groups *groups_new(void)
{
	struct groups *g = calloc(1, sizeof *g);
	must(g != NULL);
	g->holders = 1;
	return g;
}

struct groups *groups_upon(struct groups *base)
{
	struct groups *g = groups_new();
	must(base->base == NULL && base->listed != NULL);
	base->holders++;
	g->base = base;
	g->taken = calloc(base->n / 64 + 1, sizeof *g->taken);
	must(g->taken != NULL);
	return g;
}

static void free_names(struct names *m)
{
	while (m != NULL) {
		struct names *next = m->next;
		free(m);
		m = next;
	}
}

void groups_free(struct groups *g)
{
	if (g == NULL || --g->holders > 0)
		return;
	groups_free(g->base);
	free_names(g->names);
	gone_free(g->gone);
	free(g->cell);
	free(g->group);
	free(g->taken);
	free((void *)g->listed);
	free(g->block);
	free(g);
}

/* ---- adding ---------------------------------------------------------------------- */

static struct str name_of(const struct group *x)
{
	return (struct str){x->name, x->n_name};
}

static bool is_named(const struct group *x, struct str name, uint32_t hash)
{
	return x->hash == hash && x->n_name == name.n &&
	       memcmp(x->name, name.p, name.n) == 0;
}

/* The cell of that name, or the empty one where it belongs. */
static uint32_t *cell_of(const struct groups *g, struct str name, uint32_t hash)
{
	uint32_t mask = 2 * g->room - 1, at = hash & mask;
	while (g->cell[at] != 0 && !is_named(&g->group[g->cell[at] - 1], name, hash))
		at = (at + 1) & mask;
	return &g->cell[at];
}

static struct group *find(const struct groups *g, struct str name, uint32_t hash)
{
	uint32_t cell = g->n > 0 ? *cell_of(g, name, hash) : 0;
	return cell != 0 ? &g->group[cell - 1] : NULL;
}

static void index_all(struct groups *g)
{
	uint32_t mask = 2 * g->room - 1;
	memset(g->cell, 0, 2 * (size_t)g->room * sizeof *g->cell);
	for (uint32_t i = 0; i < g->n; i++) {
		uint32_t at = g->group[i].hash & mask;
		while (g->cell[at] != 0)
			at = (at + 1) & mask;
		g->cell[at] = i + 1;
	}
}

static void grow(struct groups *g)
{
	g->room = g->room == 0 ? GROUPS_FIRST : 2 * g->room;
	g->group = realloc(g->group, g->room * sizeof *g->group);
	free(g->cell);
	g->cell = malloc(2 * (size_t)g->room * sizeof *g->cell);
	must(g->group != NULL && g->cell != NULL);
	index_all(g);
}

static const char *keep_name(struct groups *g, struct str name)
{
	struct names *m = g->names;
	if (m == NULL || m->room - m->n <= name.n) {
		size_t room =
			m == NULL ? NAMES_FIRST : MIN(2 * m->room, (size_t)NAMES_MOST);
		m = malloc(sizeof *m + room);
		must(m != NULL);
		*m = (struct names){.next = g->names, .room = room};
		g->names = m;
	}
	char *p = m->text + m->n;
	if (name.n > 0)
		memcpy(p, name.p, name.n);
	p[name.n] = '\0';
	m->n += name.n + 1;
	return p;
}

static struct group *append(struct groups *g, const struct group *x)
{
	if (g->n == g->room)
		grow(g);
	must(g->group != NULL);
	g->group[g->n] = *x;
	*cell_of(g, name_of(x), x->hash) = g->n + 1;
	return &g->group[g->n++];
}

/* ---- order ------------------------------------------------------------------------- */

static int falling(uint64_t a, uint64_t b)
{
	return (a < b) - (a > b);
}

static int by_name(const struct group *a, const struct group *b)
{
	int by = memcmp(a->name, b->name, MIN(a->n_name, b->n_name));
	return by != 0 ? by : falling(b->n_name, a->n_name);
}

static int compare(const void *pa, const void *pb)
{
	const struct group *a = pa, *b = pb;
	int by = falling(a->totals.cost_nanousd, b->totals.cost_nanousd);
	if (by == 0)
		by = falling(a->totals.total_tokens, b->totals.total_tokens);
	if (by == 0)
		by = falling(a->totals.attempts, b->totals.attempts);
	return by != 0 ? by : by_name(a, b);
}

/* ---- what does not fit ------------------------------------------------------------ */

static bool is_gone(const struct groups *g, uint32_t hash)
{
	return (g->gone != NULL && gone_has(g->gone, hash)) ||
	       (g->base != NULL && is_gone(g->base, hash));
}

/* Of all groups only the first n stay, and their names. */
static void keep_first(struct groups *g, uint32_t n)
{
	struct names *before = g->names;
	g->names = NULL;
	g->n = n;
	for (uint32_t i = 0; i < n; i++)
		g->group[i].name = keep_name(g, name_of(&g->group[i]));
	free_names(before);
	if (g->room > 0)
		index_all(g);
}

static void shed_smaller(struct groups *g)
{
	must(g->group != NULL);
	qsort(g->group, g->n, sizeof *g->group, compare);
	if (g->gone == NULL)
		g->gone = gone_new();
	for (uint32_t i = g->n / 2; i < g->n; i++) {
		gone_add(g->gone, g->group[i].hash);
		totals_add(&g->beyond, &g->group[i].totals);
	}
	keep_first(g, g->n / 2);
}

static bool is_taken(const struct groups *g, uint32_t ix)
{
	return g->taken[ix / 64] >> ix % 64 & 1;
}

/* What the base has of that name is ours from now on; NULL = it has nothing, or had. */
static struct group *take(struct groups *g, struct str name, uint32_t hash)
{
	const struct group *x = g->base != NULL ? find(g->base, name, hash) : NULL;
	if (x == NULL)
		return NULL;
	uint32_t ix = (uint32_t)(x - g->base->group);
	if (is_taken(g, ix))
		return NULL;
	g->taken[ix / 64] |= UINT64_C(1) << ix % 64;
	g->n_taken++;
	return append(g, x);
}

static struct group *make(struct groups *g, struct str name, uint32_t hash)
{
	return append(g, &(struct group){.name = keep_name(g, name),
				 .n_name = (uint32_t)name.n,
				 .hash = hash});
}

void groups_add(struct groups *g, struct str name, const struct totals *t)
{
	name.n = MIN(name.n, (size_t)KEY_NAME_BYTES - 1);
	uint32_t hash = (uint32_t)hash_fast64(name.p, name.n, 0);
	struct group *x = find(g, name, hash);
	if (x == NULL && g->n == GROUPS_MAX)
		shed_smaller(g);
	if (x == NULL)
		x = take(g, name, hash);
	if (x == NULL && !is_gone(g, hash))
		x = make(g, name, hash);
	totals_add(x != NULL ? &x->totals : &g->beyond, t);
}

/* What went there goes here as well, or it would be listed without what it had there. */
static void join_gone(struct groups *g, const struct groups *more)
{
	uint32_t kept = 0;
	if (more->gone == NULL)
		return;
	for (uint32_t i = 0; i < g->n; i++) {
		const struct group *x = &g->group[i];
		if (is_gone(more, x->hash) && find(more, name_of(x), x->hash) == NULL)
			totals_add(&g->beyond, &x->totals);
		else
			g->group[kept++] = *x;
	}
	keep_first(g, kept);
	if (g->gone == NULL)
		g->gone = gone_new();
	gone_join(g->gone, more->gone);
}

void groups_merge(struct groups *g, const struct groups *more)
{
	must(more->base == NULL && g->base == NULL);
	join_gone(g, more);
	for (uint32_t i = 0; i < more->n; i++) {
		const struct group *x = &more->group[i];
		groups_add(g, name_of(x), &x->totals);
	}
	totals_add(&g->beyond, &more->beyond);
}

uint32_t groups_count(const struct groups *g)
{
	return g->n + (g->base != NULL ? g->base->n - g->n_taken : 0);
}

void groups_sum(const struct groups *g, struct totals *t)
{
	must(g->base == NULL);
	*t = g->beyond;
	for (uint32_t i = 0; i < g->n; i++)
		totals_add(t, &g->group[i].totals);
}

/* ---- ranking --------------------------------------------------------------------- */

static void sum_blocks(struct groups *g)
{
	free(g->block);
	g->block = calloc(g->n / BLOCK + 1, sizeof *g->block);
	must(g->block != NULL);
	for (uint32_t i = 0; i < g->n; i++)
		totals_add(&g->block[i / BLOCK], &g->group[i].totals);
}

static uint32_t n_of_base(const struct groups *g)
{
	return g->base != NULL ? g->base->n : 0;
}

/* The first of the base's groups from ix on that is not ours. */
static uint32_t left_in_base(const struct groups *g, uint32_t ix)
{
	while (ix < n_of_base(g) && is_taken(g, ix))
		ix++;
	return ix;
}

static bool is_ours_larger(const struct groups *g, uint32_t own, uint32_t theirs)
{
	if (own == g->n || theirs == n_of_base(g))
		return own < g->n;
	must(g->base != NULL);
	return compare(&g->group[own], &g->base->group[theirs]) < 0;
}

/* Both are in order: the larger of the two that come next, again and again. */
static void choose(struct groups *g)
{
	uint32_t n = groups_listed(g), own = 0, theirs = left_in_base(g, 0);
	free((void *)g->listed);
	g->listed = calloc((size_t)n + 1, sizeof(void *));
	must(g->listed != NULL);
	for (uint32_t i = 0; i < n; i++) {
		if (is_ours_larger(g, own, theirs)) {
			g->listed[i] = &g->group[own++];
		} else {
			g->listed[i] = &g->base->group[theirs];
			theirs = left_in_base(g, theirs + 1);
		}
	}
	g->own_at = own;
	g->base_at = theirs;
}

void groups_rank(struct groups *g)
{
	if (g->n > 0) {
		qsort(g->group, g->n, sizeof *g->group, compare);
		index_all(g);
	}
	if (g->base == NULL)
		sum_blocks(g);
	choose(g);
}

uint32_t groups_listed(const struct groups *g)
{
	return MIN(groups_count(g), (uint32_t)GROUPS_LISTED);
}

const struct group *groups_at(const struct groups *g, uint32_t ix)
{
	must(ix < (g->base != NULL ? groups_listed(g) : g->n));
	return g->base != NULL ? g->listed[ix] : &g->group[ix];
}

/* ---- what is not listed ------------------------------------------------------------ */

/* Is nothing of that block ours? A block's bits stand in one word. */
static bool is_block_left(const struct groups *g, uint32_t block)
{
	uint32_t ix = block * BLOCK;
	return (g->taken[ix / 64] >> ix % 64 & ((1u << BLOCK) - 1)) == 0;
}

static void add_rest_of_base(const struct groups *g, struct totals *t)
{
	uint32_t i = g->base_at, n = n_of_base(g);
	while (i < n) {
		if (i % BLOCK == 0 && is_block_left(g, i / BLOCK)) {
			totals_add(t, &g->base->block[i / BLOCK]);
			i += BLOCK;
			continue;
		}
		if (!is_taken(g, i))
			totals_add(t, &g->base->group[i].totals);
		i++;
	}
}

bool groups_other(const struct groups *g, uint32_t *n, struct totals *t)
{
	static const struct totals nothing;
	*t = g->beyond;
	if (g->base != NULL)
		totals_add(t, &g->base->beyond);
	bool is_beyond = memcmp(t, &nothing, sizeof nothing) != 0;
	*n = groups_count(g) - groups_listed(g) + is_beyond;
	for (uint32_t i = g->base == NULL ? groups_listed(g) : g->own_at; i < g->n; i++)
		totals_add(t, &g->group[i].totals);
	if (g->base != NULL)
		add_rest_of_base(g, t);
	return *n > 0;
}

const struct group *groups_find(const struct groups *g, struct str name)
{
	uint32_t hash = (uint32_t)hash_fast64(name.p, name.n, 0);
	const struct group *x = find(g, name, hash);
	if (x != NULL || g->base == NULL)
		return x;
	x = find(g->base, name, hash);
	return x != NULL && !is_taken(g, (uint32_t)(x - g->base->group)) ? x : NULL;
}
