/* Which day (UTC) a date, a time or a number of seconds is in. */
#include "insight/reconcile_parts.h"

#include "base/num.h"

#include <string.h>

enum { DATE_CHARS = 10, HOUR_S = 3600, MINUTE_S = 60 };

static bool is_digits(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] < '0' || p[i] > '9')
			return false;
	return true;
}

bool reconcile_is_date(const char *p)
{
	return is_digits(p, 4) && p[4] == '-' && is_digits(p + 5, 2) && p[7] == '-' &&
	       is_digits(p + 8, 2);
}

static uint64_t number(const char *p, size_t n)
{
	uint64_t v = 0;
	(void)!num_parse_u64((struct str){p, n}, &v);
	return v;
}

/* After Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
static uint64_t day_of_date(const char *p)
{
	uint64_t year = number(p, 4), month = number(p + 5, 2), day = number(p + 8, 2);
	year -= month <= 2;
	uint64_t of_year =
		(153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
	uint64_t era = year / 400, of_era = year % 400;
	uint64_t days = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
	return num_sub_sat(era * 146097 + days, 719468);
}

static bool is_in_calendar(const char *p)
{
	static const uint64_t n_days[] = {
		31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	uint64_t year = number(p, 4), month = number(p + 5, 2), day = number(p + 8, 2);
	if (month < 1 || month > N_ELEMENTS(n_days))
		return false;
	bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
	return day >= 1 && day <= n_days[month - 1] + (is_leap && month == 2);
}

/* ---- what stands behind a date ---------------------------------------------------------- */

static bool take(struct str *s, const char *any)
{
	bool is_there = s->n > 0 && strchr(any, *s->p) != NULL;
	s->p += is_there, s->n -= is_there;
	return is_there;
}

static bool take_two(struct str *s, uint64_t below, uint64_t *out)
{
	if (s->n < 2 || !is_digits(s->p, 2))
		return false;
	*out = number(s->p, 2);
	s->p += 2, s->n -= 2;
	return *out < below;
}

/* HH:MM, then :SS and a fraction. */
static bool take_time(struct str *s, uint64_t *seconds)
{
	uint64_t h, m, sec = 0;
	if (!take_two(s, 24, &h) || !take(s, ":") || !take_two(s, 60, &m))
		return false;
	if (take(s, ":") && !take_two(s, 61, &sec))
		return false;
	if (take(s, ".") && !take(s, "0123456789"))
		return false;
	while (take(s, "0123456789"))
		;
	*seconds = h * HOUR_S + m * MINUTE_S + sec;
	return true;
}

/* Z, UTC, +HH:MM, -HHMM; none is UTC. */
static bool take_zone(struct str *s, int64_t *ahead_s)
{
	uint64_t h, m;
	(void)take(s, " ");
	if (s->n == 3 && memcmp(s->p, "UTC", 3) == 0)
		s->p += 3, s->n -= 3;
	if (s->n == 0 || take(s, "Zz"))
		return true;
	bool is_west = *s->p == '-';
	if (!take(s, "+-") || !take_two(s, 24, &h))
		return false;
	(void)take(s, ":");
	if (!take_two(s, 60, &m))
		return false;
	*ahead_s = (int64_t)(h * HOUR_S + m * MINUTE_S) * (is_west ? -1 : 1);
	return true;
}

bool reconcile_day(struct str s, uint64_t *day)
{
	uint64_t seconds = 0;
	int64_t ahead_s = 0;
	if (num_parse_u64(s, &seconds)) {
		*day = seconds / RECONCILE_DAY_S;
		return *day <= RECONCILE_DAY_LAST;
	}
	if (s.n < DATE_CHARS || !reconcile_is_date(s.p) || !is_in_calendar(s.p))
		return false;
	*day = day_of_date(s.p);
	s.p += DATE_CHARS, s.n -= DATE_CHARS;
	if (take(&s, "T ") && (!take_time(&s, &seconds) || !take_zone(&s, &ahead_s)))
		return false;
	int64_t utc_s = (int64_t)(*day * RECONCILE_DAY_S + seconds) - ahead_s;
	*day = (uint64_t)MAX(utc_s, 0) / RECONCILE_DAY_S;
	return s.n == 0;
}
