/* The calendar of budgets. */
#include "decide/period.h"

#define DAY_MS UINT64_C(86400000)

enum {
	DAYS_BEFORE_THURSDAY = 3, /* 1970-01-01 was one; weeks begin on Monday */
	LAST_DAY = 2932896        /* 9999-12-31 */
};

static const char *const names[PERIODS] = {"day", "week", "month"};

static uint64_t day_of(uint64_t wall_ms)
{
	return MIN(wall_ms / DAY_MS, (uint64_t)LAST_DAY);
}

/* Months since 1970 of a day since 1970. Years are counted from March, so that a leap
 * day comes last. After Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
static uint64_t month_of(uint64_t day)
{
	uint64_t z = day + 719468; /* from 0000-03-01 */
	uint64_t era = z / 146097, day_of_era = z % 146097;
	uint64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 -
				       day_of_era / 146096) /
			       365;
	uint64_t day_of_year =
		day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	uint64_t from_march = (5 * day_of_year + 2) / 153;
	return (era * 400 + year_of_era) * 12 + from_march + 2 - UINT64_C(1970) * 12;
}

uint64_t period_number(enum period p, uint64_t wall_ms)
{
	uint64_t day = day_of(wall_ms);
	switch (p) {
	case PERIOD_WEEK:
		return (day + DAYS_BEFORE_THURSDAY) / 7;
	case PERIOD_MONTH:
		return month_of(day);
	case PERIOD_DAY:
	case PERIODS:
		break;
	}
	return day;
}

uint64_t period_end_ms(enum period p, uint64_t wall_ms)
{
	uint64_t day = day_of(wall_ms) + 1;
	if (p == PERIOD_WEEK)
		day = (period_number(p, wall_ms) + 1) * 7 - DAYS_BEFORE_THURSDAY;
	while (p == PERIOD_MONTH && month_of(day) == period_number(p, wall_ms))
		day++; /* at most 30 times */
	return day * DAY_MS;
}

const char *period_name(enum period p)
{
	return p < PERIODS ? names[p] : "impossible";
}
