/* Connections are shared, whoever is quicker, and somebody always takes. */
#include "../unit.h"
#include "decide/share.h"

enum { FRONTS = 4 };

static uint64_t sum(const uint64_t *held)
{
	uint64_t n = 0;
	for (size_t i = 0; i < FRONTS; i++)
		n += held[i];
	return n;
}

/* The first that may: as if the others slept. */
static size_t take(uint64_t *held)
{
	for (size_t i = 0; i < FRONTS; i++) {
		if (!share_may_take(held[i], sum(held), FRONTS))
			continue;
		held[i]++;
		return i;
	}
	return FRONTS;
}

START_TEST(the_quickest_front_does_not_get_them_all)
{
	for (uint64_t n = 4; n <= 4096; n *= 2) {
		uint64_t held[FRONTS] = {0};
		for (uint64_t i = 0; i < n; i++)
			ck_assert_uint_lt(take(held), FRONTS);
		for (size_t i = 0; i < FRONTS; i++)
			ck_assert_uint_le(held[i], 2 * n / FRONTS);
	}
}
END_TEST

START_TEST(one_that_starts_anew_is_filled_up_but_not_with_everybody)
{
	uint64_t held[FRONTS] = {1000, 1000, 1000, 0};
	for (size_t i = 0; i < 1000; i++)
		ck_assert_uint_lt(take(held), FRONTS);
	ck_assert_uint_ge(held[3], 100);
	ck_assert_uint_le(held[0], 1250 + 1);
}
END_TEST

START_TEST(whoever_is_alone_takes)
{
	ck_assert(share_may_take(0, 0, 1));
	ck_assert(share_may_take(100000, 100000, 1));
	ck_assert(share_may_take(0, 0, 0));
}
END_TEST

UNIT_MAIN("share", the_quickest_front_does_not_get_them_all,
	one_that_starts_anew_is_filled_up_but_not_with_everybody,
	whoever_is_alone_takes)
