/* The score: each input moves it, none beyond its most, nothing is 100. */
#include "../unit.h"
#include "insight/score.h"

static const struct score_input good = {
	.judged = 1000, .requests = 1000, .attempts = 2000};

static uint32_t tenths(struct score_input in)
{
	return score_of(&in).tenths;
}

START_TEST(nothing_to_judge_is_100)
{
	ck_assert_uint_eq(tenths((struct score_input){0}), 1000);
	ck_assert_uint_eq(tenths(good), 1000);
}
END_TEST

START_TEST(each_input_moves_it)
{
	struct score_input in[5] = {good, good, good, good, good};
	in[0].failed = 10;   /* 1 % failed: 2 points */
	in[1].retried = 100; /* 5 % again: 2 points */
	in[2].wait_p90_ms = 30500;
	in[3].unknown = 10; /* 1 % of the requests, however often they were tried */
	in[4].utilization = 900;
	static const uint32_t want[5] = {980, 980, 900, 990, 950};
	for (int i = 0; i < 5; i++)
		ck_assert_msg(
			tenths(in[i]) == want[i], "input %d: %u", i, tenths(in[i]));
}
END_TEST

START_TEST(no_part_costs_more_than_its_most)
{
	struct score_input in = {.judged = 10,
		.failed = 10,
		.requests = 10,
		.attempts = 10,
		.retried = 99,
		.unknown = 99,
		.wait_p90_ms = UINT64_MAX,
		.utilization = UINT64_MAX};
	struct score s = score_of(&in);
	ck_assert_uint_eq(s.failures, 400);
	ck_assert_uint_eq(s.retries, 200);
	ck_assert_uint_eq(s.waiting, 200);
	ck_assert_uint_eq(s.unknown, 100);
	ck_assert_uint_eq(s.utilization, 100);
	ck_assert_uint_eq(s.tenths, 0);
}
END_TEST

START_TEST(just_short_of_a_border_costs_nothing)
{
	struct score_input in = good;
	in.wait_p90_ms = 1000;
	in.utilization = 800;
	ck_assert_uint_eq(tenths(in), 1000);
}
END_TEST

UNIT_MAIN("score", nothing_to_judge_is_100, each_input_moves_it,
	no_part_costs_more_than_its_most, just_short_of_a_border_costs_nothing)
