/*
 * A histogram that merges: fixed buckets, four to each doubling, so that any quantile is
 * known within a quarter of its value, and the sum of two is the histogram of both.
 *
 *	histo_add(&day, ms);
 *	histo_merge(&week, &day);
 *	p99 = histo_quantile(&week, 990);
 *
 *	bucket  0 1 2 3 │ 4 5 6 7 │ 8 9 10 11 │ …
 *	from    0 1 2 3 │ 4 5 6 7 │ 8 10 12 14│ 16 20 24 28 │ …
 *
 * Plain words, stored as they stand. Full: a value above the last bucket is counted in
 * it; a count stops at the end of its range.
 */
#ifndef BASE_HISTO_H
#define BASE_HISTO_H

#include "base/attr.h"

enum { HISTO_BUCKETS = 92 }; /* the last begins at 7 × 2^21: four hours in ms */

struct histo {
	uint64_t n, sum, max;
	uint32_t bucket[HISTO_BUCKETS];
};

void histo_add(struct histo *h, uint64_t value);

/* a += b. */
void histo_merge(struct histo *a, const struct histo *b);

/* The value that at least `thousandths` of all are at or below (nearest rank), at the upper
 * end of its bucket and never above the largest seen; 0 when there is none. Of fewer than
 * a hundred the 990th is thus the largest. */
uint64_t histo_quantile(const struct histo *h, uint64_t thousandths);

/* The mean, to the nearest; 0 when there is none. */
uint64_t histo_mean(const struct histo *h);

/* The largest value that bucket ix counts; UINT64_MAX for the last. */
uint64_t histo_upper(size_t ix);

#endif
