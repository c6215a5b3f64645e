/* The score: each input moves it, none beyond its most, nothing is 100. */
#include "../unit.h"
#include "insight/score.h"

static const struct score_input good = {
	.judged = 1000, .requests = 1000, .attempts = 2000};

static uint32_t left(struct score_input in)
{
	return score_of(&in).left;
}

START_TEST(nothing_to_judge_is_100)
{
	ck_assert_uint_eq(left((struct score_input){0}), 10000);
	ck_assert_uint_eq(left(good), 10000);
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
	static const uint32_t want[5] = {9800, 9800, 9000, 9900, 9500};
	for (int i = 0; i < 5; i++)
		ck_assert_msg(left(in[i]) == want[i], "input %d: %u", i, left(in[i]));
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
	ck_assert_uint_eq(s.failures, 4000);
	ck_assert_uint_eq(s.retries, 2000);
	ck_assert_uint_eq(s.waiting, 2000);
	ck_assert_uint_eq(s.unknown, 1000);
	ck_assert_uint_eq(s.utilization, 1000);
	ck_assert_uint_eq(s.left, 0);
}
END_TEST

START_TEST(just_short_of_a_border_costs_nothing)
{
	struct score_input in = good;
	in.wait_p90_ms = 1000;
	in.utilization = 800;
	ck_assert_uint_eq(left(in), 10000);
}
END_TEST

START_TEST(a_part_is_what_anyone_comes_to_by_hand)
{
	struct score_input in = {.judged = 59,
		.failed = 3,
		.requests = 63,
		.attempts = 73,
		.retried = 10,
		.unknown = 2,
		.wait_p90_ms = 1016,
		.utilization = 801};
	struct score s = score_of(&in);
	ck_assert_uint_eq(s.failures, 1017); /* 200 * 3 / 59 = 10.169 */
	ck_assert_uint_eq(s.retries, 548);   /* 40 * 10 / 73 = 5.479 */
	ck_assert_uint_eq(s.unknown, 317);   /* 100 * 2 / 63 = 3.175 */
	ck_assert_uint_eq(s.waiting, 1);     /* 20 * 16 / 59000 = 0.0054 */
	ck_assert_uint_eq(s.utilization, 5);
	ck_assert_uint_eq(s.left, 10000 - 1017 - 548 - 317 - 1 - 5);
}
END_TEST

START_TEST(what_was_never_sent_is_no_attempt_to_be_retried)
{
	struct survey v = {.total = {.attempts = 385, .unsent = 97, .retried = 38}};
	v.by[DIM_ERROR] = groups_new();
	groups_add(v.by[DIM_ERROR], (struct str)STR("queue_timeout"),
		&(struct totals){.unsent = 94});
	ck_assert_uint_eq(score_sent(&v), 385);
	groups_add(v.by[DIM_ERROR], (struct str)STR("upstream_unreachable"),
		&(struct totals){.unsent = 3, .retried = 3});
	ck_assert_uint_eq(score_sent(&v), 388);
	ck_assert_uint_eq(score_input_of(&v).attempts, 388);
	groups_free(v.by[DIM_ERROR]);
}
END_TEST

/* Each figure of a period in the place where its part looks for it. */
START_TEST(a_period_moves_every_part)
{
	struct survey v = {.total = {.requests = 1000,
				   .attempts = 2000,
				   .answered = 990,
				   .failed = 10,
				   .ended = 1100,
				   .cancelled = 30,
				   .retried = 100,
				   .unknown_requests = 10}};
	v.by[DIM_ERROR] = groups_new();
	for (unsigned i = 0; i < 100; i++)
		histo_add(&v.times.wait, i < 89 ? 0 : 30500);
	struct score_input in = score_input_of(&v);
	struct score s = score_of(&in);
	ck_assert_uint_eq(s.failures, 200);
	ck_assert_uint_eq(s.retries, 200);
	ck_assert_uint_eq(s.waiting, 1000);
	ck_assert_uint_eq(s.unknown, 100);
	ck_assert_uint_eq(s.left, 8500);
	groups_free(v.by[DIM_ERROR]);
}
END_TEST

UNIT_MAIN("score", a_period_moves_every_part, nothing_to_judge_is_100,
	each_input_moves_it, no_part_costs_more_than_its_most,
	just_short_of_a_border_costs_nothing, a_part_is_what_anyone_comes_to_by_hand,
	what_was_never_sent_is_no_attempt_to_be_retried)
