/* The Date header's text. Pure: the C library's calendar would read time zone files. */
#include "http/date.h"

#include <string.h>

enum { DAY_S = 86400, LAST_DAY = 2932896 }; /* 9999-12-31 */

struct civil {
	unsigned year, month, day; /* month 0-11, day 1-31 */
};

/* Years are counted from March, so that a leap day comes last; 400 years have 146,097
 * days. After Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
static struct civil civil_from_days(unsigned days)
{
	unsigned z = days + 719468; /* from 0000-03-01 */
	unsigned era = z / 146097;
	unsigned day_of_era = z % 146097;
	unsigned year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 -
				       day_of_era / 146096) /
			       365;
	unsigned day_of_year =
		day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	unsigned from_march = (5 * day_of_year + 2) / 153;
	struct civil c = {
		.year = year_of_era + era * 400 + (from_march >= 10),
		.month = (from_march + 2) % 12,
		.day = day_of_year - (153 * from_march + 2) / 5 + 1,
	};
	return c;
}

static void put_two(char *out, unsigned v)
{
	out[0] = (char)('0' + v / 10 % 10);
	out[1] = (char)('0' + v % 10);
}

void http_date_format(uint64_t unix_s, char out[static HTTP_DATE_BYTES])
{
	static const char days[] = "ThuFriSatSunMonTueWed"; /* 1970-01-01 was one */
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	uint64_t last_s = (uint64_t)(LAST_DAY + 1) * DAY_S - 1;
	uint64_t s = MIN(unix_s, last_s);
	unsigned day = (unsigned)(s / DAY_S), second = (unsigned)(s % DAY_S);
	struct civil c = civil_from_days(day);
	memcpy(out, "Thu, 01 Jan 1970 00:00:00 GMT", HTTP_DATE_BYTES);
	memcpy(out, days + day % 7 * 3, 3);
	put_two(out + 5, c.day);
	memcpy(out + 8, months + c.month * 3, 3);
	put_two(out + 12, c.year / 100);
	put_two(out + 14, c.year % 100);
	put_two(out + 17, second / 3600);
	put_two(out + 20, second / 60 % 60);
	put_two(out + 23, second % 60);
}
