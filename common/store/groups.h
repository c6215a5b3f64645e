/*
 * Sums by name: what the points of a dimension come to in a period, the largest first and
 * the rest in one.
 *
 *	struct groups *g = groups_new();
 *	groups_add(g, point->name, point->totals);       for each point
 *	groups_rank(g);
 *	for (i = 0; i < groups_listed(g); i++) groups_at(g, i) …
 *	groups_other(g, &n, &totals)
 *
 * What is listed and `other` always sum to all that was added, and whatever is listed has
 * all its points. Full (GROUPS_MAX names): the smaller half of them goes to `other`, and so
 * does what comes later for a name that went (gone.h).
 *
 * Sums that are ranked can be what others begin with, at no cost (groups_upon()): these
 * hold only what is added to them, and the names it is added to. The base stays as it is,
 * and as long as anybody needs it.
 */
#ifndef STORE_GROUPS_H
#define STORE_GROUPS_H

#include "store/keys.h"
#include "store/totals.h"

enum { GROUPS_MAX = 8192, GROUPS_LISTED = 1000 };

struct group {
	struct totals totals;
	const char *name; /* n_name bytes, then NUL; less than KEY_NAME_BYTES */
	uint32_t n_name, hash;
};

struct groups; /* opaque */

struct groups *groups_new(void);

/* What base, ranked, comes to and whatever is added. */
struct groups *groups_upon(struct groups *base);
void groups_free(struct groups *g); /* NULL is fine */

void groups_add(struct groups *g, struct str name, const struct totals *t);

/* All that is in another one, which has no base; how many names one has. */
void groups_merge(struct groups *g, const struct groups *more);
uint32_t groups_count(const struct groups *g);

/* All that was added to one that has no base. */
void groups_sum(const struct groups *g, struct totals *t);

/* By cost, then tokens, then attempts, then name. Nothing may be added any more. */
void groups_rank(struct groups *g);
uint32_t groups_listed(const struct groups *g);
const struct group *groups_at(const struct groups *g, uint32_t ix);

/* Behind the list: false = nothing. *n names (those that did not fit count as one). */
bool groups_other(const struct groups *g, uint32_t *n, struct totals *t);

/* By name, after ranking or before; NULL = not there. */
const struct group *groups_find(const struct groups *g, struct str name);

#endif
