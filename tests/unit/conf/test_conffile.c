/* INI text into steps, and every way it can be wrong. */
#include "../unit.h"
#include "conf/conffile.h"

#include <stdio.h>

/* All steps of text as "[section|argument]" and "line:section.key=value;". */
static const char *steps(struct str text)
{
	static char out[1024];
	struct conffile f;
	struct err e = {0};
	int n = 0;
	out[0] = '\0';
	conffile_init(&f, "f", text);
	for (;;) {
		char *at = out + n;
		size_t room = sizeof out - (size_t)n;
		switch (conffile_next(&f, &e)) {
		case CONFFILE_SECTION:
			n += snprintf(at, room, "[" STR_FMT "|" STR_FMT "]",
				STR_ARG(f.section), STR_ARG(f.argument));
			break;
		case CONFFILE_SETTING:
			n += snprintf(at, room,
				"%u:" STR_FMT "." STR_FMT "=" STR_FMT ";", f.line,
				STR_ARG(f.section), STR_ARG(f.key), STR_ARG(f.value));
			break;
		case CONFFILE_BAD:
			snprintf(at, room, "%s", e.text);
			return out;
		case CONFFILE_END:
			return out;
		}
	}
}

START_TEST(sections_and_settings_come_in_order_with_their_lines)
{
	ck_assert_str_eq(steps(STR("[a]\nb = 1\n\n[c_2]\nd=2 3\n")),
		"[a|]2:a.b=1;[c_2|]5:c_2.d=2 3;");
}
END_TEST

START_TEST(a_section_may_have_an_argument)
{
	ck_assert_str_eq(steps(STR("[key  big one ]\n")), "[key|big one]");
}
END_TEST

START_TEST(comments_begin_a_line_or_follow_a_blank)
{
	ck_assert_str_eq(steps(STR("# x\n  ; y\n[a] # z\nb = 1 # one\nc = 2\t; two\n")),
		"[a|]4:a.b=1;5:a.c=2;");
}
END_TEST

START_TEST(a_hash_inside_a_word_is_no_comment)
{
	ck_assert_str_eq(steps(STR("[a]\nb = x#y;z\n")), "[a|]2:a.b=x#y;z;");
}
END_TEST

/* With a blank before it, it would be a comment: one can read it either way. */
START_TEST(a_value_does_not_begin_like_a_comment)
{
	ck_assert_str_eq(steps(STR("[a]\nb =;x\n")),
		"[a|]f:2: a value cannot begin with # or ;");
	ck_assert_str_eq(
		steps(STR("[a]\nb=#x\n")), "[a|]f:2: a value cannot begin with # or ;");
	ck_assert_str_eq(steps(STR("[a]\nb = ;x\n")), "[a|]2:a.b=;");
}
END_TEST

START_TEST(blanks_around_everything_are_dropped)
{
	ck_assert_str_eq(steps(STR("  [ a ] \n\tb\t=\t1 \n")), "[a|]2:a.b=1;");
}
END_TEST

START_TEST(only_the_first_equals_sign_divides)
{
	ck_assert_str_eq(steps(STR("[a]\nb = c=d\n")), "[a|]2:a.b=c=d;");
}
END_TEST

START_TEST(crlf_and_a_missing_last_newline_are_tolerated)
{
	ck_assert_str_eq(steps(STR("[a]\r\nb = 1\r\nc = 2")), "[a|]2:a.b=1;3:a.c=2;");
}
END_TEST

START_TEST(a_byte_order_mark_is_skipped)
{
	ck_assert_str_eq(steps(STR("\xef\xbb\xbf[a]\n")), "[a|]");
}
END_TEST

START_TEST(an_empty_value_is_a_value)
{
	ck_assert_str_eq(steps(STR("[a]\nb =\n")), "[a|]2:a.b=;");
}
END_TEST

START_TEST(each_mistake_is_named_with_its_line)
{
	static const struct {
		struct str text;
		const char *error;
	} rows[] = {
		{STR("\nworkers\n"), "f:2: expected \"key = value\" or \"[section]\""},
		{STR("[a\n"), "f:1: a \"[\" without its \"]\" at the line's end"},
		{STR("["), "f:1: a \"[\" without its \"]\" at the line's end"},
		{STR("[]"), "f:1: expected [section] in lower-case letters"},
		{STR("[A]"), "f:1: expected [section] in lower-case letters"},
		{STR("a = 1"), "f:1: a setting stands before the first [section]"},
		{STR(" = 1"), "f:1: expected a key in lower-case letters before \"=\""},
		{STR("a b = 1"),
			"f:1: expected a key in lower-case letters before \"=\""},
		{STR("a\0b"), "f:1: the line holds a control character (0x00)"},
		{STR("#\x1b"), "f:1: the line holds a control character (0x1b)"},
		{STR("a\rb"), "f:1: the line holds a control character (0x0d)"},
		{STR("#\x7f"), "f:1: the line holds a control character (0x7f)"},
		{STR("\n\n# \xc3("), "f:3: the line is not valid UTF-8"},
		{STR("# \xed\xa0\x80"), "f:1: the line is not valid UTF-8"},
	};
	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		ck_assert_str_eq(steps(rows[i].text), rows[i].error);
}
END_TEST

START_TEST(a_line_of_4096_bytes_is_the_longest)
{
	static char text[4098];
	memset(text, 'x', sizeof text);
	text[0] = '#';
	text[4096] = '\n';
	ck_assert_str_eq(steps((struct str){text, 4097}), "");
	text[4096] = 'x';
	ck_assert_str_eq(steps((struct str){text, 4098}),
		"f:1: the line is longer than 4096 bytes");
}
END_TEST

UNIT_MAIN("conffile", sections_and_settings_come_in_order_with_their_lines,
	a_section_may_have_an_argument, comments_begin_a_line_or_follow_a_blank,
	a_hash_inside_a_word_is_no_comment, a_value_does_not_begin_like_a_comment,
	blanks_around_everything_are_dropped, only_the_first_equals_sign_divides,
	crlf_and_a_missing_last_newline_are_tolerated, a_byte_order_mark_is_skipped,
	an_empty_value_is_a_value, each_mistake_is_named_with_its_line,
	a_line_of_4096_bytes_is_the_longest)
