/*
 * A sketch of how a quantity is spread: counts in steps that grow with the value, four to
 * each doubling, so any quantile is known within a quarter of itself. Fixed size, no
 * pointer: it can be copied, stored and merged. Pure.
 *
 *	quantile_add(&q, tokens);
 *	if (quantile_count(&q) >= 10)
 *		high = quantile_at(&q, 950);
 *
 * It forgets slowly: at QUANTILE_MEMORY values all counts are halved, so what is new
 * weighs as much as all that was before. Values above the last step count there.
 * Source of the steps: HdrHistogram (Tene), with two bits below the leading one.
 */
#ifndef RATE_QUANTILE_H
#define RATE_QUANTILE_H

#include "base/attr.h"

enum { QUANTILE_STEPS = 76, QUANTILE_MEMORY = 4096 };

struct quantile {
	uint32_t n;
	uint32_t count[QUANTILE_STEPS];
	uint32_t largest; /* of all values, as far as it holds them */
};

void quantile_add(struct quantile *q, uint64_t value);

/* All of b into a. */
void quantile_merge(struct quantile *a, const struct quantile *b);

/* Values it remembers. */
uint32_t quantile_count(const struct quantile *q);

/* A value that at least so many of a thousand do not exceed: the upper end of its step, or
 * the largest value there was. 0 when it is empty. */
uint64_t quantile_at(const struct quantile *q, unsigned permille);

#endif
