#include "base/clock.h"
#include "decide/stretch.h"

#include "../unit.h"

static struct stretch st;

START_TEST(stretch_of_nobody_is_none)
{
	ck_assert_uint_eq(stretch_apply(&st, 7, 5 * NS_PER_S), 5 * NS_PER_S);
	ck_assert_uint_eq(stretch_apply(&st, 0, 5 * NS_PER_S), 5 * NS_PER_S);
}
END_TEST

START_TEST(stretch_follows_what_waits_turn_out_to_be)
{
	stretch_note(&st, 7, 20 * NS_PER_S, 60 * NS_PER_S);
	ck_assert_uint_eq(stretch_apply(&st, 7, 10 * NS_PER_S), 30 * NS_PER_S);
	for (int i = 0; i < 100; i++)
		stretch_note(&st, 7, 20 * NS_PER_S, 20 * NS_PER_S);
	uint64_t told = stretch_apply(&st, 7, 10 * NS_PER_S);
	ck_assert_uint_ge(told, 9900 * NS_PER_MS);
	ck_assert_uint_le(told, 10100 * NS_PER_MS);
}
END_TEST

START_TEST(stretch_of_one_is_not_anothers)
{
	stretch_note(&st, 7, 20 * NS_PER_S, 60 * NS_PER_S);
	ck_assert_uint_eq(stretch_apply(&st, 8, NS_PER_S), NS_PER_S);
	ck_assert_uint_eq(stretch_apply(&st, 7 + STRETCH_KEYS, NS_PER_S), NS_PER_S);
	stretch_note(&st, 7 + STRETCH_KEYS, 20 * NS_PER_S, 40 * NS_PER_S);
	ck_assert_uint_eq(stretch_apply(&st, 7 + STRETCH_KEYS, NS_PER_S), 2 * NS_PER_S);
	ck_assert_uint_eq(stretch_apply(&st, 7, NS_PER_S), NS_PER_S);
}
END_TEST

START_TEST(stretch_learns_nothing_from_short_waits)
{
	stretch_note(&st, 7, NS_PER_S - 1, 60 * NS_PER_S);
	stretch_note(&st, 7, 0, 60 * NS_PER_S);
	ck_assert_uint_eq(stretch_apply(&st, 7, NS_PER_S), NS_PER_S);
}
END_TEST

START_TEST(stretch_is_bounded_both_ways)
{
	stretch_note(&st, 7, NS_PER_S, UINT64_MAX);
	ck_assert_uint_eq(stretch_apply(&st, 7, NS_PER_S), 8 * NS_PER_S);
	ck_assert_uint_eq(stretch_apply(&st, 7, UINT64_MAX), UINT64_MAX);
	stretch_note(&st, 9, UINT64_MAX, 0);
	ck_assert_uint_eq(stretch_apply(&st, 9, 8 * NS_PER_S), 2 * NS_PER_S);
}
END_TEST

UNIT_MAIN("stretch", stretch_of_nobody_is_none,
	stretch_follows_what_waits_turn_out_to_be, stretch_of_one_is_not_anothers,
	stretch_learns_nothing_from_short_waits, stretch_is_bounded_both_ways)
