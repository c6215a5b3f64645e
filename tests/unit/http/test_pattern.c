/* Paths with a star. */
#include "../unit.h"
#include "http/pattern.h"

#include <string.h>

/* What stands for the star; NULL = no match. */
static const char *match(const char *pattern, const char *path)
{
	static char out[64];
	struct str star;
	if (!http_pattern_match((struct str){pattern, strlen(pattern)},
		    (struct str){path, strlen(path)}, &star))
		return NULL;
	memcpy(out, star.p, star.n);
	out[star.n] = '\0';
	return out;
}

START_TEST(a_path_without_a_star_is_compared_byte_for_byte)
{
	ck_assert_str_eq(match("/chat/stream", "/chat/stream"), "");
	ck_assert_ptr_null(match("/chat/stream", "/chat/stream/"));
	ck_assert_ptr_null(match("/chat/stream", "/chat/strea"));
	ck_assert_ptr_null(match("/chat/stream", "/Chat/stream"));
	ck_assert_ptr_null(match("/", ""));
}
END_TEST

START_TEST(a_star_at_the_end_is_one_segment_that_is_not_empty)
{
	ck_assert_str_eq(match("/a/*", "/a/b"), "b");
	ck_assert_ptr_null(match("/a/*", "/a/"));
	ck_assert_ptr_null(match("/a/*", "/a"));
	ck_assert_ptr_null(match("/a/*", "/a/b/"));
	ck_assert_ptr_null(match("/a/*", "/a/b/c"));
}
END_TEST

START_TEST(a_star_in_the_middle_is_one_segment_too)
{
	ck_assert_str_eq(match("/a/*/cancel", "/a/b/cancel"), "b");
	ck_assert_str_eq(match("/a/*/cancel", "/a/cancel/cancel"), "cancel");
	ck_assert_ptr_null(match("/a/*/cancel", "/a//cancel"));
	ck_assert_ptr_null(match("/a/*/cancel", "/a/cancel"));
	ck_assert_ptr_null(match("/a/*/cancel", "/a/b/c/cancel"));
	ck_assert_ptr_null(match("/a/*/cancel", "/a/b/cancels"));
	ck_assert_ptr_null(match("/a/*/cancel", "/a/b"));
}
END_TEST

START_TEST(two_stars_are_all_that_is_left)
{
	ck_assert_str_eq(match("/app/**", "/app/js/main.js"), "js/main.js");
	ck_assert_str_eq(match("/app/**", "/app/x"), "x");
	ck_assert_ptr_null(match("/app/**", "/app/"));
	ck_assert_ptr_null(match("/app/**", "/apple"));
}
END_TEST

UNIT_MAIN("pattern", a_path_without_a_star_is_compared_byte_for_byte,
	a_star_at_the_end_is_one_segment_that_is_not_empty,
	a_star_in_the_middle_is_one_segment_too, two_stars_are_all_that_is_left)
