/* What if: the scheduler's own order and limits over recorded requests. */
#include "../unit.h"
#include "base/clock.h"
#include "insight/whatif.h"

#define T0 UINT64_C(1700000000000)

enum { N = 120 };

static struct whatif_request request[N];
static struct whatif_rules rules;
static struct whatif_outcome out;

/* N requests in the same moment, a second each, of one client. */
static void begin(void)
{
	for (uint32_t i = 0; i < N; i++)
		request[i] = (struct whatif_request){.at_ms = T0,
			.runs_ns = NS_PER_S,
			.reserved = 100,
			.tokens = 60,
			.client = 1,
			.session = i,
			.cost_nanousd = 5,
			.class = 1};
	rules = (struct whatif_rules){.burst_ns = 60000000000,
		.max_concurrent = 1000,
		.max_wait_ms = 3600000,
		.max_size = 1000};
}

static void run(void)
{
	whatif_run(request, N, &rules, &out);
}

START_TEST(without_limits_all_start_at_once)
{
	begin();
	run();
	ck_assert_uint_eq(out.started, N);
	ck_assert_uint_eq(out.wait_ms.max, 0);
	ck_assert_uint_eq(out.cost_nanousd, 5 * N);
	ck_assert_uint_eq(out.end_ms, T0 + 1000);
}
END_TEST

START_TEST(so_many_run_at_a_time)
{
	begin();
	rules.max_concurrent = 10;
	run();
	ck_assert_uint_eq(out.started, N);
	ck_assert_uint_eq(out.end_ms, T0 + N / 10 * 1000);
}
END_TEST

static uint32_t running_at(uint64_t ms)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < N; i++)
		n += out.start_ms[i] <= ms &&
		     ms < out.start_ms[i] + request[i].runs_ns / NS_PER_MS;
	return n;
}

START_TEST(whoever_ends_first_makes_room_first)
{
	begin();
	for (uint64_t i = 0; i < N; i++)
		request[i].runs_ns = (1 + i * 7919 % 997) * NS_PER_MS;
	rules.max_concurrent = 16;
	run();
	ck_assert_uint_eq(out.started, N);
	for (uint32_t i = 0; i < N; i++)
		ck_assert_uint_eq(running_at(out.start_ms[i]), 16);
}
END_TEST

START_TEST(of_four_limits_each_may_be_the_one_that_holds)
{
	uint64_t *limit[] = {&rules.requests_per_minute, &rules.requests_per_hour,
		&rules.tokens_per_minute, &rules.tokens_per_hour};
	for (size_t i = 0; i < N_ELEMENTS(limit); i++) {
		begin();
		rules.max_wait_ms = 1000;
		for (size_t k = 0; k < N_ELEMENTS(limit); k++)
			*limit[k] = UINT64_C(1000) * N;
		run();
		ck_assert_uint_eq(out.started, N);
		whatif_fini(&out);
		*limit[i] = i < 2 ? N / 2 : UINT64_C(100) * N / 2;
		run();
		ck_assert_uint_eq(out.started, N / 2);
		whatif_fini(&out);
	}
}
END_TEST

START_TEST(parts_of_a_millisecond_add_up)
{
	begin();
	for (uint32_t i = 0; i < N; i++)
		request[i].runs_ns = 3 * NS_PER_MS / 2;
	rules.max_concurrent = 1;
	run();
	ck_assert_uint_eq(out.start_ms[N - 1], T0 + 3 * (N - 1) / 2);
}
END_TEST

START_TEST(no_minute_has_more_than_its_limit)
{
	begin();
	rules.requests_per_minute = 40;
	run();
	ck_assert_uint_eq(out.started, N);
	for (uint32_t i = 0; i < N; i++) {
		uint32_t n = 0;
		for (uint32_t k = 0; k < N; k++)
			n += out.start_ms[k] >= out.start_ms[i] &&
			     out.start_ms[k] < out.start_ms[i] + 60000;
		ck_assert_uint_le(n, 40);
	}
	ck_assert_uint_ge(out.end_ms, T0 + 120000);
}
END_TEST

START_TEST(tokens_are_limited_by_what_is_reserved)
{
	begin();
	rules.tokens_per_hour = 100 * N / 2;
	run();
	ck_assert_uint_eq(out.started, N / 2);
	ck_assert_uint_eq(out.refused_late, N / 2);
}
END_TEST

START_TEST(who_needs_more_than_a_whole_limit_is_refused)
{
	begin();
	rules.tokens_per_minute = 99;
	run();
	ck_assert_uint_eq(out.refused_large, N);
	ck_assert_uint_eq(out.start_ms[0], WHATIF_REFUSED_AT);
}
END_TEST

START_TEST(a_full_queue_refuses)
{
	begin();
	rules.max_size = 20;
	rules.max_concurrent = 1;
	run();
	ck_assert_uint_eq(out.refused_full, N - 20);
	ck_assert_uint_eq(out.started, 20);
}
END_TEST

START_TEST(a_full_queue_has_a_place_for_the_highest_class)
{
	begin();
	rules.max_size = 20;
	rules.max_concurrent = 1;
	request[N - 1].class = request[N - 2].class = 3;
	run();
	ck_assert_uint_eq(out.refused_full, N - 21);
	ck_assert_uint_eq(out.started, 21);
}
END_TEST

START_TEST(who_waits_too_long_is_refused)
{
	begin();
	rules.max_concurrent = 1;
	rules.max_wait_ms = 9500;
	run();
	ck_assert_uint_eq(out.started, 10);
	ck_assert_uint_eq(out.refused_late, N - 10);
}
END_TEST

START_TEST(a_higher_priority_starts_first)
{
	struct whatif_outcome before;
	begin();
	rules.max_concurrent = 1;
	run();
	before = out;
	request[N - 1].class = 3;
	run();
	ck_assert_uint_gt(before.start_ms[N - 1], T0 + 50000);
	ck_assert_uint_le(out.start_ms[N - 1], T0 + 1000);
	struct whatif_moved m = whatif_compare(&before, &out, N);
	ck_assert_uint_ge(m.earlier, 1);
	ck_assert_uint_ge(m.later, N - 10);
	whatif_fini(&before);
}
END_TEST

START_TEST(the_same_rules_move_nobody)
{
	struct whatif_outcome before;
	begin();
	rules.requests_per_minute = 40;
	run();
	before = out;
	run();
	struct whatif_moved m = whatif_compare(&before, &out, N);
	ck_assert_uint_eq(m.earlier + m.later, 0);
	whatif_fini(&before);
}
END_TEST

START_TEST(who_changes_place_is_named_in_the_order_of_before)
{
	struct whatif_outcome before;
	uint32_t ix[N];
	begin();
	rules.max_concurrent = 1;
	run();
	before = out;
	rules.max_size = N - 2; /* of all but the highest class: one is refused */
	request[N - 1].class = 3;
	run();
	uint32_t n = whatif_reordered(&before, &out, N, ix);
	ck_assert_uint_gt(n, 1);
	ck_assert_uint_eq(out.place[N - 1], 1);
	for (uint32_t i = 0; i < n; i++) {
		ck_assert_uint_ne(before.place[ix[i]], out.place[ix[i]]);
		ck_assert(i == 0 || before.place[ix[i - 1]] < before.place[ix[i]]);
	}
	ck_assert_uint_eq(before.place[ix[0]], 1);
	ck_assert_uint_eq(whatif_reordered(&out, &out, N, ix), 0);
	uint32_t back = whatif_reordered(&out, &before, N, ix);
	ck_assert_uint_eq(back, n);
	ck_assert_uint_eq(out.started, N - 1);
	ck_assert_uint_eq(out.place[ix[n - 1]], 0); /* who was refused comes last */
	whatif_fini(&before);
}
END_TEST

START_TEST(nothing_recorded_is_nothing)
{
	begin();
	whatif_run(request, 0, &rules, &out);
	ck_assert_uint_eq(out.started, 0);
	whatif_fini(&out);
}
END_TEST

UNIT_MAIN_APART("whatif", without_limits_all_start_at_once, so_many_run_at_a_time,
	whoever_ends_first_makes_room_first,
	of_four_limits_each_may_be_the_one_that_holds, parts_of_a_millisecond_add_up,
	no_minute_has_more_than_its_limit, tokens_are_limited_by_what_is_reserved,
	who_needs_more_than_a_whole_limit_is_refused, a_full_queue_refuses,
	a_full_queue_has_a_place_for_the_highest_class, who_waits_too_long_is_refused,
	a_higher_priority_starts_first, the_same_rules_move_nobody,
	who_changes_place_is_named_in_the_order_of_before, nothing_recorded_is_nothing)
