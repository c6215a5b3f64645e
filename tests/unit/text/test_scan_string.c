/* Strings of the scanner: what they mean once their escapes are read. */
#include "../unit.h"
#include "text/scan.h"

#include <string.h>

static struct scan_token read_string(const char *text)
{
	struct scan s;
	struct scan_token t;
	scan_init(&s, (struct str){text, strlen(text)}, 1);
	ck_assert_int_eq(scan_next(&s, &t), SCAN_STRING);
	return t;
}

START_TEST(a_name_is_recognized_however_it_is_spelled)
{
	static const char *const spellings[] = {
		"\"model\"", "\"\\u006dodel\"", "\"mod\\u0065\\u006C\""};
	for (size_t i = 0; i < N_ELEMENTS(spellings); i++) {
		struct scan_token t = read_string(spellings[i]);
		ck_assert_msg(scan_is(&t, STR("model")), "%s", spellings[i]);
		ck_assert(!scan_is(&t, STR("mode")));
		ck_assert(!scan_is(&t, STR("models")));
		ck_assert(!scan_is(&t, STR("modem")));
	}
}
END_TEST

START_TEST(an_escaped_nul_does_not_end_a_comparison)
{
	struct scan_token t = read_string("\"model\\u0000\"");
	ck_assert(!scan_is(&t, STR("model")));
}
END_TEST

START_TEST(strings_decode_to_their_bytes)
{
	static const struct {
		const char *text, *bytes;
		size_t n, n_chars;
	} rows[] = {
		{"\"\"", "", 0, 0},
		{"\"abc\"", "abc", 3, 3},
		{"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t", 8, 8},
		{"\"\\u00e9\\u65E5\"", "é日", 5, 2},
		{"\"\\ud83d\\ude00\"", "😀", 4, 1},
		{"\"\\u0000x\"", "\0x", 2, 2},
		{"\"\\ud800\"", "\xef\xbf\xbd", 3, 1},
		{"\"\\ude00\\ud83d\"", "\xef\xbf\xbd\xef\xbf\xbd", 6, 2},
		{"\"\\ud83d\\ud83d\\ude00\"", "\xef\xbf\xbd😀", 7, 2},
		{"\"\\ude00\\ude00\"", "\xef\xbf\xbd\xef\xbf\xbd", 6, 2},
		{"\"\\ud83d\\ue000\"", "\xef\xbf\xbd\xee\x80\x80", 6, 2},
		{"\"\\ud83dx\"", "\xef\xbf\xbdx", 4, 2},
		{"\"日é😀 plain\\n\"", "日é😀 plain\n", 16, 10},
	};
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		char buf[32];
		struct str out;
		struct scan_token t = read_string(rows[i].text);
		ck_assert(scan_text(&t, buf, sizeof buf, &out));
		ck_assert_msg(
			out.n == rows[i].n && memcmp(out.p, rows[i].bytes, out.n) == 0,
			"%s", rows[i].text);
		ck_assert_msg(t.n_chars == rows[i].n_chars, "%s: %zu", rows[i].text,
			t.n_chars);
	}
}
END_TEST

START_TEST(what_does_not_fit_ends_with_a_whole_code_point)
{
	char buf[4];
	struct str out;
	struct scan_token t = read_string("\"ab日\"");
	ck_assert(!scan_text(&t, buf, sizeof buf, &out));
	ck_assert_uint_eq(out.n, 2);
	t = read_string("\"\\n\\u65e5x\"");
	ck_assert(!scan_text(&t, buf, sizeof buf, &out));
	ck_assert_uint_eq(out.n, 4);
}
END_TEST

START_TEST(a_string_without_escapes_is_not_called_escaped)
{
	struct scan_token t = read_string("\"日 plain\"");
	ck_assert(!t.is_escaped);
	t = read_string("\"a\\/b\"");
	ck_assert(t.is_escaped);
}
END_TEST

UNIT_MAIN("scan_string", a_name_is_recognized_however_it_is_spelled,
	an_escaped_nul_does_not_end_a_comparison, strings_decode_to_their_bytes,
	what_does_not_fit_ends_with_a_whole_code_point,
	a_string_without_escapes_is_not_called_escaped)
