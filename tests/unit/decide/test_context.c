/* How much of a chat fits a window. */
#include "../unit.h"
#include "decide/context.h"

#include <string.h>

static const struct context_ratio nothing;

static uint64_t tokens_of(const struct context_ratio *r, const char *text)
{
	return context_tokens(r, context_count((struct str){text, strlen(text)}));
}

static uint64_t tokens_of_chars(const struct context_ratio *r, uint64_t n)
{
	return context_tokens(r, (struct context_text){n, 0});
}

START_TEST(a_text_is_four_characters_a_token_when_nothing_is_known)
{
	ck_assert_uint_eq(tokens_of(&nothing, ""), 0);
	ck_assert_uint_eq(tokens_of(&nothing, "a"), 1);
	ck_assert_uint_eq(tokens_of(&nothing, "abcd"), 1);
	ck_assert_uint_eq(tokens_of(&nothing, "abcde"), 2);
	ck_assert_uint_eq(tokens_of_chars(&nothing, 400000), 100000);
}
END_TEST

START_TEST(characters_beyond_ascii_count_one_each_until_more_is_known)
{
	ck_assert_uint_eq(tokens_of(&nothing, "\u00e9"), 1);
	ck_assert_uint_eq(tokens_of(&nothing, "\u65e5\u672c\u8a9e abc"), 4);
	ck_assert_uint_eq(tokens_of(&nothing, "\U0001f40b"), 1);
	struct context_ratio r = {0, 0};
	context_learn(&r, 10000, 5000);
	ck_assert_uint_eq(tokens_of(&r, "\u65e5\u672c\u8a9e abc"), 4);
	ck_assert_uint_eq(tokens_of(&r, "\u65e5\u672c\u8a9e\u65e5\u672c\u8a9e"), 3);
}
END_TEST

START_TEST(what_was_counted_goes_before_the_four)
{
	struct context_ratio r = {0, 0};
	context_learn(&r, 1500, 500);
	ck_assert_uint_eq(tokens_of_chars(&r, 4000), 1000);
	context_learn(&r, 1500, 500);
	ck_assert_uint_eq(tokens_of_chars(&r, 3000), 1000);
	ck_assert_uint_eq(tokens_of_chars(&r, 3001), 1001);
	context_learn(&r, 0, 500);
	context_learn(&r, 500, 0);
	ck_assert_uint_eq(tokens_of_chars(&r, 3000), 1000);
}
END_TEST

START_TEST(the_newer_outweighs_the_older)
{
	struct context_ratio r = {0, 0};
	for (int i = 0; i < 100; i++)
		context_learn(&r, 400000, 100000);
	for (int i = 0; i < 100; i++)
		context_learn(&r, 200000, 100000);
	uint64_t n = tokens_of_chars(&r, 1000000);
	ck_assert_uint_ge(n, 490000);
	ck_assert_uint_le(n, 500001);
}
END_TEST

START_TEST(nothing_that_is_counted_makes_an_estimate_absurd)
{
	struct context_ratio r = {0, 0};
	context_learn(&r, UINT64_MAX, 2000);
	ck_assert_uint_eq(tokens_of_chars(&r, 8000), 1000);
	r = (struct context_ratio){0, 0};
	context_learn(&r, 1, UINT64_MAX);
	ck_assert_uint_gt(tokens_of_chars(&r, UINT64_MAX), 0);
}
END_TEST

START_TEST(an_answer_and_a_sixteenth_stay_free)
{
	ck_assert_uint_eq(context_room(16000, 4000), 11000);
	ck_assert_uint_eq(context_room(4000, 4000), 0);
	ck_assert_uint_eq(context_room(4100, 4000), 0);
	ck_assert_uint_eq(context_room(0, 0), 0);
}
END_TEST

UNIT_MAIN("context", a_text_is_four_characters_a_token_when_nothing_is_known,
	characters_beyond_ascii_count_one_each_until_more_is_known,
	what_was_counted_goes_before_the_four, the_newer_outweighs_the_older,
	nothing_that_is_counted_makes_an_estimate_absurd,
	an_answer_and_a_sixteenth_stay_free)
