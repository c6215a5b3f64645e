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
	limits[0] = (struct admission_limit){&requests, rpm, 1, 0, 1};
	limits[1] = (struct admission_limit){&tokens, tpm, cost, 0, cost};
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

UNIT_MAIN("admission", all_limits_are_reserved_or_none,
	the_instant_named_is_the_instant_it_fits,
	a_request_larger_than_a_whole_limit_never_fits,
	settling_gives_back_what_was_not_used)
