/* Several limits asked together. */
#include "../unit.h"
#include "base/clock.h"
#include "decide/admission.h"

static struct window requests, tokens;
static struct admission_limit limits[2];

static void setup(uint64_t rpm, uint64_t tpm, uint64_t cost)
{
	window_init(&requests, 60 * NS_PER_S);
	window_init(&tokens, 60 * NS_PER_S);
	limits[0] = (struct admission_limit){
		.window = &requests, .limit = rpm, .cost = 1, .actual = 1};
	limits[1] = (struct admission_limit){
		.window = &tokens, .limit = tpm, .cost = cost, .actual = cost};
}

/* The same with a bucket beside the second window. */
static struct bucket bucket;

static void setup_bucket(uint64_t tpm, uint64_t burst, uint64_t cost)
{
	setup(1000, tpm, cost);
	bucket.tat_ns = 0;
	limits[1].bucket = &bucket;
	limits[1].rate = (struct bucket_rate){tpm, 60 * NS_PER_S, burst, 0};
}

START_TEST(all_limits_are_reserved_or_none)
{
	uint64_t now = 1000 * NS_PER_S;
	setup(10, 100, 60);
	ck_assert_int_eq(admission_check(limits, 2, now).verdict, ADMIT_NOW);
	ck_assert_uint_eq(window_used(&requests, now), 0);
	admission_reserve(limits, 2, now);
	struct admission a = admission_check(limits, 2, now);
	ck_assert_int_eq(a.verdict, ADMIT_LATER);
	ck_assert_uint_eq(a.binding, 1);
	ck_assert_uint_eq(window_used(&requests, now), 1);
}
END_TEST

START_TEST(the_instant_named_is_the_instant_it_fits)
{
	uint64_t now = 1000 * NS_PER_S;
	setup(1, 0, 0);
	admission_reserve(limits, 1, now);
	struct admission a = admission_check(limits, 1, now + 1);
	ck_assert_uint_ge(a.at_ns, now + 60 * NS_PER_S);
	ck_assert_uint_le(a.at_ns, now + 61 * NS_PER_S);
	ck_assert_int_eq(admission_check(limits, 1, a.at_ns - 1).verdict, ADMIT_LATER);
	ck_assert_int_eq(admission_check(limits, 1, a.at_ns).verdict, ADMIT_NOW);
}
END_TEST

START_TEST(a_request_larger_than_a_whole_limit_never_fits)
{
	setup(10, 100, 101);
	struct admission a = admission_check(limits, 2, NS_PER_S);
	ck_assert_int_eq(a.verdict, ADMIT_NEVER);
	ck_assert_uint_eq(a.binding, 1);
}
END_TEST

START_TEST(settling_gives_back_what_was_not_used)
{
	uint64_t now = 1000 * NS_PER_S;
	setup(10, 100, 80);
	admission_reserve(limits, 2, now);
	limits[1].actual = 30;
	admission_settle(limits, 2, now + NS_PER_S);
	ck_assert_uint_eq(window_used(&tokens, now + NS_PER_S), 30);
	ck_assert_uint_eq(window_used(&requests, now + NS_PER_S), 1);
}
END_TEST

START_TEST(a_bucket_spreads_what_the_window_would_let_pass_at_once)
{
	uint64_t now = 1000 * NS_PER_S;
	setup_bucket(60, 2, 1);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(admission_check(limits, 2, now).verdict, ADMIT_NOW);
		admission_reserve(limits, 2, now);
	}
	struct admission a = admission_check(limits, 2, now);
	ck_assert_int_eq(a.verdict, ADMIT_LATER);
	ck_assert_uint_eq(a.at_ns, now + NS_PER_S);
	ck_assert_int_eq(admission_check(limits, 2, a.at_ns - 1).verdict, ADMIT_LATER);
	ck_assert_int_eq(admission_check(limits, 2, a.at_ns).verdict, ADMIT_NOW);
}
END_TEST

START_TEST(what_is_larger_than_the_burst_waits_for_a_full_bucket)
{
	uint64_t now = 1000 * NS_PER_S;
	setup_bucket(60, 2, 1);
	admission_reserve(limits, 2, now);
	limits[1].cost = 30;
	struct admission a = admission_check(limits, 2, now);
	ck_assert_int_eq(a.verdict, ADMIT_LATER);
	ck_assert_uint_eq(a.at_ns, now + NS_PER_S);
	admission_reserve(limits, 2, a.at_ns);
	limits[1].cost = 1;
	a = admission_check(limits, 2, a.at_ns);
	ck_assert_uint_eq(a.at_ns, now + (1 + 30 - 1) * NS_PER_S);
}
END_TEST

START_TEST(a_bucket_alone_guards_a_pace)
{
	uint64_t now = 1000 * NS_PER_S;
	setup_bucket(60, 1, 1);
	limits[1].window = NULL;
	admission_reserve(limits, 2, now);
	ck_assert_uint_eq(admission_check(limits, 2, now).at_ns, now + NS_PER_S);
	limits[1].actual = 0;
	admission_settle(&limits[1], 1, now);
	ck_assert_int_eq(admission_check(limits, 2, now).verdict, ADMIT_NOW);
}
END_TEST

START_TEST(what_a_window_held_back_comes_at_its_pace_afterwards)
{
	uint64_t now = 1000 * NS_PER_S;
	setup_bucket(60, 10, 1);
	(void)window_add(&tokens, now, 60);
	struct admission a = admission_check(limits, 2, now);
	ck_assert_ptr_eq(a.behind, &bucket);
	now = a.at_ns;
	admission_defer(limits, 2, a.behind, now);
	ck_assert_int_eq(admission_check(limits, 2, now).verdict, ADMIT_NOW);
	admission_reserve(limits, 2, now);
	ck_assert_uint_eq(admission_check(limits, 2, now).at_ns, now + NS_PER_S);
}
END_TEST

START_TEST(what_another_limit_held_back_has_its_burst)
{
	uint64_t now = 1000 * NS_PER_S;
	setup_bucket(60, 10, 1);
	(void)window_add(&requests, now, 1000);
	struct admission a = admission_check(limits, 2, now);
	ck_assert_uint_eq(a.binding, 0);
	ck_assert_ptr_null(a.behind);
	now = a.at_ns;
	admission_defer(limits, 2, a.behind, now);
	for (int i = 0; i < 10; i++) {
		ck_assert_int_eq(admission_check(limits, 2, now).verdict, ADMIT_NOW);
		admission_reserve(limits, 2, now);
	}
	ck_assert_uint_eq(admission_check(limits, 2, now).at_ns, now + NS_PER_S);
}
END_TEST

START_TEST(a_bucket_that_says_no_has_nothing_to_defer)
{
	uint64_t now = 1000 * NS_PER_S;
	setup_bucket(60, 1, 1);
	admission_reserve(limits, 2, now);
	struct admission a = admission_check(limits, 2, now);
	ck_assert_int_eq(a.verdict, ADMIT_LATER);
	ck_assert_ptr_null(a.behind);
}
END_TEST

START_TEST(a_guess_flows_back_in_full_however_long_it_took)
{
	uint64_t now = 1000 * NS_PER_S;
	setup_bucket(600, 100, 100);
	admission_reserve(limits, 2, now);
	ck_assert_uint_eq(admission_check(limits, 2, now).at_ns, now + 10 * NS_PER_S);
	struct admission_limit first[2] = {limits[0], limits[1]};
	now += 10 * NS_PER_S;
	admission_reserve(limits, 2, now);
	first[1].actual = 10;
	admission_settle(first, 2, now);
	ck_assert_uint_eq(admission_check(limits, 2, now).at_ns, now + NS_PER_S);
}
END_TEST

START_TEST(without_a_limit_a_window_counts_and_holds_up_nobody)
{
	uint64_t now = 1000 * NS_PER_S;
	setup(UINT64_MAX, UINT64_MAX, 80);
	for (uint64_t i = 1; i <= 1000; i++) {
		ck_assert_int_eq(admission_check(limits, 2, now).verdict, ADMIT_NOW);
		admission_reserve(limits, 2, now);
		ck_assert_uint_eq(window_used(&requests, now), i);
		ck_assert_uint_eq(window_used(&tokens, now), 80 * i);
	}
}
END_TEST

UNIT_MAIN("admission", all_limits_are_reserved_or_none,
	the_instant_named_is_the_instant_it_fits,
	a_request_larger_than_a_whole_limit_never_fits,
	settling_gives_back_what_was_not_used,
	a_bucket_spreads_what_the_window_would_let_pass_at_once,
	what_is_larger_than_the_burst_waits_for_a_full_bucket,
	a_bucket_alone_guards_a_pace,
	what_a_window_held_back_comes_at_its_pace_afterwards,
	what_another_limit_held_back_has_its_burst,
	a_bucket_that_says_no_has_nothing_to_defer,
	a_guess_flows_back_in_full_however_long_it_took,
	without_a_limit_a_window_counts_and_holds_up_nobody)
