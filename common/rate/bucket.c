/*
 * The token bucket: arithmetic on one word of time. Runs in fronts (words that they
 * share) and in dispatch (words of its own). It never reads a clock.
 *
 * Why rounding breaks no promise: let the ideal bucket count in real numbers. Our costs
 * are never below its costs, so our tat is never before its tat. A take passes either
 * because our level stays within the burst's length rounded down, so the ideal level does
 * too; or because the bucket is idle and n is within the burst, so the ideal bucket is
 * idle and holds n as well.
 */
#include "rate/bucket.h"

#include "base/num.h"

#include <stdatomic.h>

static uint64_t saturate(unsigned __int128 v)
{
	return v > UINT64_MAX ? UINT64_MAX : (uint64_t)v;
}

/* (a × b + more) / by. In 128 bits where it must: a day's nanoseconds times a thousand
 * million tokens do not fit 64. Where it fits, a division costs a third. */
static uint64_t scale(uint64_t a, uint64_t b, uint64_t more, uint64_t by)
{
	uint64_t product;
	if (!__builtin_mul_overflow(a, b, &product) && product <= UINT64_MAX - more)
		return (product + more) / by;
	return saturate(((unsigned __int128)a * b + more) / by);
}

/* The time in which n tokens flow back, rounded down. */
static uint64_t span_ns(const struct bucket_rate *r, uint64_t n)
{
	must(r->tokens > 0);
	return scale(n, r->period_ns, 0, r->tokens);
}

/* The same rounded up: what taking n costs. */
static uint64_t cost_ns(const struct bucket_rate *r, uint64_t n)
{
	must(r->tokens > 0);
	return scale(n, r->period_ns, r->tokens - 1, r->tokens);
}

struct bucket_take bucket_take(
	uint64_t tat_ns, const struct bucket_rate *r, uint64_t n, uint64_t now_ns)
{
	struct bucket_take t = {BUCKET_NEVER, tat_ns, UINT64_MAX};
	if (n > MAX(r->burst, r->most))
		return t;
	uint64_t burst_ns = span_ns(r, r->burst), cost = cost_ns(r, n);
	/* for an idle bucket this is at most now_ns whatever n <= burst costs */
	uint64_t earliest = num_sub_sat(tat_ns, num_sub_sat(burst_ns, cost));
	if (n > r->burst)
		earliest = num_add_sat(tat_ns, num_sub_sat(cost, burst_ns));
	if (earliest > now_ns) {
		t.verdict = BUCKET_LATER;
		t.earliest_ns = earliest;
		return t;
	}
	t.verdict = BUCKET_TAKEN;
	t.tat_ns = num_add_sat(MAX(tat_ns, now_ns), cost);
	t.earliest_ns = now_ns;
	return t;
}

/* How much earlier tat may be. At least cost - elapsed of the reservation is still in the
 * bucket, whatever else has come and gone; more cannot be known from one word. */
static uint64_t refund_ns(
	const struct bucket_rate *r, const struct bucket_use *u, uint64_t now_ns)
{
	uint64_t elapsed = num_sub_sat(now_ns, u->taken_ns);
	return num_sub_sat(span_ns(r, u->reserved - u->actual), elapsed);
}

uint64_t bucket_correct(uint64_t tat_ns, const struct bucket_rate *r,
	const struct bucket_use *u, uint64_t now_ns)
{
	if (u->actual > u->reserved)
		return num_add_sat(
			MAX(tat_ns, now_ns), cost_ns(r, u->actual - u->reserved));
	return num_sub_sat(tat_ns, refund_ns(r, u, now_ns));
}

uint64_t bucket_left(uint64_t tat_ns, const struct bucket_rate *r, uint64_t now_ns)
{
	uint64_t level_ns = num_sub_sat(tat_ns, now_ns);
	uint64_t burst_ns = span_ns(r, r->burst);
	must(r->period_ns > 0);
	if (level_ns == 0) {
		/* idle for now - tat: what has flowed beyond the burst meanwhile */
		uint64_t idle_ns = num_add_sat(burst_ns, num_sub_sat(now_ns, tat_ns));
		uint64_t large = scale(idle_ns, r->tokens, 0, r->period_ns);
		return MAX(r->burst, MIN(large, r->most));
	}
	uint64_t free_ns = num_sub_sat(burst_ns, level_ns);
	uint64_t left = scale(free_ns, r->tokens, 0, r->period_ns);
	return MIN(left, r->burst);
}

/* With takes n of cost c at t, in order, tat ends as the maximum over i of t_i + c_i + …:
 * each take either finds the bucket idle, and begins anew, or stands behind the others. */
void bucket_recall(struct bucket_recall *c, const struct bucket_rate *r, uint64_t n,
	uint64_t age_ns)
{
	c->cost_ns = num_add_sat(c->cost_ns, cost_ns(r, n));
	c->level_ns = MAX(c->level_ns, num_sub_sat(c->cost_ns, age_ns));
}

uint64_t bucket_recalled(const struct bucket_recall *c, const struct bucket_rate *r,
	uint64_t told_ns, uint64_t now_ns)
{
	uint64_t at_most = num_add_sat(c->cost_ns, span_ns(r, r->burst));
	return num_add_sat(now_ns, MAX(c->level_ns, num_sub_sat(at_most, told_ns)));
}

struct bucket_take bucket_take_shared(_Atomic uint64_t *word,
	const struct bucket_rate *r, uint64_t n, uint64_t now_ns)
{
	/* relaxed throughout: the word is the whole truth. A lost race means that another
	 * process has taken, so all together always get on. */
	uint64_t tat_ns = atomic_load_explicit(word, memory_order_relaxed);
	for (;;) {
		struct bucket_take t = bucket_take(tat_ns, r, n, now_ns);
		if (t.verdict != BUCKET_TAKEN ||
			atomic_compare_exchange_weak_explicit(word, &tat_ns, t.tat_ns,
				memory_order_relaxed, memory_order_relaxed))
			return t;
	}
}

void bucket_defer(
	struct bucket *b, const struct bucket_rate *r, uint64_t n, uint64_t now_ns)
{
	uint64_t room = num_sub_sat(span_ns(r, r->burst), cost_ns(r, n));
	/* relaxed: as in bucket_take_shared() */
	uint64_t tat = atomic_load_explicit(&b->tat_ns, memory_order_relaxed);
	atomic_store_explicit(
		&b->tat_ns, MAX(tat, num_add_sat(now_ns, room)), memory_order_relaxed);
}

struct bucket_take bucket_look_shared(const _Atomic uint64_t *word,
	const struct bucket_rate *r, uint64_t n, uint64_t now_ns)
{
	/* relaxed: as in bucket_take_shared() */
	uint64_t tat_ns = atomic_load_explicit(word, memory_order_relaxed);
	return bucket_take(tat_ns, r, n, now_ns);
}

void bucket_correct_shared(_Atomic uint64_t *word, const struct bucket_rate *r,
	const struct bucket_use *u, uint64_t now_ns)
{
	/* relaxed: as in bucket_take_shared() */
	uint64_t tat_ns = atomic_load_explicit(word, memory_order_relaxed);
	while (!atomic_compare_exchange_weak_explicit(word, &tat_ns,
		bucket_correct(tat_ns, r, u, now_ns), memory_order_relaxed,
		memory_order_relaxed))
		;
}
