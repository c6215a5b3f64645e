/* What was used before the segment was made. */
#include "base/clock.h"
#include "segment/past.h"

#include "../unit.h"

#include <stdio.h>
#include <string.h>

#define NOW_NS    (90000 * NS_PER_S)
#define MINUTE_NS (60 * NS_PER_S)
#define HOUR_NS   (60 * MINUTE_NS)

static struct past past;
static struct limits limits;

static struct upstream_limit *restored(
	const char *scope, enum limit_unit unit, uint64_t window_ns)
{
	past.as_of_ns = NOW_NS;
	return limits_get(&limits, &past, scope, unit, window_ns);
}

static void charge(const char *scope, uint64_t age_ns, uint64_t tokens)
{
	ck_assert(past_charge(&past, scope, age_ns, 1, tokens));
}

START_TEST(past_of_an_hour_is_used_until_an_hour_is_over)
{
	charge("all", 30 * MINUTE_NS, 400);
	charge("all", 10 * NS_PER_S, 100);
	struct upstream_limit *l = restored("all", LIMIT_TOKENS, HOUR_NS);
	ck_assert_uint_eq(window_used(&l->window, NOW_NS), 500);
	ck_assert_uint_eq(window_used(&l->window, NOW_NS + 29 * MINUTE_NS), 500);
	ck_assert_uint_eq(window_used(&l->window, NOW_NS + 31 * MINUTE_NS), 100);
	ck_assert_uint_eq(window_used(&l->window, NOW_NS + 61 * MINUTE_NS), 0);
}
END_TEST

START_TEST(past_is_counted_in_each_unit_and_window_by_itself)
{
	charge("all", 30 * MINUTE_NS, 400);
	charge("all", 10 * NS_PER_S, 100);
	struct upstream_limit *l = restored("all", LIMIT_REQUESTS, HOUR_NS);
	ck_assert_uint_eq(window_used(&l->window, NOW_NS), 2);
	l = restored("all", LIMIT_TOKENS, MINUTE_NS);
	ck_assert_uint_eq(window_used(&l->window, NOW_NS), 100);
	ck_assert_uint_eq(window_used(&l->window, NOW_NS + 49 * NS_PER_S), 100);
	ck_assert_uint_eq(window_used(&l->window, NOW_NS + 52 * NS_PER_S), 0);
}
END_TEST

START_TEST(past_never_comes_back_before_its_time)
{
	/* whatever the age and its place in a cell */
	for (uint64_t age_s = 0; age_s < 3600; age_s += 7) {
		memset(&past, 0, sizeof past);
		memset(&limits, 0, sizeof limits);
		charge("all", age_s * NS_PER_S, 1);
		struct upstream_limit *l = restored("all", LIMIT_TOKENS, HOUR_NS);
		uint64_t left_ns = HOUR_NS - age_s * NS_PER_S;
		ck_assert_uint_eq(window_used(&l->window, NOW_NS + left_ns), 1);
		ck_assert_uint_eq(
			window_used(&l->window, NOW_NS + left_ns + MINUTE_NS), 0);
	}
}
END_TEST

START_TEST(past_older_than_a_window_is_not_in_it)
{
	charge("all", HOUR_NS + MINUTE_NS, 400);
	charge("all", UINT64_MAX, 400);
	struct upstream_limit *l = restored("all", LIMIT_TOKENS, HOUR_NS);
	ck_assert_uint_eq(window_used(&l->window, NOW_NS), 0);
}
END_TEST

START_TEST(past_of_one_scope_is_not_anothers)
{
	charge("model a", NS_PER_S, 400);
	struct upstream_limit *l = restored("model b", LIMIT_TOKENS, HOUR_NS);
	ck_assert_uint_eq(window_used(&l->window, NOW_NS), 0);
	l = restored("model a", LIMIT_TOKENS, HOUR_NS);
	ck_assert_uint_eq(window_used(&l->window, NOW_NS), 400);
}
END_TEST

START_TEST(past_before_the_boot_has_a_place)
{
	past.as_of_ns = CLOCK_BEFORE_BOOT_NS + NS_PER_S;
	charge("all", 40 * MINUTE_NS, 9);
	struct upstream_limit *l =
		limits_get(&limits, &past, "all", LIMIT_TOKENS, HOUR_NS);
	ck_assert_uint_eq(window_used(&l->window, past.as_of_ns), 9);
	ck_assert_uint_eq(window_used(&l->window, past.as_of_ns + 21 * MINUTE_NS), 0);
}
END_TEST

START_TEST(past_refuses_one_scope_too_many)
{
	char name[16];
	for (unsigned i = 0; i < PAST_SCOPES; i++) {
		snprintf(name, sizeof name, "model %u", i);
		charge(name, 0, 1);
	}
	ck_assert(!past_charge(&past, "model x", 0, 1, 1));
	charge("model 3", 0, 1);
}
END_TEST

START_TEST(past_that_cannot_be_is_no_reason_to_die)
{
	past.n_uses = past.n_keys = UINT64_MAX;
	struct upstream_limit *l = restored("all", LIMIT_TOKENS, HOUR_NS);
	ck_assert_uint_eq(window_used(&l->window, NOW_NS), 0);
	ck_assert_ptr_null(past_find_key(&past, "a"));
}
END_TEST

START_TEST(past_knows_a_key_by_its_name)
{
	past.n_keys = 2;
	strcpy(past.key[1].name, "second");
	ck_assert_ptr_eq(past_find_key(&past, "second"), &past.key[1]);
	ck_assert_ptr_null(past_find_key(&past, "third"));
}
END_TEST

UNIT_MAIN_APART("past", past_of_an_hour_is_used_until_an_hour_is_over,
	past_is_counted_in_each_unit_and_window_by_itself,
	past_never_comes_back_before_its_time, past_older_than_a_window_is_not_in_it,
	past_of_one_scope_is_not_anothers, past_before_the_boot_has_a_place,
	past_refuses_one_scope_too_many, past_that_cannot_be_is_no_reason_to_die,
	past_knows_a_key_by_its_name)
