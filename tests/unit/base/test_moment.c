#include "base/clock.h"
#include "base/moment.h"

#include "../unit.h"

#define DAY_MS UINT64_C(86400000)

START_TEST(moment_of_the_same_boot_goes_by_the_boots_clock)
{
	struct moment sent = {7, 10 * NS_PER_S, 100 * DAY_MS};
	struct moment now = {7, 25 * NS_PER_S, 101 * DAY_MS};
	ck_assert_uint_eq(moment_since_ns(&sent, &now), 15 * NS_PER_S);
	now.wall_ms = 99 * DAY_MS;
	ck_assert_uint_eq(moment_since_ns(&sent, &now), 15 * NS_PER_S);
}
END_TEST

START_TEST(moment_of_another_boot_goes_by_the_wall)
{
	struct moment sent = {7, 10 * NS_PER_S, 100 * DAY_MS};
	struct moment now = {8, 2 * NS_PER_S, 100 * DAY_MS + 1500};
	ck_assert_uint_eq(moment_since_ns(&sent, &now), 1500 * NS_PER_MS);
}
END_TEST

START_TEST(moment_behind_now_is_no_time_ago)
{
	struct moment sent = {7, 10 * NS_PER_S, 100 * DAY_MS};
	struct moment now = {8, 0, 99 * DAY_MS};
	ck_assert_uint_eq(moment_since_ns(&sent, &now), 0);
	now = (struct moment){7, 9 * NS_PER_S, 100 * DAY_MS};
	ck_assert_uint_eq(moment_since_ns(&sent, &now), 0);
}
END_TEST

START_TEST(moment_of_no_known_boot_goes_by_the_wall)
{
	struct moment sent = {0, 10 * NS_PER_S, 5000}, now = {0, 90 * NS_PER_S, 6000};
	ck_assert_uint_eq(moment_since_ns(&sent, &now), NS_PER_S);
}
END_TEST

START_TEST(moment_boot_is_a_number_and_never_none)
{
	ck_assert_uint_ne(moment_boot("a"), moment_boot("b"));
	ck_assert_uint_eq(moment_boot("a"), moment_boot("a"));
	ck_assert_uint_ne(moment_boot(""), 0);
}
END_TEST

UNIT_MAIN("moment", moment_of_the_same_boot_goes_by_the_boots_clock,
	moment_of_another_boot_goes_by_the_wall, moment_behind_now_is_no_time_ago,
	moment_of_no_known_boot_goes_by_the_wall,
	moment_boot_is_a_number_and_never_none)
