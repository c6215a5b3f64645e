/* The Date header's text. */
#include "../unit.h"
#include "http/date.h"

#include <time.h>

START_TEST(known_instants_read_as_they_should)
{
	static const struct {
		uint64_t unix_s;
		const char *text;
	} rows[] = {
		{0, "Thu, 01 Jan 1970 00:00:00 GMT"},
		{784111777, "Sun, 06 Nov 1994 08:49:37 GMT"},
		{951782400, "Tue, 29 Feb 2000 00:00:00 GMT"},
		{951868799, "Tue, 29 Feb 2000 23:59:59 GMT"},
		{4107542400, "Mon, 01 Mar 2100 00:00:00 GMT"},
		{253402300799, "Fri, 31 Dec 9999 23:59:59 GMT"},
		{UINT64_MAX, "Fri, 31 Dec 9999 23:59:59 GMT"},
	};
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		char out[HTTP_DATE_BYTES];
		http_date_format(rows[i].unix_s, out);
		ck_assert_str_eq(out, rows[i].text);
	}
}
END_TEST

START_TEST(every_day_of_nine_centuries_agrees_with_the_c_library)
{
	for (time_t s = 0; s < (time_t)86400 * 365 * 900; s += 86400 + 61) {
		char out[HTTP_DATE_BYTES], want[HTTP_DATE_BYTES];
		struct tm tm;
		ck_assert_ptr_nonnull(gmtime_r(&s, &tm));
		strftime(want, sizeof want, "%a, %d %b %Y %H:%M:%S GMT", &tm);
		http_date_format((uint64_t)s, out);
		ck_assert_str_eq(out, want);
	}
}
END_TEST

UNIT_MAIN("date", known_instants_read_as_they_should,
	every_day_of_nine_centuries_agrees_with_the_c_library)
