/* The forecast against what then happens. */
#include "../unit.h"
#include "base/clock.h"
#include "base/num.h"
#include "rate/forecast.h"

#include <string.h>

static uint64_t seed = 88172645463325252u;

static uint64_t any(uint64_t n)
{
	seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
	return seed % n;
}

#define LENGTH_NS (60 * NS_PER_S)

START_TEST(each_start_is_foretold_within_a_cell_a_turn)
{
	static struct window w, as_it_was;
	struct forecast f;
	uint64_t now = 1000 * NS_PER_S, limit = 500, in_ns = 0;
	window_init(&w, LENGTH_NS);
	for (int i = 0; i < 300; i++)
		(void)window_add(&w, now + (uint64_t)i * NS_PER_S / 5, 1 + any(2));
	now += LENGTH_NS;
	window_advance(&w, now);
	memcpy(&as_it_was, &w, sizeof w);
	forecast_begin(&f, &as_it_was, limit, now);
	uint64_t t = now;
	for (int i = 0; i < 200; i++) {
		uint64_t cost = 1 + any(10), last = in_ns;
		in_ns = forecast_next(&f, cost);
		ck_assert_uint_ge(in_ns, last);
		window_advance(&w, t);
		t = window_earliest_ns(&w, limit, cost, t);
		(void)window_add(&w, t, cost);
		uint64_t turns = 2 + in_ns / LENGTH_NS;
		uint64_t off = in_ns > t - now ? in_ns - (t - now) : t - now - in_ns;
		ck_assert_msg(off <= turns * 2 * w.cell_ns,
			"%d: %.3f s foretold, %.3f s true", i, (double)in_ns / 1e9,
			(double)(t - now) / 1e9);
	}
}
END_TEST

START_TEST(a_bucket_is_foretold_exactly)
{
	struct bucket b = {0};
	struct bucket_rate r = {60, LENGTH_NS, 10, 0};
	uint64_t now = 1000 * NS_PER_S, t = now;
	struct forecast f;
	(void)bucket_take_shared(&b.tat_ns, &r, 7, now);
	forecast_begin(&f, NULL, 0, now);
	forecast_pace(&f, &b, &r);
	for (int i = 0; i < 100; i++) {
		uint64_t cost = 1 + any(5), in_ns = forecast_next(&f, cost);
		t = MAX(t, bucket_look_shared(&b.tat_ns, &r, cost, t).earliest_ns);
		(void)bucket_take_shared(&b.tat_ns, &r, cost, t);
		ck_assert_uint_eq(in_ns, t - now);
	}
}
END_TEST

START_TEST(no_guard_no_wait_and_nonsense_does_not_wrap)
{
	static struct window w;
	struct forecast f;
	forecast_begin(&f, NULL, 0, 5);
	ck_assert_uint_eq(forecast_next(&f, UINT64_MAX), 0);
	window_init(&w, LENGTH_NS);
	forecast_begin(&f, &w, 1, NS_PER_S);
	ck_assert_uint_eq(forecast_next(&f, 1), 0);
	uint64_t first = forecast_next(&f, 1);
	ck_assert_uint_ge(first, LENGTH_NS);
	ck_assert_uint_ge(forecast_next(&f, UINT64_MAX), first);
	ck_assert_uint_ge(forecast_next(&f, UINT64_MAX), first);
}
END_TEST

UNIT_MAIN("forecast", each_start_is_foretold_within_a_cell_a_turn,
	a_bucket_is_foretold_exactly, no_guard_no_wait_and_nonsense_does_not_wrap)
