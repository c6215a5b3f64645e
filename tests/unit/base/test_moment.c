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

static uint64_t walked(const struct moment *m, size_t n)
{
	struct moment_walk w = {{9, 100 * NS_PER_S, 500 * DAY_MS}, 0};
	uint64_t age_ns = 0;
	for (size_t i = 0; i < n; i++)
		age_ns = moment_walk_back_ns(&w, &m[i]);
	return age_ns;
}

START_TEST(moment_walk_trusts_the_wall_only_between_two_boots)
{
	/* the wall was set back by a day between the two of boot 8, and forth again */
	struct moment m[] = {{9, 70 * NS_PER_S, 500 * DAY_MS - 30000},
		{8, 900 * NS_PER_S, 500 * DAY_MS - 50000},
		{8, 880 * NS_PER_S, 501 * DAY_MS}, {8, 860 * NS_PER_S, 400 * DAY_MS}};
	ck_assert_uint_eq(walked(m, 1), 30 * NS_PER_S);
	ck_assert_uint_eq(walked(m, 2), 50 * NS_PER_S);
	ck_assert_uint_eq(walked(m, 3), 70 * NS_PER_S);
	ck_assert_uint_eq(walked(m, 4), 90 * NS_PER_S);
}
END_TEST

START_TEST(moment_walk_over_a_wall_set_back_by_a_day_ages_nothing)
{
	struct moment m[] = {{8, 900 * NS_PER_S, 501 * DAY_MS},
		{8, 890 * NS_PER_S, 501 * DAY_MS - 10000}};
	ck_assert_uint_eq(walked(m, 1), 0);
	ck_assert_uint_eq(walked(m, 2), 10 * NS_PER_S);
}
END_TEST

START_TEST(moment_walk_is_not_led_astray_by_two_out_of_order)
{
	struct moment m[] = {
		{9, 70 * NS_PER_S, 0}, {9, 71 * NS_PER_S, 0}, {9, 60 * NS_PER_S, 0}};
	ck_assert_uint_eq(walked(m, 2), 30 * NS_PER_S);
	ck_assert_uint_eq(walked(m, 3), 40 * NS_PER_S);
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
	moment_walk_trusts_the_wall_only_between_two_boots,
	moment_walk_over_a_wall_set_back_by_a_day_ages_nothing,
	moment_walk_is_not_led_astray_by_two_out_of_order,
	moment_boot_is_a_number_and_never_none)
