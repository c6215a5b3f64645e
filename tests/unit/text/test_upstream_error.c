/* What upstreams say when they refuse. */
#include "../unit.h"
#include "text/upstream_error.h"

#include <stdio.h>
#include <string.h>

static bool parse(const char *body, struct upstream_error *u)
{
	return upstream_error_parse((struct str){body, strlen(body)}, u);
}

static void check(struct str got, const char *want)
{
	if (want == NULL) {
		ck_assert_ptr_null(got.p);
		return;
	}
	ck_assert_msg(got.n == strlen(want) && memcmp(got.p, want, got.n) == 0, STR_FMT,
		STR_ARG(got));
}

START_TEST(the_four_words_are_decoded)
{
	struct upstream_error u;
	ck_assert(parse("{\"error\":{\"message\":\"Limit 1, \\\"Used\\\" 2\","
			"\"type\":\"tokens\",\"param\":null,"
			"\"code\":\"rate_limit_exceeded\",\"extra\":[{}]}}",
		&u));
	struct apierr_words w = upstream_error_words(&u);
	check(w.message, "Limit 1, \"Used\" 2");
	check(w.type, "tokens");
	check(w.param, NULL);
	check(w.code, "rate_limit_exceeded");
}
END_TEST

START_TEST(a_string_is_a_message_and_a_number_a_code)
{
	struct upstream_error u;
	ck_assert(parse("{\"error\":\"no such model\"}", &u));
	check(upstream_error_words(&u).message, "no such model");
	ck_assert(parse("{\"object\":\"x\",\"error\":{\"code\":429}}", &u));
	check(upstream_error_words(&u).code, "429");
}
END_TEST

START_TEST(keys_are_scrubbed_even_when_escapes_hide_them)
{
	struct upstream_error u;
	ck_assert(parse("{\"error\":{\"message\":\"bad key: \\u0073k-secret-1\","
			"\"code\":\"sk-secret\"}}",
		&u));
	check(upstream_error_words(&u).message, "bad key: sk-***");
	check(upstream_error_words(&u).code, "sk-***");
}
END_TEST

START_TEST(a_long_message_is_cut_and_still_writable)
{
	char body[16000] = "{\"error\":{\"message\":\"", out[APIERR_BODY_BYTES];
	struct upstream_error u;
	for (size_t i = 0; i < 2000; i++)
		strcat(body, "\\u0001");
	strcat(body, "\"}}");
	ck_assert(parse(body, &u));
	struct apierr_words w = upstream_error_words(&u);
	ck_assert_uint_eq(w.message.n, UPSTREAM_ERROR_MESSAGE_BYTES - 1);
	ck_assert_uint_gt(apierr_write_words(&w, out, sizeof out), 6000);
}
END_TEST

START_TEST(what_is_no_error_body_is_refused)
{
	static const char *const bad[] = {"", "<html>", "[]", "{}", "{\"error\":null}",
		"{\"error\":[]}", "{\"error\":{\"message\":1}", "{\"error\":{}}x",
		"{\"error\":{\"message\":}}", "{\"message\":\"x\"}"};
	for (size_t i = 0; i < N_ELEMENTS(bad); i++) {
		struct upstream_error u;
		ck_assert_msg(!parse(bad[i], &u), "%s", bad[i]);
	}
}
END_TEST

START_TEST(nothing_of_a_key_stays_behind_the_text)
{
	struct upstream_error u;
	static const char key[] = "sk-0123456789abcdefghijklmnopqrstuvwxyz";
	char body[256];
	snprintf(body, sizeof body, "{\"error\":{\"code\":\"%s\"}}", key);
	ck_assert(parse(body, &u));
	ck_assert_str_eq(u.code, "sk-***");
	ck_assert_ptr_null(memmem(&u, sizeof u, "wxyz", 4));
}
END_TEST

START_TEST(the_longest_text_still_ends_with_a_nul)
{
	struct upstream_error u;
	char body[256];
	snprintf(body, sizeof body, "{\"error\":{\"code\":\"%0*d\"}}",
		UPSTREAM_ERROR_WORD_BYTES, 7);
	ck_assert(parse(body, &u));
	ck_assert_uint_eq(strlen(u.code), UPSTREAM_ERROR_WORD_BYTES - 1);
}
END_TEST

START_TEST(a_response_and_an_event_have_theirs_elsewhere)
{
	struct upstream_error u;
	ck_assert(parse(
		"{\"type\":\"response.failed\",\"response\":{\"id\":\"r\",\"error\":{"
		"\"code\":\"rate_limit_exceeded\",\"message\":\"Not now.\"}}}",
		&u));
	check(upstream_error_words(&u).code, "rate_limit_exceeded");
	check(upstream_error_words(&u).message, "Not now.");
	ck_assert(parse("{\"type\":\"error\",\"code\":\"c\",\"message\":\"m\","
			"\"param\":null,\"sequence_number\":3}",
		&u));
	check(upstream_error_words(&u).code, "c");
	check(upstream_error_words(&u).message, "m");
	check(upstream_error_words(&u).type, NULL);
	ck_assert(!parse("{\"type\":\"x\",\"code\":\"c\",\"message\":\"m\"}", &u));
	ck_assert(!parse("{\"response\":{\"error\":null}}", &u));
}
END_TEST

UNIT_MAIN("upstream_error", a_response_and_an_event_have_theirs_elsewhere,
	nothing_of_a_key_stays_behind_the_text, the_longest_text_still_ends_with_a_nul,
	the_four_words_are_decoded, a_string_is_a_message_and_a_number_a_code,
	keys_are_scrubbed_even_when_escapes_hide_them,
	a_long_message_is_cut_and_still_writable, what_is_no_error_body_is_refused)
