/* The first words of an error, and texts fit for one. */
#include "../unit.h"
#include "conf/origin.h"

START_TEST(a_line_of_a_file_stands_before_the_sentence)
{
	struct err e = {0};
	struct origin o = {.path = "a.conf", .line = 7};
	ck_assert(!origin_error(&o, &e, "[%s] is unknown", "x"));
	ck_assert_str_eq(e.text, "a.conf:7: [x] is unknown");
}
END_TEST

START_TEST(a_file_as_a_whole_has_no_line)
{
	struct err e = {0};
	ck_assert(!origin_error(&(struct origin){.path = "a.conf"}, &e, "is a pity"));
	ck_assert_str_eq(e.text, "a.conf: is a pity");
}
END_TEST

START_TEST(the_environment_needs_no_place)
{
	struct err e = {0};
	ck_assert(!origin_error(&(struct origin){.env = "X"}, &e, "X=1 is wrong"));
	ck_assert_str_eq(e.text, "X=1 is wrong");
}
END_TEST

START_TEST(a_long_path_keeps_its_end_and_the_whole_sentence)
{
	char path[301];
	memset(path, 'a', 300);
	memcpy(path + 290, "/last.conf", 11);
	struct err e = {0};
	ck_assert(!origin_error(&(struct origin){path, 12, NULL}, &e, "is wrong"));
	ck_assert(strncmp(e.text, "...aaa", 6) == 0);
	ck_assert_str_eq(e.text + strlen(e.text) - 23, "/last.conf:12: is wrong");
}
END_TEST

START_TEST(a_long_text_is_cut_before_a_whole_character)
{
	char out[ORIGIN_SHOWN_BYTES], text[64];
	memset(text, 'x', sizeof text);
	memcpy(text + 47, "\xc3\xa4", 2);
	origin_show((struct str){text, sizeof text}, out);
	ck_assert_uint_eq(strlen(out), 50);
	ck_assert_str_eq(out + 46, "x...");
}
END_TEST

START_TEST(control_characters_are_not_shown)
{
	char out[ORIGIN_SHOWN_BYTES];
	ck_assert_str_eq(origin_show(STR("a\nb\x7f"), out), "a?b?");
}
END_TEST

UNIT_MAIN("origin", a_line_of_a_file_stands_before_the_sentence,
	a_file_as_a_whole_has_no_line, the_environment_needs_no_place,
	a_long_path_keeps_its_end_and_the_whole_sentence,
	a_long_text_is_cut_before_a_whole_character, control_characters_are_not_shown)
