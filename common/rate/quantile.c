/* Steps, counts and how they fade. */
#include "rate/quantile.h"

#include <assert.h>

enum {
	BITS = 2, /* below the leading one: four steps a doubling */
	PER_DOUBLING = 1 << BITS,
	LAST = QUANTILE_STEPS - 1
};

static_assert(sizeof(struct quantile) % 8 == 0, "published in whole words");

/* Values below PER_DOUBLING have a step each. */
static unsigned step_of(uint64_t value)
{
	if (value < PER_DOUBLING)
		return (unsigned)value;
	unsigned shift = 63 - (unsigned)__builtin_clzll(value) - BITS;
	unsigned step = PER_DOUBLING * (shift + 1) +
			(unsigned)(value >> shift & (PER_DOUBLING - 1));
	return MIN(step, LAST);
}

static uint64_t upper_end(unsigned step)
{
	if (step < PER_DOUBLING)
		return step;
	unsigned shift = step / PER_DOUBLING - 1;
	uint64_t lead = PER_DOUBLING + step % PER_DOUBLING;
	return ((lead + 1) << shift) - 1;
}

static void fade(struct quantile *q)
{
	q->n = 0;
	for (unsigned i = 0; i < QUANTILE_STEPS; i++)
		q->n += q->count[i] /= 2;
}

void quantile_add(struct quantile *q, uint64_t value)
{
	if (q->n >= QUANTILE_MEMORY)
		fade(q);
	/* first: a death behind it leaves no count that it does not bound */
	q->largest = MAX(q->largest, (uint32_t)MIN(value, (uint64_t)UINT32_MAX));
	q->count[step_of(value)]++;
	q->n++;
}

void quantile_merge(struct quantile *a, const struct quantile *b)
{
	for (unsigned i = 0; i < QUANTILE_STEPS; i++) {
		uint32_t more = MIN(b->count[i], QUANTILE_MEMORY);
		a->count[i] += more;
		a->n += more;
	}
	a->largest = MAX(a->largest, b->largest);
	while (a->n > QUANTILE_MEMORY)
		fade(a);
}

uint32_t quantile_count(const struct quantile *q)
{
	return q->n;
}

uint64_t quantile_at(const struct quantile *q, unsigned permille)
{
	uint64_t want = ((uint64_t)q->n * permille + 999) / 1000, seen = 0;
	for (unsigned i = 0; i < QUANTILE_STEPS; i++) {
		seen += q->count[i];
		if (q->count[i] > 0 && seen >= want)
			return MIN(upper_end(i), (uint64_t)q->largest);
	}
	return 0;
}
