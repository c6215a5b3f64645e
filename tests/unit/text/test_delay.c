/* Waits as others write them. */
#include "../unit.h"
#include "base/clock.h"
#include "text/delay.h"

#include <string.h>

#define NOW_MS UINT64_C(784111777000) /* 1994-11-06 08:49:37 GMT */

static struct str str_of(const char *s)
{
	return (struct str){s, strlen(s)};
}

START_TEST(go_durations_are_sums_of_units)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} rows[] = {
		{"0", 0},
		{"0s", 0},
		{"1s", NS_PER_S},
		{"12ms", 12 * NS_PER_MS},
		{"6m0s", 360 * NS_PER_S},
		{"1m26.4s", 86400 * NS_PER_MS},
		{"1h2m3s", 3723 * NS_PER_S},
		{"1.5h", 5400 * NS_PER_S},
		{"150us", 150 * NS_PER_US},
		{"150µs", 150 * NS_PER_US},
		{"7ns", 7},
		{"999h", 999 * 3600 * NS_PER_S},
	};
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		uint64_t ns = 1;
		ck_assert_msg(
			delay_parse_go(str_of(rows[i].text), &ns), "%s", rows[i].text);
		ck_assert_uint_eq(ns, rows[i].ns);
	}
}
END_TEST

START_TEST(what_is_no_go_duration_leaves_the_result_alone)
{
	static const char *const bad[] = {"", "1", "00", "s", "1m26.4", "-1s", "+1s",
		"1 s", "1s ", "1.s", ".5s", "1d", "1..5s", "99999999999h",
		"5000000h5000000h"};
	for (size_t i = 0; i < N_ELEMENTS(bad); i++) {
		uint64_t ns = 1;
		ck_assert_msg(!delay_parse_go(str_of(bad[i]), &ns), "%s", bad[i]);
		ck_assert_uint_eq(ns, 1);
	}
}
END_TEST

START_TEST(go_durations_are_written_as_they_are_read)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} rows[] = {{"0s", 0}, {"12ms", 12 * NS_PER_MS}, {"1s", NS_PER_S},
		{"1.5s", 1500 * NS_PER_MS}, {"10s", 10 * NS_PER_S},
		{"1m26.4s", 86400 * NS_PER_MS}, {"6m0s", 360 * NS_PER_S},
		{"1h0m0.001s", 3600 * NS_PER_S + NS_PER_MS},
		{"100h59m59s", 363599 * NS_PER_S}};
	char out[DELAY_GO_BYTES];
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		uint64_t ns;
		ck_assert_str_eq(delay_format_go(rows[i].ns, out), rows[i].text);
		ck_assert(delay_parse_go(str_of(out), &ns));
		ck_assert_uint_eq(ns, rows[i].ns);
	}
	ck_assert_str_eq(delay_format_go(1, out), "1ms");
	ck_assert_str_eq(delay_format_go(NS_PER_S + 1, out), "1.001s");
	ck_assert_uint_gt(strlen(delay_format_go(UINT64_MAX, out)), 10);
}
END_TEST

START_TEST(retry_after_is_seconds_or_a_date)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} rows[] = {
		{"0", 0},
		{"20", 20 * NS_PER_S},
		{"1.5", 1500 * NS_PER_MS},
		{"Sun, 06 Nov 1994 08:49:38 GMT", NS_PER_S},
		{"Sun, 06 Nov 1994 08:49:60 GMT", 23 * NS_PER_S},
		{"Sun, 06 Nov 1994 08:49:37 GMT", 0},
		{"Sun, 06 Nov 1994 08:49:36 GMT", 0},
		{"Mon, 07 Nov 1994 08:49:37 GMT", 86400 * NS_PER_S},
		{"Wed, 06 Nov 1996 08:49:37 GMT", 731 * 86400 * NS_PER_S},
	};
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		uint64_t ns = 1;
		ck_assert_msg(
			delay_parse_retry_after(str_of(rows[i].text), NOW_MS, &ns),
			"%s", rows[i].text);
		ck_assert_uint_eq(ns, rows[i].ns);
	}
}
END_TEST

START_TEST(dates_in_other_forms_are_no_wait)
{
	static const char *const bad[] = {"Sunday, 06-Nov-94 08:49:37 GMT",
		"Sun Nov  6 08:49:37 1994", "Sun, 6 Nov 1994 08:49:37 GMT",
		"Sun, 06 Nov 1994 08:49:37 CET", "Sun, 06 Nov 1994 24:49:37 GMT",
		"Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:61 GMT",
		"Sun, 06 Nov 1994 08:49:37 GMT ", "Sun, 06 Nov 9999 08:49:37 GMT",
		"soon", "-1", "1e3", ""};
	for (size_t i = 0; i < N_ELEMENTS(bad); i++) {
		uint64_t ns = 1;
		ck_assert_msg(!delay_parse_retry_after(str_of(bad[i]), NOW_MS, &ns),
			"%s", bad[i]);
		ck_assert_uint_eq(ns, 1);
	}
}
END_TEST

START_TEST(milliseconds_may_have_a_fraction)
{
	uint64_t ns;
	ck_assert(delay_parse_ms(STR("300.25"), &ns));
	ck_assert_uint_eq(ns, 300 * NS_PER_MS + 250 * NS_PER_US);
	ck_assert(!delay_parse_ms(STR("300ms"), &ns));
}
END_TEST

UNIT_MAIN("delay", go_durations_are_sums_of_units,
	what_is_no_go_duration_leaves_the_result_alone,
	go_durations_are_written_as_they_are_read, retry_after_is_seconds_or_a_date,
	dates_in_other_forms_are_no_wait, milliseconds_may_have_a_fraction)
