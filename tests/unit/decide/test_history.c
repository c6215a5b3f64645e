/* What models usually write. */
#include "../unit.h"
#include "decide/history.h"

#include <stdio.h>
#include <string.h>

static struct history h;

static void note(const char *model, uint32_t times, uint64_t tokens)
{
	for (uint32_t i = 0; i < times; i++)
		history_note(&h, model, tokens);
}

START_TEST(a_models_past_counts_as_it_is_from_enough_requests_on)
{
	ck_assert(history_is_empty(&h));
	ck_assert_uint_eq(history_usual(&h, "o3"), 0);
	note("o3", HISTORY_ENOUGH, 500);
	uint64_t usual = history_usual(&h, "o3");
	ck_assert_uint_ge(usual, 500);
	ck_assert_uint_le(usual, 600);
	ck_assert_uint_eq(history_usual(&h, "o3-mini"), 0);
	ck_assert(!history_is_empty(&h));
}
END_TEST

START_TEST(a_few_requests_say_a_multiple_of_the_longest)
{
	uint64_t before = UINT64_MAX;
	for (uint32_t n = 1; n < HISTORY_ENOUGH; n++) {
		note("o3", 1, n == 1 ? 500 : 20);
		uint64_t usual = history_usual(&h, "o3");
		ck_assert_uint_ge(usual, 500 * HISTORY_ENOUGH / n);
		ck_assert_uint_le(usual, 625 * HISTORY_ENOUGH / n);
		ck_assert_uint_lt(usual, before);
		before = usual;
	}
}
END_TEST

START_TEST(a_few_long_answers_are_not_usual)
{
	note("o3", 97, 100);
	note("o3", 3, 50000);
	ck_assert_uint_lt(history_usual(&h, "o3"), 200);
	note("o3", 10, 50000);
	ck_assert_uint_ge(history_usual(&h, "o3"), 50000);
}
END_TEST

START_TEST(nothing_written_is_at_least_one_token)
{
	note("o3", HISTORY_ENOUGH, 0);
	ck_assert_uint_eq(history_usual(&h, "o3"), 1);
}
END_TEST

START_TEST(a_full_table_forgets_the_model_that_knows_least)
{
	char name[16];
	for (int i = 0; i < HISTORY_MODELS; i++) {
		snprintf(name, sizeof name, "model-%d", i);
		note(name, i == 7 ? HISTORY_ENOUGH : HISTORY_ENOUGH + 1, 10);
	}
	note("new", HISTORY_ENOUGH, 10);
	ck_assert_uint_eq(history_usual(&h, "model-7"), 0);
	ck_assert_uint_gt(history_usual(&h, "model-6"), 0);
	ck_assert_uint_gt(history_usual(&h, "new"), 0);
}
END_TEST

START_TEST(a_name_without_an_end_is_cut)
{
	char longest[HISTORY_NAME_BYTES + 8];
	memset(longest, 'x', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	note(longest, HISTORY_ENOUGH, 10);
	ck_assert_uint_gt(history_usual(&h, longest), 0);
}
END_TEST

START_TEST(what_is_told_is_what_is_usual)
{
	static struct history_told told;
	char name[24];
	for (int i = 0; i < HISTORY_MODELS; i++) {
		snprintf(name, sizeof name, "model-%d", i);
		note(name, (uint32_t)i % 13, 10 * (uint64_t)i);
	}
	history_tell(&h, &told);
	for (int i = 0; i < HISTORY_MODELS; i++) {
		snprintf(name, sizeof name, "model-%d", i);
		ck_assert_uint_eq(
			history_told_usual(&told, name), history_usual(&h, name));
	}
	told.n = UINT64_MAX; /* it is another process's word */
	ck_assert_uint_eq(history_told_usual(&told, "none"), 0);
}
END_TEST

UNIT_MAIN_APART("history", a_models_past_counts_as_it_is_from_enough_requests_on,
	a_few_requests_say_a_multiple_of_the_longest, a_few_long_answers_are_not_usual,
	nothing_written_is_at_least_one_token,
	a_full_table_forgets_the_model_that_knows_least, a_name_without_an_end_is_cut,
	what_is_told_is_what_is_usual)
