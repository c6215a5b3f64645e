/*
 * A trail: how some names went over a span that is over, point by point of the span's own
 * tier. Strands (strands.h) are laid together from them, and what is over is looked up once.
 *
 *	struct trail *k = trail_new(&span, dim's largest, n, before);      free() it
 *	for each name i, unless trail_has(k, i)
 *		trail_add(k, i, point)              for each point of it
 *
 * `before` is what was read of the same span for other names, or NULL: what it has of these
 * need not be read again. It has up to TRAIL_KEPT names, those wanted last before others, so
 * that one that is among the largest again is there.
 */
#ifndef STORE_TRAIL_H
#define STORE_TRAIL_H

#include "store/groups.h"
#include "store/points.h"

enum { TRAIL_NAMES = 5, TRAIL_KEPT = 16 };

struct trail_point {
	uint64_t requests, tokens, cost_nanousd;
};

struct trail; /* opaque */

/* n: at most TRAIL_NAMES. */
struct trail *trail_new(const struct range_span *span, const struct group *const *of,
	uint32_t n, const struct trail *before);

/* Whether name i came from before; then its points are there. */
bool trail_has(const struct trail *k, uint32_t i);
void trail_add(struct trail *k, uint32_t i, const struct point *p);

/* The points of a name, from the span's first on; NULL = it is not among the names. */
const struct trail_point *trail_of(const struct trail *k, struct str name);
uint32_t trail_bytes(const struct trail *k);

/* a + b, saturating. */
void trail_sum(struct trail_point *a, const struct trail_point *b);
struct trail_point trail_point_of(const struct totals *t);

#endif
