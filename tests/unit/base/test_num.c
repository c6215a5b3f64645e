/* Numbers from text: what is accepted, and what must not be. */
#include "../unit.h"
#include "base/clock.h"
#include "base/num.h"

#include <string.h>

#include <stdio.h>

START_TEST(u64_takes_digits_only_and_refuses_overflow)
{
	uint64_t v = 7;
	ck_assert(num_parse_u64(STR("18446744073709551615"), &v) && v == UINT64_MAX);
	v = 7;
	const char *bad[] = {"", "+1", "-1", " 1", "1 ", "0x1", "18446744073709551616"};
	for (size_t i = 0; i < N_ELEMENTS(bad); i++)
		ck_assert(!num_parse_u64((struct str){bad[i], strlen(bad[i])}, &v));
	ck_assert_uint_eq(v, 7);
}
END_TEST

START_TEST(durations_carry_their_unit)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} rows[] = {
		{"10", 10 * NS_PER_S},
		{"0.5", NS_PER_S / 2},
		{"250ms", 250 * NS_PER_MS},
		{"1.5s", 1500 * NS_PER_MS},
		{"5m", 300 * NS_PER_S},
		{"0.5h", 1800 * NS_PER_S},
	};
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		uint64_t ns = 0;
		struct str s = {rows[i].text, strlen(rows[i].text)};
		ck_assert_msg(num_parse_duration(s, &ns), "%s", rows[i].text);
		ck_assert_uint_eq(ns, rows[i].ns);
	}
	uint64_t ns;
	ck_assert(!num_parse_duration(STR("5 m"), &ns));
	ck_assert(!num_parse_duration(STR("m"), &ns));
	ck_assert(!num_parse_duration(STR("1."), &ns));
}
END_TEST

START_TEST(sizes_are_binary_and_refuse_overflow)
{
	uint64_t v;
	ck_assert(num_parse_size(STR("32M"), &v) && v == 32u << 20);
	ck_assert(!num_parse_size(STR("99999999999G"), &v));
	ck_assert(!num_parse_size(STR("1.5M"), &v));
}
END_TEST

START_TEST(money_has_nine_places)
{
	char out[NUM_USD_BYTES];
	num_format_usd(UINT64_C(1250000001), out);
	ck_assert_str_eq(out, "1.250000001");
	num_format_usd(UINT64_MAX, out);
	ck_assert_str_eq(out, "18446744073.709551615");
}
END_TEST

static void check_number(uint64_t v)
{
	char ours[NUM_U64_BYTES], theirs[32];
	snprintf(theirs, sizeof theirs, "%llu", (unsigned long long)v);
	ck_assert_uint_eq(num_format_u64(v, ours), strlen(theirs));
	ck_assert_str_eq(ours, theirs);
}

START_TEST(numbers_are_formatted_as_the_library_does)
{
	uint64_t power = 1;
	for (unsigned i = 0; i < 20; i++, power *= 10) {
		check_number(power - 1);
		check_number(power);
		check_number(power + 1);
	}
	check_number(UINT64_MAX / 10);
	check_number(UINT64_MAX);
}
END_TEST

START_TEST(fixed_numbers_have_all_their_places)
{
	static const struct {
		uint64_t v;
		unsigned places;
		const char *text;
	} cases[] = {{0, 0, "0"}, {0, 3, "0.000"}, {1234, 3, "1.234"},
		{7, 9, "0.000000007"}, {1000, 3, "1.000"},
		{UINT64_MAX, 9, "18446744073.709551615"},
		{UINT64_MAX, 18, "18.446744073709551615"}};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char out[NUM_FIXED_BYTES];
		size_t n = num_format_fixed(cases[i].v, cases[i].places, out);
		ck_assert_str_eq(out, cases[i].text);
		ck_assert_uint_eq(n, strlen(out));
	}
}
END_TEST

START_TEST(dollars_below_a_nano_dollar_are_none)
{
	static const char *const bad[] = {
		"0.0000000001", "2.5000000001", "", ".5", "1.", "-1", "99999999999"};
	uint64_t n = 7;
	for (size_t i = 0; i < N_ELEMENTS(bad); i++)
		ck_assert_msg(!num_parse_usd((struct str){bad[i], strlen(bad[i])}, &n),
			"%s", bad[i]);
	ck_assert_uint_eq(n, 7);
	ck_assert(num_parse_usd(STR("0.000000001"), &n) && n == 1);
	ck_assert(num_parse_usd(STR("2.5000000000000"), &n) && n == 2500000000);
	ck_assert(num_parse_usd(STR("3"), &n) && n == 3000000000);
}
END_TEST

START_TEST(a_percent_is_the_nearest_but_little_is_not_none_nor_nearly_all_all)
{
	ck_assert_uint_eq(num_percent(294, 10000), 3);
	ck_assert_uint_eq(num_percent(9706, 10000), 97);
	ck_assert_uint_eq(num_percent(1, 3), 33);
	ck_assert_uint_eq(num_percent(2, 3), 67);
	ck_assert_uint_eq(num_percent(0, 3), 0);
	ck_assert_uint_eq(num_percent(3, 3), 100);
	ck_assert_uint_eq(num_percent(1, 1000), 1);
	ck_assert_uint_eq(num_percent(999, 1000), 99);
	ck_assert_uint_eq(num_percent(31, 30), 103);
	ck_assert_uint_eq(num_percent(5, 0), 0);
	ck_assert_uint_eq(num_percent(UINT64_MAX - 1, UINT64_MAX), 99);
	ck_assert_uint_eq(num_percent(UINT64_MAX, 1), UINT64_MAX);
}
END_TEST

START_TEST(a_quotient_is_the_nearest_and_stops_at_the_end)
{
	ck_assert_uint_eq(num_nearest(1, 1000, 7), 143);
	ck_assert_uint_eq(num_nearest(18300, 1, 38), 482);
	ck_assert_uint_eq(num_nearest(1, 1, 2), 1);
	ck_assert_uint_eq(num_nearest(5, 1, 0), 0);
	ck_assert_uint_eq(num_nearest(UINT64_MAX, 2, 1), UINT64_MAX);
	ck_assert_uint_eq(num_part(1, 1000, 1000000), 1);
	ck_assert_uint_eq(num_part(999999, 1000, 1000000), 999);
}
END_TEST

UNIT_MAIN("num", a_quotient_is_the_nearest_and_stops_at_the_end,
	a_percent_is_the_nearest_but_little_is_not_none_nor_nearly_all_all,
	dollars_below_a_nano_dollar_are_none, numbers_are_formatted_as_the_library_does,
	fixed_numbers_have_all_their_places, u64_takes_digits_only_and_refuses_overflow,
	durations_carry_their_unit, sizes_are_binary_and_refuse_overflow,
	money_has_nine_places)
