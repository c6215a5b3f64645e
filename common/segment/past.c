/* What was used before this segment was made. */
#include "segment/past.h"

#include "base/clock.h"
#include "base/num.h"

#include <stdio.h>
#include <string.h>

static const uint64_t lengths_ns[PAST_WINDOWS] = {
	[PAST_MINUTE] = 60 * NS_PER_S,
	[PAST_HOUR] = 3600 * NS_PER_S,
};

/* As window_init() cuts it. */
static uint64_t cell_ns(enum past_window w)
{
	return (lengths_ns[w] + LIMIT_GUARD_NS - 1) / WINDOW_STEPS + 1;
}

static bool is_scope(const struct past_use *u, const char *scope)
{
	return strncmp(u->scope, scope, sizeof u->scope) == 0;
}

static struct past_use *get_use(struct past *p, const char *scope)
{
	for (uint64_t i = 0; i < p->n_uses; i++)
		if (is_scope(&p->use[i], scope))
			return &p->use[i];
	if (p->n_uses == PAST_SCOPES)
		return NULL;
	struct past_use *u = &p->use[p->n_uses++];
	snprintf(u->scope, sizeof u->scope, "%s", scope);
	return u;
}

bool past_charge(struct past *p, const char *scope, uint64_t age_ns, uint64_t requests,
	uint64_t tokens)
{
	const uint64_t charge[LIMIT_UNITS] = {
		[LIMIT_REQUESTS] = requests, [LIMIT_TOKENS] = tokens};
	struct past_use *u = get_use(p, scope);
	if (u == NULL)
		return false;
	for (unsigned w = 0; w < PAST_WINDOWS; w++) {
		uint64_t cell = age_ns / cell_ns((enum past_window)w);
		for (unsigned unit = 0; unit < LIMIT_UNITS && cell < WINDOW_CELLS;
			unit++)
			u->n[w][unit][cell] =
				num_add_sat(u->n[w][unit][cell], charge[unit]);
	}
	return true;
}

/* Oldest first, as it happened. */
static void replay(const struct past *p, struct upstream_limit *l,
	const uint64_t n[static WINDOW_CELLS])
{
	for (uint64_t age = WINDOW_CELLS; age-- > 0;) {
		uint64_t ago_ns = age * l->window.cell_ns;
		if (n[age] > 0)
			window_add(
				&l->window, num_sub_sat(p->as_of_ns, ago_ns), n[age]);
	}
}

void past_restore(const struct past *p, struct upstream_limit *l)
{
	uint64_t n_uses = MIN(p->n_uses, PAST_SCOPES);
	for (uint64_t i = 0; i < n_uses; i++)
		for (unsigned w = 0; w < PAST_WINDOWS; w++)
			if (is_scope(&p->use[i], l->scope) &&
				l->window_ns == lengths_ns[w] && l->unit < LIMIT_UNITS)
				replay(p, l, p->use[i].n[w][l->unit]);
}

const struct past_key *past_find_key(const struct past *p, const char *name)
{
	uint64_t n_keys = MIN(p->n_keys, MAX_UPSTREAM_KEYS);
	for (uint64_t i = 0; i < n_keys; i++)
		if (strncmp(p->key[i].name, name, sizeof p->key[i].name) == 0)
			return &p->key[i];
	return NULL;
}
