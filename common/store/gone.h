/*
 * Which names have gone from a table of sums (groups.h): a set of their hashes, which only
 * grows. So now and then a name is taken for gone that only has the hash of one: once a
 * million went, one name in four thousand.
 *
 *	struct gone *g = gone_new();
 *	gone_add(g, hash);
 *	if (gone_has(g, hash)) …
 *	gone_free(g);
 *
 * Bounded: when GONE_MAX went, all have.
 */
#ifndef STORE_GONE_H
#define STORE_GONE_H

#include "base/attr.h"

enum { GONE_MAX = 1 << 21 };

struct gone; /* opaque */

struct gone *gone_new(void);
void gone_free(struct gone *g); /* NULL is fine */

void gone_add(struct gone *g, uint32_t hash);
void gone_join(struct gone *g, const struct gone *more);
bool gone_has(const struct gone *g, uint32_t hash);

#endif
