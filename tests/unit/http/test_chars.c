/* The byte classes, against the grammar's own words. */
#include "../unit.h"
#include "http/chars.h"

static bool listed(const char *list, unsigned c)
{
	return c != 0 && c < 0x80 && strchr(list, (int)c) != NULL;
}

static bool alnum(unsigned c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z');
}

START_TEST(classes_are_those_of_the_grammar)
{
	for (unsigned c = 0; c < 256; c++) {
		bool visible = c > 0x20 && c < 0x7f;
		bool digit = c >= '0' && c <= '9';
		char b = (char)c;
		ck_assert_msg(http_char_is(b, HTTP_CHAR_TOKEN) ==
				      (alnum(c) || listed("!#$%&'*+-.^_`|~", c)),
			"token 0x%02x", c);
		ck_assert_msg(http_char_is(b, HTTP_CHAR_VALUE) ==
				      (visible || c == ' ' || c == '\t' || c >= 0x80),
			"value 0x%02x", c);
		ck_assert_msg(
			http_char_is(b, HTTP_CHAR_TARGET) == (visible && c != '#'),
			"target 0x%02x", c);
		ck_assert_msg(http_char_is(b, HTTP_CHAR_HOST) ==
				      (alnum(c) || listed("-._", c)),
			"host 0x%02x", c);
		ck_assert_msg(http_char_is(b, HTTP_CHAR_HEX) ==
				      (digit || listed("abcdefABCDEF", c)),
			"hex 0x%02x", c);
		ck_assert_msg(
			http_char_is(b, HTTP_CHAR_DIGIT) == digit, "digit 0x%02x", c);
		ck_assert_msg(http_char_is(b, HTTP_CHAR_PRINT) == (visible || c == ' '),
			"print 0x%02x", c);
	}
}
END_TEST

START_TEST(only_ascii_letters_have_two_cases)
{
	ck_assert(http_equal_nocase(STR("Content-TYPE"), STR("content-type")));
	ck_assert(!http_equal_nocase(STR("host"), STR("hosts")));
	/* each pair differs by 0x20, as letters do */
	ck_assert(!http_equal_nocase(STR("@["), STR("`{")));
	ck_assert(!http_equal_nocase(STR("\xc4"), STR("\xe4")));
	ck_assert(!http_equal_nocase(STR("-"), STR("\r")));
}
END_TEST

START_TEST(trim_takes_spaces_and_tabs_at_both_ends_only)
{
	struct str s = http_trim(STR(" \ta \t b\t "));
	ck_assert_uint_eq(s.n, 5);
	ck_assert(memcmp(s.p, "a \t b", 5) == 0);
	ck_assert_uint_eq(http_trim(STR(" \t ")).n, 0);
}
END_TEST

START_TEST(hex_digits_have_their_values)
{
	static const char lower[] = "0123456789abcdef", upper[] = "0123456789ABCDEF";
	for (unsigned i = 0; i < 16; i++) {
		ck_assert_uint_eq(http_hex_value(lower[i]), i);
		ck_assert_uint_eq(http_hex_value(upper[i]), i);
	}
}
END_TEST

UNIT_MAIN("chars", classes_are_those_of_the_grammar, only_ascii_letters_have_two_cases,
	trim_takes_spaces_and_tabs_at_both_ends_only, hex_digits_have_their_values)
