#include "decide/provider.h"

#include "../unit.h"

#include <string.h>

static struct provider_words words_of(const char *const *lines, size_t n)
{
	struct provider_words w = {0};
	for (size_t i = 0; i < n; i++)
		provider_read(&w, (struct str){lines[i], strlen(lines[i])});
	return w;
}

#define WORDS(...)                                                                     \
	words_of((const char *const[]){__VA_ARGS__},                                   \
		sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

START_TEST(provider_is_read_in_any_case_and_order)
{
	struct provider_words w = WORDS("X-RateLimit-Remaining-Tokens: 29920\r\n",
		"x-ratelimit-limit-requests:500\r\n", "x-ratelimit-limit-tokens: 30000",
		"x-ratelimit-remaining-requests: 0\r\n");
	ck_assert_uint_eq(w.of[PROVIDER_REQUESTS].limit, 500);
	ck_assert(w.of[PROVIDER_REQUESTS].has_remaining);
	ck_assert_uint_eq(w.of[PROVIDER_REQUESTS].remaining, 0);
	ck_assert_uint_eq(w.of[PROVIDER_TOKENS].limit, 30000);
	ck_assert_uint_eq(w.of[PROVIDER_TOKENS].remaining, 29920);
}
END_TEST

START_TEST(provider_says_nothing_with_what_cannot_be)
{
	static const char *const lines[] = {"x-ratelimit-limit-requests: -1",
		"x-ratelimit-limit-requests: 0", "x-ratelimit-limit-requests: many",
		"x-ratelimit-limit-requests: 99999999999999999999999",
		"x-ratelimit-limit-requests: 5000000000000",
		"x-ratelimit-limit-requests: ", "x-ratelimit-limit-requests",
		"x-ratelimit-limit-project-requests: 5",
		"x-ratelimit-reset-requests: 12ms", "content-length: 5"};
	for (size_t i = 0; i < N_ELEMENTS(lines); i++) {
		struct provider_words w = WORDS(lines[i]);
		ck_assert_uint_eq(w.of[PROVIDER_REQUESTS].limit, 0);
		ck_assert_uint_eq(w.of[PROVIDER_TOKENS].limit, 0);
	}
}
END_TEST

START_TEST(provider_keeps_a_good_limit_over_a_bad_one)
{
	struct provider_words w = WORDS(
		"x-ratelimit-limit-requests: 500", "x-ratelimit-limit-requests: many");
	ck_assert_uint_eq(w.of[PROVIDER_REQUESTS].limit, 500);
}
END_TEST

START_TEST(provider_use_beyond_ours_is_foreign)
{
	struct provider_word w = {.limit = 100, .remaining = 40, .has_remaining = true};
	ck_assert_uint_eq(provider_foreign(&w, 50), 10);
	ck_assert_uint_eq(provider_foreign(&w, 60), 0);
	ck_assert_uint_eq(provider_foreign(&w, 90), 0);
}
END_TEST

START_TEST(provider_that_does_not_say_has_no_foreign_use)
{
	struct provider_word w = {.limit = 100};
	ck_assert_uint_eq(provider_foreign(&w, 0), 0);
	w = (struct provider_word){.remaining = 40, .has_remaining = true};
	ck_assert_uint_eq(provider_foreign(&w, 0), 0);
	w = (struct provider_word){.limit = 9, .remaining = 40, .has_remaining = true};
	ck_assert_uint_eq(provider_foreign(&w, 0), 0);
}
END_TEST

UNIT_MAIN("provider", provider_is_read_in_any_case_and_order,
	provider_says_nothing_with_what_cannot_be,
	provider_keeps_a_good_limit_over_a_bad_one, provider_use_beyond_ours_is_foreign,
	provider_that_does_not_say_has_no_foreign_use)
