#include "base/clock.h"
#include "decide/stretch.h"

#include "../unit.h"

static struct stretch st;

/* With a first that starts at once. */
static uint64_t apply(uint64_t key, uint64_t own_ns)
{
	return stretch_apply(&st, key, &(struct foretold){0, own_ns});
}

static void note(uint64_t key, uint64_t own_ns, uint64_t took_ns)
{
	stretch_note(&st, key, &(struct foretold){0, own_ns}, took_ns);
}

START_TEST(stretch_of_nobody_is_none)
{
	ck_assert_uint_eq(apply(7, 5 * NS_PER_S), 5 * NS_PER_S);
	ck_assert_uint_eq(apply(0, 5 * NS_PER_S), 5 * NS_PER_S);
}
END_TEST

START_TEST(stretch_follows_what_waits_turn_out_to_be)
{
	note(7, 20 * NS_PER_S, 60 * NS_PER_S);
	ck_assert_uint_eq(apply(7, 10 * NS_PER_S), 30 * NS_PER_S);
	for (int i = 0; i < 100; i++)
		note(7, 20 * NS_PER_S, 20 * NS_PER_S);
	uint64_t told = apply(7, 10 * NS_PER_S);
	ck_assert_uint_ge(told, 9900 * NS_PER_MS);
	ck_assert_uint_le(told, 10100 * NS_PER_MS);
}
END_TEST

START_TEST(stretch_of_one_is_not_anothers)
{
	note(7, 20 * NS_PER_S, 60 * NS_PER_S);
	ck_assert_uint_eq(apply(8, NS_PER_S), NS_PER_S);
	ck_assert_uint_eq(apply(7 + STRETCH_KEYS, NS_PER_S), NS_PER_S);
	note(7 + STRETCH_KEYS, 20 * NS_PER_S, 40 * NS_PER_S);
	ck_assert_uint_eq(apply(7 + STRETCH_KEYS, NS_PER_S), 2 * NS_PER_S);
	ck_assert_uint_eq(apply(7, NS_PER_S), NS_PER_S);
}
END_TEST

START_TEST(stretch_learns_nothing_from_short_waits)
{
	note(7, NS_PER_S - 1, 60 * NS_PER_S);
	note(7, 0, 60 * NS_PER_S);
	ck_assert_uint_eq(apply(7, NS_PER_S), NS_PER_S);
}
END_TEST

START_TEST(stretch_is_bounded_both_ways)
{
	note(7, NS_PER_S, UINT64_MAX);
	ck_assert_uint_eq(apply(7, NS_PER_S), 8 * NS_PER_S);
	ck_assert_uint_eq(apply(7, UINT64_MAX), UINT64_MAX);
	note(9, UINT64_MAX, 0);
	ck_assert_uint_eq(apply(9, 8 * NS_PER_S), 2 * NS_PER_S);
}
END_TEST

START_TEST(stretch_leaves_alone_what_the_first_waits_too)
{
	struct foretold f = {30 * NS_PER_S, 40 * NS_PER_S};
	stretch_note(&st, 11, &f, 60 * NS_PER_S);
	ck_assert_uint_eq(stretch_apply(&st, 11, &f), 60 * NS_PER_S);
	ck_assert_uint_eq(apply(11, 10 * NS_PER_S), 30 * NS_PER_S);
	f.own_ns = f.first_ns;
	ck_assert_uint_eq(stretch_apply(&st, 11, &f), 30 * NS_PER_S);
	f.own_ns = f.first_ns + NS_PER_S - 1;
	stretch_note(&st, 11, &f, 0);
	ck_assert_uint_eq(apply(11, 10 * NS_PER_S), 30 * NS_PER_S);
}
END_TEST

UNIT_MAIN("stretch", stretch_of_nobody_is_none,
	stretch_follows_what_waits_turn_out_to_be, stretch_of_one_is_not_anothers,
	stretch_learns_nothing_from_short_waits, stretch_is_bounded_both_ways,
	stretch_leaves_alone_what_the_first_waits_too)
