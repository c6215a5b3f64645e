/* Time stamps, against the library's calendar. */
#include "../unit.h"
#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static void assert_as_the_library(uint64_t wall_ms)
{
	char ours[CLOCK_RFC3339_BYTES], theirs[64];
	time_t s = (time_t)(wall_ms / 1000);
	struct tm tm;
	ck_assert_ptr_nonnull(gmtime_r(&s, &tm));
	size_t n = strftime(theirs, sizeof theirs, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(theirs + n, sizeof theirs - n, ".%03uZ", (unsigned)(wall_ms % 1000));
	clock_rfc3339(wall_ms, ours);
	ck_assert_str_eq(ours, theirs);
}

START_TEST(every_day_of_four_centuries_is_the_librarys)
{
	for (uint64_t day = 0; day < 400 * 366; day++)
		assert_as_the_library(day * 86400000 + day * 7919 % 86400000);
}
END_TEST

START_TEST(the_last_moment_with_four_digits_is_the_last)
{
	char out[CLOCK_RFC3339_BYTES];
	clock_rfc3339(UINT64_MAX, out);
	ck_assert_str_eq(out, "9999-12-31T23:59:59.999Z");
	assert_as_the_library(253402300799999);
}
END_TEST

UNIT_MAIN("clock", every_day_of_four_centuries_is_the_librarys,
	the_last_moment_with_four_digits_is_the_last)
