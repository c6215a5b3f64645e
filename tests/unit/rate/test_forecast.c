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

START_TEST(what_makes_one_wait_is_told_with_its_numbers)
{
	static struct window w;
	struct bucket b = {0};
	struct bucket_rate r = {150, LENGTH_NS, 25, 0};
	struct forecast f;
	window_init(&w, LENGTH_NS);
	(void)window_add(&w, NS_PER_S, 100);
	(void)bucket_take_shared(&b.tat_ns, &r, 20, 2 * NS_PER_S);
	forecast_begin(&f, &w, 150, 2 * NS_PER_S);
	forecast_pace(&f, &b, &r);
	(void)forecast_next(&f, 10);
	struct forecast_hold h = forecast_hold(&f);
	ck_assert_uint_eq(h.burst, 25);
	ck_assert_uint_eq(h.used, 20);
	ck_assert_uint_eq(h.ahead, 0);
	ck_assert_uint_eq(h.needed, 10);
	(void)forecast_next(&f, 45);
	h = forecast_hold(&f);
	ck_assert_uint_eq(h.burst, 0);
	ck_assert_uint_eq(h.limit, 150);
	ck_assert_uint_eq(h.used, 100);
	ck_assert_uint_eq(h.ahead, 10);
	ck_assert_uint_eq(h.needed, 45);
}
END_TEST

/* Told to who waits, used + ahead + needed is more than there is, whatever has happened. */
START_TEST(who_waits_is_told_more_than_there_is)
{
	static struct window w;
	struct bucket_rate r = {97, LENGTH_NS, 11, 0};
	uint64_t now = NS_PER_S, held[2] = {0};
	struct bucket b = {0};
	window_init(&w, LENGTH_NS);
	for (uint64_t i = 0; i < 2000; i++) {
		uint64_t cost = 1 + i * 7 % 13;
		struct forecast f;
		now += i * 37 % 11 * NS_PER_S / 3;
		window_advance(&w, now);
		forecast_begin(&f, &w, 101, now);
		forecast_pace(&f, &b, &r);
		uint64_t first = forecast_next(&f, cost),
			 second = forecast_next(&f, cost);
		struct forecast_hold h = forecast_hold(&f);
		if (second > 0)
			ck_assert_uint_gt(h.used + h.ahead + h.needed,
				h.burst > 0 ? h.burst : h.limit);
		held[h.burst > 0] += second > 0;
		if (first == 0) {
			(void)window_add(&w, now, cost);
			(void)bucket_take_shared(
				&b.tat_ns, &r, MIN(cost, r.burst), now);
		}
	}
	ck_assert_uint_gt(MIN(held[0], held[1]), 10);
}
END_TEST

START_TEST(a_pace_alone_is_a_limit_of_its_period)
{
	struct bucket b = {0};
	struct bucket_rate r = {6, LENGTH_NS, 1, 0};
	struct forecast f;
	forecast_begin(&f, NULL, 0, NS_PER_S);
	forecast_pace(&f, &b, &r);
	(void)forecast_next(&f, 1);
	ck_assert_uint_gt(forecast_next(&f, 1), 0);
	struct forecast_hold h = forecast_hold(&f);
	ck_assert_uint_eq(h.limit, 6);
	ck_assert_uint_eq(h.burst, 1);
	ck_assert_uint_eq(h.ahead, 1);
}
END_TEST

UNIT_MAIN("forecast", what_makes_one_wait_is_told_with_its_numbers,
	who_waits_is_told_more_than_there_is, a_pace_alone_is_a_limit_of_its_period,
	each_start_is_foretold_within_a_cell_a_turn, a_bucket_is_foretold_exactly,
	no_guard_no_wait_and_nonsense_does_not_wrap)
