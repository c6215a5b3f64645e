/* Durations and dates from header values; never reads a clock. */
#include "text/delay.h"

#include "base/clock.h"
#include "base/num.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Longer names first: "ms" before "m". */
static const struct {
	const char *name;
	uint64_t ns;
} units[] = {
	{"ms", NS_PER_MS},
	{"us", NS_PER_US},
	{"µs", NS_PER_US},
	{"ns", 1},
	{"h", 3600 * NS_PER_S},
	{"m", 60 * NS_PER_S},
	{"s", NS_PER_S},
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool skip_prefix(struct str *s, const char *prefix)
{
	size_t n = strlen(prefix);
	if (s->n < n || memcmp(s->p, prefix, n) != 0)
		return false;
	s->p += n;
	s->n -= n;
	return true;
}

/* One DECIMAL UNIT from the front of s, added to *sum_ns. */
static bool add_part(struct str *s, uint64_t *sum_ns)
{
	struct str number = {s->p, 0};
	while (s->n > 0 && (is_digit(*s->p) || *s->p == '.')) {
		s->p++;
		s->n--;
		number.n++;
	}
	for (size_t i = 0; i < N_ELEMENTS(units); i++) {
		uint64_t ns;
		if (!skip_prefix(s, units[i].name))
			continue;
		return num_parse_fixed(number, units[i].ns, &ns) &&
		       !__builtin_add_overflow(*sum_ns, ns, sum_ns);
	}
	return false;
}

bool delay_parse_go(struct str s, uint64_t *out_ns)
{
	uint64_t sum_ns = 0;
	if (s.n == 0)
		return false;
	bool is_zero = s.n == 1 && s.p[0] == '0';
	while (s.n > 0 && !is_zero)
		if (!add_part(&s, &sum_ns))
			return false;
	*out_ns = sum_ns;
	return true;
}

const char *delay_format_go(uint64_t ns, char out[static DELAY_GO_BYTES])
{
	uint64_t ms = ns / NS_PER_MS + (ns % NS_PER_MS != 0), s = ms / 1000;
	int n = 0;
	if (ms > 0 && ms < 1000) {
		snprintf(out, DELAY_GO_BYTES, "%" PRIu64 "ms", ms);
		return out;
	}
	if (s >= 3600)
		n = snprintf(out, DELAY_GO_BYTES, "%" PRIu64 "h", s / 3600);
	if (s >= 60)
		n += snprintf(out + n, DELAY_GO_BYTES - (size_t)n, "%" PRIu64 "m",
			s / 60 % 60);
	n += snprintf(out + n, DELAY_GO_BYTES - (size_t)n, "%" PRIu64 ".%03" PRIu64,
		s % 60, ms % 1000);
	while (out[n - 1] == '0')
		n--;
	n -= out[n - 1] == '.';
	snprintf(out + n, DELAY_GO_BYTES - (size_t)n, "s");
	return out;
}

/* n digits from the front of s. */
static bool take_digits(struct str *s, size_t n, uint64_t *out)
{
	if (s->n < n || !num_parse_u64((struct str){s->p, n}, out))
		return false;
	s->p += n;
	s->n -= n;
	return true;
}

/* One of the names at the front of s. */
static bool take_name(struct str *s, const char *const *names, unsigned n, uint64_t *ix)
{
	for (*ix = 0; *ix < n; ++*ix)
		if (skip_prefix(s, names[*ix]))
			return true;
	return false;
}

/* Days since 1970-01-01 of a Gregorian date, month 0 to 11, year from 1970 on. */
static uint64_t days_since_1970(uint64_t year, uint64_t month, uint64_t day)
{
	/* years that begin in March, so that the leap day is the last of a year */
	uint64_t march_year = month >= 2 ? year : year - 1;
	uint64_t march_month = (month + 10) % 12;
	uint64_t leap_days = march_year / 4 - march_year / 100 + march_year / 400;
	uint64_t days =
		march_year * 365 + leap_days + (march_month * 306 + 5) / 10 + day;
	return days - 719469; /* the same sum for 1970-01-01 */
}

/* IMF-fixdate (RFC 9110, 5.6.7) in seconds since 1970. */
static bool parse_http_date(struct str s, uint64_t *out_s)
{
	static const char *const weekdays[] = {
		"Mon, ", "Tue, ", "Wed, ", "Thu, ", "Fri, ", "Sat, ", "Sun, "};
	static const char *const months[] = {" Jan ", " Feb ", " Mar ", " Apr ",
		" May ", " Jun ", " Jul ", " Aug ", " Sep ", " Oct ", " Nov ", " Dec "};
	uint64_t weekday, day, month, year, hour, minute, second;
	if (!take_name(&s, weekdays, N_ELEMENTS(weekdays), &weekday) ||
		!take_digits(&s, 2, &day) ||
		!take_name(&s, months, N_ELEMENTS(months), &month) ||
		!take_digits(&s, 4, &year) || !skip_prefix(&s, " ") ||
		!take_digits(&s, 2, &hour) || !skip_prefix(&s, ":") ||
		!take_digits(&s, 2, &minute) || !skip_prefix(&s, ":") ||
		!take_digits(&s, 2, &second) || !skip_prefix(&s, " GMT") || s.n > 0)
		return false;
	if (day < 1 || day > 31 || year < 1970 || hour > 23 || minute > 59 ||
		second > 60)
		return false;
	uint64_t days = days_since_1970(year, month, day);
	*out_s = days * 86400 + hour * 3600 + minute * 60 + second;
	return true;
}

bool delay_parse_retry_after(struct str s, uint64_t now_ms, uint64_t *out_ns)
{
	if (num_parse_fixed(s, NS_PER_S, out_ns))
		return true;
	uint64_t when_s, wait_ns;
	if (!parse_http_date(s, &when_s))
		return false;
	uint64_t wait_ms = num_sub_sat(when_s * 1000, now_ms);
	if (__builtin_mul_overflow(wait_ms, NS_PER_MS, &wait_ns))
		return false;
	*out_ns = wait_ns;
	return true;
}

bool delay_parse_ms(struct str s, uint64_t *out_ns)
{
	return num_parse_fixed(s, NS_PER_MS, out_ns);
}
