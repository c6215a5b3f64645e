/* Log-linear buckets: two bits behind the leading one. */
#include "base/histo.h"

#include "base/num.h"

enum { STEP_BITS = 2, STEPS = 1 << STEP_BITS };

static size_t bucket_of(uint64_t value)
{
	if (value < STEPS)
		return (size_t)value;
	unsigned shift = 63 - (unsigned)__builtin_clzll(value) - STEP_BITS;
	size_t ix = (size_t)shift * STEPS + (size_t)(value >> shift);
	return MIN(ix, (size_t)HISTO_BUCKETS - 1);
}

/* The smallest value of bucket ix. */
static uint64_t lower(size_t ix)
{
	if (ix < 2 * STEPS)
		return ix;
	unsigned shift = (unsigned)(ix / STEPS) - 1;
	return (uint64_t)(STEPS + ix % STEPS) << shift;
}

uint64_t histo_upper(size_t ix)
{
	return ix >= HISTO_BUCKETS - 1 ? UINT64_MAX : lower(ix + 1) - 1;
}

static void count(uint32_t *a, uint32_t b)
{
	*a = *a > UINT32_MAX - b ? UINT32_MAX : *a + b;
}

void histo_add(struct histo *h, uint64_t value)
{
	h->n = num_add_sat(h->n, 1);
	h->sum = num_add_sat(h->sum, value);
	h->max = MAX(h->max, value);
	count(&h->bucket[bucket_of(value)], 1);
}

void histo_merge(struct histo *a, const struct histo *b)
{
	a->n = num_add_sat(a->n, b->n);
	a->sum = num_add_sat(a->sum, b->sum);
	a->max = MAX(a->max, b->max);
	for (size_t i = 0; i < HISTO_BUCKETS; i++)
		count(&a->bucket[i], b->bucket[i]);
}

uint64_t histo_quantile(const struct histo *h, uint64_t thousandths)
{
	uint64_t rank = num_add_sat(num_mul_sat(h->n, thousandths), 999) / 1000;
	uint64_t seen = 0;
	for (size_t i = 0; i < HISTO_BUCKETS; i++) {
		seen += h->bucket[i];
		if (seen >= rank)
			return MIN(histo_upper(i), h->max);
	}
	return h->max;
}

uint64_t histo_mean(const struct histo *h)
{
	return num_nearest(h->sum, 1, h->n);
}
