/* The only place that reads a clock. */
#include "base/clock.h"

#include "base/num.h"

#include <assert.h>
#include <string.h>
#include <time.h>

/* 9999-12-31T23:59:59.999Z: a year has four digits. */
#define CLOCK_LAST_MS UINT64_C(253402300799999)

static uint64_t read_ns(clockid_t clock)
{
	struct timespec ts;
	must(clock_gettime(clock, &ts) == 0);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

uint64_t clock_mono_ns(void)
{
	return read_ns(CLOCK_MONOTONIC) + CLOCK_BEFORE_BOOT_NS;
}

uint64_t clock_boot_ns(void)
{
	return read_ns(CLOCK_BOOTTIME);
}

uint64_t clock_wall_ms(void)
{
	struct timespec ts;
	must(clock_gettime(CLOCK_REALTIME, &ts) == 0);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / NS_PER_MS;
}

/* By hand, like numbers (num.c). The calendar is Howard Hinnant's, "chrono-Compatible
 * Low-Level Date Algorithms": years from March, so that a leap day comes last. */
static void put_date(char *at, uint64_t day)
{
	uint64_t z = day + 719468; /* from 0000-03-01 */
	uint64_t era = z / 146097, of_era = z % 146097;
	uint64_t year =
		(of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	uint64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	uint64_t month = (5 * of_year + 2) / 153; /* 0 = March */
	uint64_t of_month = of_year - (153 * month + 2) / 5 + 1;
	num_put_digits(at, era * 400 + year + (month >= 10), 4);
	num_put_digits(at + 5, month < 10 ? month + 3 : month - 9, 2);
	num_put_digits(at + 8, of_month, 2);
}

void clock_rfc3339(uint64_t wall_ms, char out[static CLOCK_RFC3339_BYTES])
{
	static const char form[] = "0000-00-00T00:00:00.000Z";
	uint64_t s = MIN(wall_ms, CLOCK_LAST_MS) / 1000, of_day = s % 86400;
	static_assert(sizeof form <= CLOCK_RFC3339_BYTES, "its NUL fits");
	memcpy(out, form, sizeof form);
	put_date(out, s / 86400);
	num_put_digits(out + 11, of_day / 3600, 2);
	num_put_digits(out + 14, of_day / 60 % 60, 2);
	num_put_digits(out + 17, of_day % 60, 2);
	num_put_digits(out + 20, MIN(wall_ms, CLOCK_LAST_MS) % 1000, 3);
}
