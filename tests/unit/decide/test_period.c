/* The calendar of budgets, against the C library's. */
#include "../unit.h"
#include "decide/period.h"

#include <time.h>

#define DAY_MS UINT64_C(86400000)

static struct tm utc(uint64_t ms)
{
	time_t s = (time_t)(ms / 1000);
	struct tm tm;
	ck_assert_ptr_nonnull(gmtime_r(&s, &tm));
	return tm;
}

START_TEST(period_numbers_grow_where_the_calendar_turns)
{
	for (uint64_t day = 1; day < 60000; day++) {
		uint64_t at = day * DAY_MS, before = at - 1;
		struct tm tm = utc(at);
		ck_assert_uint_eq(period_number(PERIOD_DAY, at), day);
		ck_assert_uint_eq(period_number(PERIOD_DAY, before), day - 1);
		ck_assert_uint_eq(period_number(PERIOD_WEEK, at),
			period_number(PERIOD_WEEK, before) + (tm.tm_wday == 1));
		ck_assert_uint_eq(period_number(PERIOD_MONTH, at),
			(uint64_t)(tm.tm_year - 70) * 12 + (uint64_t)tm.tm_mon);
	}
}
END_TEST

START_TEST(period_end_is_the_first_moment_of_the_next)
{
	for (uint64_t ms = 1, i = 0; i < 20000; i++, ms += 7 * DAY_MS / 3 + 12345) {
		for (int p = 0; p < PERIODS; p++) {
			uint64_t end = period_end_ms((enum period)p, ms);
			uint64_t now = period_number((enum period)p, ms);
			ck_assert_uint_gt(end, ms);
			ck_assert_uint_eq(period_number((enum period)p, end), now + 1);
			ck_assert_uint_eq(period_number((enum period)p, end - 1), now);
		}
	}
}
END_TEST

START_TEST(period_at_the_end_of_time_ends)
{
	for (int p = 0; p < PERIODS; p++)
		ck_assert_uint_gt(period_end_ms((enum period)p, UINT64_MAX), 0);
}
END_TEST

UNIT_MAIN("period", period_numbers_grow_where_the_calendar_turns,
	period_end_is_the_first_moment_of_the_next, period_at_the_end_of_time_ends)
