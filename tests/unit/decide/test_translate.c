/* What a client is told of each refusal, row by row. */
#include "../unit.h"
#include "base/clock.h"
#include "decide/translate.h"

#include <string.h>

#define NOTHING ((struct str){0})

static bool is(struct str s, const char *text)
{
	return text == NULL ? s.p == NULL
			    : s.n == strlen(text) && memcmp(s.p, text, s.n) == 0;
}

/* A request that failed after three attempts with words of the upstream's. */
static struct translation told(enum attempt_class class, unsigned status)
{
	static struct translation t;
	struct translate_input in = {.class = class,
		.status = status,
		.words = {STR("They said."), STR("their_type"), STR("their_param"),
			STR("their_code")},
		.attempts = 3,
		.retry_after_ns = 1500 * NS_PER_MS};
	translate(&in, &t);
	return t;
}

static const struct {
	enum attempt_class class;
	unsigned status, told_status;
	const char *type, *param, *code;
	bool has_words, waits;
} rows[] = {
	{CLASS_RATE_LIMIT, 429, 429, "their_type", NULL, "rate_limit_exceeded", true,
		true},
	{CLASS_SLOW_DOWN, 429, 429, "requests", NULL, "slow_down", true, true},
	{CLASS_SLOW_DOWN, 503, 429, "requests", NULL, "slow_down", true, true},
	{CLASS_QUOTA, 429, 429, "insufficient_quota", NULL, "insufficient_quota", true,
		false},
	{CLASS_TOO_LARGE, 429, 413, "tokens", NULL, "request_too_large", true, false},
	{CLASS_AUTH, 401, 502, "upstream_error", NULL, "upstream_authentication", false,
		false},
	{CLASS_AUTH, 403, 502, "upstream_error", NULL, "upstream_authentication", false,
		false},
	{CLASS_CLIENT, 400, 400, "their_type", "their_param", "their_code", true,
		false},
	{CLASS_CLIENT, 404, 404, "their_type", "their_param", "their_code", true,
		false},
	{CLASS_CLIENT, 422, 422, "their_type", "their_param", "their_code", true,
		false},
	{CLASS_OVERLOADED, 503, 503, "upstream_error", NULL, "upstream_overloaded",
		true, true},
	{CLASS_SERVER, 408, 504, "upstream_error", NULL, "upstream_timeout", true,
		false},
	{CLASS_SERVER, 409, 409, "their_type", "their_param", "their_code", true,
		false},
	{CLASS_SERVER, 500, 502, "server_error", NULL, "upstream_failed", true, true},
	{CLASS_SERVER, 502, 502, "server_error", NULL, "upstream_failed", true, true},
	{CLASS_SERVER, 504, 504, "upstream_error", NULL, "upstream_timeout", true,
		false},
	{CLASS_SERVER, 599, 502, "server_error", NULL, "upstream_failed", true, true},
};

START_TEST(every_refusal_has_its_row)
{
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct translation t = told(rows[i].class, rows[i].status);
		ck_assert_msg(
			t.status == rows[i].told_status, "row %zu: %u", i, t.status);
		ck_assert_msg(is(t.words.type, rows[i].type), "row %zu", i);
		ck_assert_msg(is(t.words.param, rows[i].param), "row %zu", i);
		ck_assert_msg(is(t.words.code, rows[i].code), "row %zu", i);
		ck_assert_msg(
			(strstr(t.message, "They said.") != NULL) == rows[i].has_words,
			"row %zu: %s", i, t.message);
		ck_assert_msg(t.wait_ms == (rows[i].waits ? 1500 : 0), "row %zu", i);
		ck_assert_msg(strstr(t.message, "Atlas tried it 3 times.") != NULL,
			"row %zu: %s", i, t.message);
		size_t n = strlen(t.message);
		bool ends_with_wait = n > 6 && strcmp(t.message + n - 6, " 1.5s.") == 0;
		ck_assert_msg(
			ends_with_wait == rows[i].waits, "row %zu: %s", i, t.message);
	}
}
END_TEST

START_TEST(an_upstream_without_words_gets_ours)
{
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct translate_input in = {.class = rows[i].class,
			.status = rows[i].status,
			.attempts = 1};
		struct translation t;
		translate(&in, &t);
		ck_assert_msg(strlen(t.message) > 20, "row %zu: %s", i, t.message);
		ck_assert_ptr_nonnull(t.words.type.p);
		ck_assert_ptr_null(strstr(t.message, "Atlas tried"));
	}
}
END_TEST

START_TEST(our_sentence_alone_says_what_to_do_and_once)
{
	static const struct {
		enum attempt_class class;
		enum apierr_reason reason;
		const char *to_do;
	} cases[] = {{CLASS_QUOTA, APIERR_UPSTREAM_QUOTA, "the operator must see to"},
		{CLASS_TOO_LARGE, APIERR_REQUEST_TOO_LARGE, "make it smaller"}};
	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		struct translate_input in = {
			.class = cases[i].class, .status = 429, .attempts = 1};
		struct translation t;
		translate(&in, &t);
		ck_assert_str_eq(t.message, apierr_row(cases[i].reason)->text);
		ck_assert_ptr_nonnull(strstr(t.message, cases[i].to_do));
	}
}
END_TEST

START_TEST(words_without_a_full_stop_get_one_before_ours)
{
	static const struct {
		struct str words;
		const char *told;
	} cases[] = {{STR("Try later"), "Try later. Atlas tried it 2 times."},
		{STR("Try later."), "Try later. Atlas tried it 2 times."},
		{STR("Really?"), "Really? Atlas tried it 2 times."}};
	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		struct translation t;
		translate(&(struct translate_input){.class = CLASS_CLIENT,
				  .status = 400,
				  .words.message = cases[i].words,
				  .attempts = 2},
			&t);
		ck_assert_str_eq(t.message, cases[i].told);
	}
}
END_TEST

static struct translation of_message(struct str message, uint64_t retry_after_ns)
{
	static struct translation t;
	struct translate_input in = {.class = CLASS_RATE_LIMIT,
		.status = 429,
		.words.message = message,
		.attempts = 1,
		.retry_after_ns = retry_after_ns};
	translate(&in, &t);
	return t;
}

START_TEST(the_wait_of_the_message_gives_way_to_ours)
{
	static const struct str said =
		STR("Rate limit reached: Limit 3, Used 3. Please try again in 41.724s. "
		    "Visit https://platform.openai.com/account/rate-limits.");
	struct translation t = of_message(said, 0);
	ck_assert_uint_eq(t.wait_ms, 41724);
	ck_assert_str_eq(t.message, "Rate limit reached: Limit 3, Used 3. "
				    "Please try again in 41.724s.");
	t = of_message(said, 2 * NS_PER_S);
	ck_assert_uint_eq(t.wait_ms, 2000);
	ck_assert_str_eq(t.message, "Rate limit reached: Limit 3, Used 3. "
				    "Please try again in 2s.");
	t = of_message(STR("Please try again in a while"), 0);
	ck_assert_uint_eq(t.wait_ms, TRANSLATE_WAIT_DEFAULT_MS);
}
END_TEST

static uint64_t wait_held(uint64_t retry_after_ms, uint64_t held_ms)
{
	struct translation t;
	struct translate_input in = {.class = CLASS_SERVER,
		.status = 500,
		.attempts = 3,
		.retry_after_ns = retry_after_ms * NS_PER_MS,
		.held_ns = held_ms * NS_PER_MS};
	translate(&in, &t);
	return t.wait_ms;
}

START_TEST(a_key_that_is_held_for_longer_is_told)
{
	ck_assert_uint_eq(wait_held(0, 0), TRANSLATE_WAIT_DEFAULT_MS);
	ck_assert_uint_eq(wait_held(0, 20700), 20700);
	ck_assert_uint_eq(wait_held(2000, 20700), 20700);
	ck_assert_uint_eq(wait_held(30000, 20700), 30000);
	ck_assert_uint_eq(wait_held(30000, 33000), 30000); /* jitter */
	ck_assert_uint_eq(wait_held(0, 300), TRANSLATE_WAIT_DEFAULT_MS);
	ck_assert_uint_eq(wait_held(0, UINT64_MAX / NS_PER_MS), TRANSLATE_WAIT_MAX_MS);
}
END_TEST

START_TEST(no_wait_is_longer_than_a_day_or_shorter_than_its_ms)
{
	struct translation t = of_message(STR("x"), 7200 * NS_PER_S);
	ck_assert_uint_eq(t.wait_ms, 7200000);
	ck_assert_str_eq(t.message, "x. Please try again in 7200s.");
	ck_assert_uint_eq(
		of_message(STR("Please try again in 6m0s."), 0).wait_ms, 360000);
	ck_assert_uint_eq(of_message(STR("x"), 1).wait_ms, 1);
	ck_assert_uint_eq(
		of_message(STR("x"), UINT64_MAX).wait_ms, TRANSLATE_WAIT_MAX_MS);
	ck_assert_uint_eq(of_message(NOTHING, 0).wait_ms, TRANSLATE_WAIT_DEFAULT_MS);
}
END_TEST

START_TEST(the_longest_words_leave_room_for_ours)
{
	static char long_text[1024];
	memset(long_text, 'x', sizeof long_text);
	struct str all = {long_text, sizeof long_text};
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct translate_input in = {.class = rows[i].class,
			.status = rows[i].status,
			.words = {all, {long_text, 64}, {long_text, 64},
				{long_text, 64}},
			.attempts = UINT32_MAX,
			.retry_after_ns = NS_PER_S};
		struct translation t;
		char body[APIERR_BODY_BYTES];
		translate(&in, &t);
		ck_assert_msg(t.message[strlen(t.message) - 1] == '.', "row %zu", i);
		ck_assert_uint_gt(apierr_write_words(&t.words, body, sizeof body), 0);
	}
}
END_TEST

UNIT_MAIN("translate", every_refusal_has_its_row, an_upstream_without_words_gets_ours,
	our_sentence_alone_says_what_to_do_and_once,
	words_without_a_full_stop_get_one_before_ours,
	the_wait_of_the_message_gives_way_to_ours,
	a_key_that_is_held_for_longer_is_told,
	no_wait_is_longer_than_a_day_or_shorter_than_its_ms,
	the_longest_words_leave_room_for_ours)
