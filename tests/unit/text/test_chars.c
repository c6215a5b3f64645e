/* Runs of plain bytes, and UTF-8: what is well-formed and what must not be. */
#include "../unit.h"
#include "text/chars.h"

#include <string.h>

/* The definition, one byte at a time. */
static bool is_plain(uint8_t c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

/* One byte in a text of n plain ones; what stands behind the text is not plain. */
static void check_run(uint8_t c, size_t at, size_t n)
{
	char text[32] = {0};
	memset(text, 'a', n);
	text[at] = (char)c;
	ck_assert_uint_eq(chars_plain_run(text, n), is_plain(c) ? n : at);
}

START_TEST(a_plain_run_ends_at_every_special_byte_in_every_place)
{
	for (unsigned c = 0; c < 256; c++)
		for (size_t n = 1; n <= 24; n++)
			for (size_t at = 0; at < n; at++)
				check_run((uint8_t)c, at, n);
}
END_TEST

START_TEST(a_special_byte_hides_no_other_one)
{
	for (unsigned a = 0; a < 256; a++) {
		for (unsigned b = 0; b < 256; b++) {
			uint64_t hits = chars_special(
				UINT64_C(0x6161616161610000) | b << 8 | a);
			uint64_t want = (is_plain((uint8_t)a) ? 0 : 0x80) |
					(is_plain((uint8_t)b) ? 0 : 0x8000);
			ck_assert_uint_eq(hits, want);
		}
	}
}
END_TEST

START_TEST(every_code_point_survives_the_way_to_bytes_and_back)
{
	for (uint32_t point = 0x80; point <= 0x10ffff; point++) {
		char bytes[CHARS_POINT_BYTES];
		size_t n = chars_encode(point, bytes);
		ck_assert_uint_eq(chars_sequence(bytes, n), n);
		ck_assert_uint_eq(chars_sequence(bytes, n - 1), 0);
	}
}
END_TEST

START_TEST(surrogates_are_encoded_as_the_replacement_character)
{
	char bytes[CHARS_POINT_BYTES];
	ck_assert_uint_eq(chars_encode(0xd800, bytes), 3);
	ck_assert_mem_eq(bytes, "\xef\xbf\xbd", 3);
}
END_TEST

START_TEST(malformed_sequences_have_no_length)
{
	static const char *const bad[] = {"\x80", "\xbf", "\xc0\xaf", "\xc1\xbf",
		"\xe0\x80\xaf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf",
		"\xf0\x80\x80\xaf", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
		"\xf5\x80\x80\x80", "\xff", "\xc3 ", "\xe2\x82 ", "\xf0\x9f\x98 "};
	for (size_t i = 0; i < N_ELEMENTS(bad); i++)
		ck_assert_msg(chars_sequence(bad[i], strlen(bad[i])) == 0, "%zu", i);
}
END_TEST

START_TEST(a_utf8_run_counts_points_and_stops_at_ascii)
{
	static const char text[] = "é日😀x";
	size_t n_points = 1;
	ck_assert_uint_eq(chars_utf8_run(text, sizeof text - 1, &n_points), 9);
	ck_assert_uint_eq(n_points, 4);
}
END_TEST

START_TEST(what_fits_ends_with_a_whole_character)
{
	static const struct {
		size_t most, fits;
	} rows[] = {{0, 0}, {1, 1}, {2, 1}, {3, 1}, {4, 4}, {5, 4}, {7, 4}, {8, 8},
		{9, 9}, {99, 9}};
	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		ck_assert_uint_eq(chars_fit(STR("x日😀y"), rows[i].most), rows[i].fits);
}
END_TEST

UNIT_MAIN("chars", a_plain_run_ends_at_every_special_byte_in_every_place,
	a_special_byte_hides_no_other_one,
	every_code_point_survives_the_way_to_bytes_and_back,
	surrogates_are_encoded_as_the_replacement_character,
	malformed_sequences_have_no_length, a_utf8_run_counts_points_and_stops_at_ascii,
	what_fits_ends_with_a_whole_character)
