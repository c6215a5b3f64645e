/* What headers mean for the bytes that follow them. */
#include "../unit.h"
#include "http/head.h"

#include <stdio.h>

/* A request of that version with these header lines besides Host. */
static enum http_verdict parse(
	struct http_head *h, const char *minor, const char *lines)
{
	static char text[4096];
	int n = snprintf(text, sizeof text, "POST / HTTP/1.%s\r\nHost: a\r\n%s\r\n",
		minor, lines);
	ck_assert(n > 0 && (size_t)n < sizeof text);
	http_head_init(h);
	return http_head_parse(h, text, (size_t)n, &HTTP_HEAD_LIMITS);
}

START_TEST(each_refusal_says_which_rule_was_broken)
{
	static const struct {
		const char *minor, *lines;
		enum http_verdict want;
	} rows[] = {
		{"1", "Content-Length: 1\r\nContent-Length: 1\r\n",
			HTTP_DUPLICATE_HEADER},
		{"1", "Content-Length: 1x\r\n", HTTP_BAD_CONTENT_LENGTH},
		{"1", "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n",
			HTTP_AMBIGUOUS_LENGTH},
		{"1", "Transfer-Encoding: gzip\r\n", HTTP_UNKNOWN_CODING},
		{"1", "Transfer-Encoding:\r\n", HTTP_UNKNOWN_CODING},
		{"0", "Transfer-Encoding: chunked\r\n", HTTP_CODING_ON_1_0},
		{"1", "Transfer-Encoding: gzip\r\n chunked\r\n", HTTP_FOLDED_HEADER},
		{"1", "Host: a\r\n", HTTP_DUPLICATE_HEADER},
		{"1", "Expect: tea\r\n", HTTP_BAD_EXPECT},
		{"1", "X-Atlas-A: 1\r\nX-B: 2\r\nx-atlas-a: 1\r\n",
			HTTP_DUPLICATE_HEADER},
	};
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct http_head h;
		enum http_verdict v = parse(&h, rows[i].minor, rows[i].lines);
		ck_assert_msg(v == rows[i].want, "%s: %d", rows[i].lines, (int)v);
	}
}
END_TEST

START_TEST(the_end_of_the_body_is_known_in_three_ways)
{
	struct http_head h;
	ck_assert(parse(&h, "1", "") == HTTP_DONE);
	ck_assert(h.framing == HTTP_FRAMING_NONE);
	ck_assert(parse(&h, "1", "Content-Length: 0\r\n") == HTTP_DONE);
	ck_assert(h.framing == HTTP_FRAMING_NONE);
	ck_assert(
		parse(&h, "1", "Content-Length: 9999999999999999999\r\n") == HTTP_DONE);
	ck_assert(h.framing == HTTP_FRAMING_LENGTH);
	ck_assert_uint_eq(h.content_length, UINT64_C(9999999999999999999));
	ck_assert(parse(&h, "1", "transfer-encoding:chunKED\r\n") == HTTP_DONE);
	ck_assert(h.framing == HTTP_FRAMING_CHUNKED);
}
END_TEST

START_TEST(the_connection_goes_on_as_the_version_and_its_options_say)
{
	static const struct {
		const char *minor, *lines;
		bool keep_alive;
	} rows[] = {
		{"1", "", true},
		{"0", "", false},
		{"0", "Connection: Keep-Alive\r\n", true},
		{"1", "Connection: close\r\n", false},
		{"1", "Connection: keep-alive, CLOSE\r\n", false},
		{"0", "Connection: close\r\nConnection: keep-alive\r\n", false},
		{"1", "Connection: , foo,\tclose ,\r\n", false},
		{"1", "Connection: closed\r\n", true},
		{"1", "Connection: clos e\r\n", true},
		{"1", "Connection:\r\n", true},
		{"0", "Connection: a,keep-alive\r\n", true},
	};
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct http_head h;
		ck_assert(parse(&h, rows[i].minor, rows[i].lines) == HTTP_DONE);
		ck_assert_msg(h.keep_alive == rows[i].keep_alive, "1.%s %s",
			rows[i].minor, rows[i].lines);
	}
}
END_TEST

START_TEST(a_100_is_owed_only_for_a_body_and_on_1_1)
{
	struct http_head h;
	ck_assert(parse(&h, "1", "Expect: 100-Continue\r\nContent-Length: 1\r\n") ==
		  HTTP_DONE);
	ck_assert(h.expect_continue);
	ck_assert(parse(&h, "1", "Expect: 100-continue\r\nContent-Length: 0\r\n") ==
		  HTTP_DONE);
	ck_assert(!h.expect_continue);
	ck_assert(parse(&h, "0", "Expect: 100-continue\r\nContent-Length: 1\r\n") ==
		  HTTP_DONE);
	ck_assert(!h.expect_continue);
}
END_TEST

START_TEST(only_what_must_stand_once_is_refused_twice)
{
	struct http_head h;
	ck_assert(parse(&h, "1", "Accept: a\r\nAccept: a\r\n") == HTTP_DONE);
	ck_assert(parse(&h, "1", "X-Atlas-A: 1\r\nX-Atlas-Ab: 1\r\n") == HTTP_DONE);
	static const char *const once[] = {"Authorization", "Content-Type", "Expect",
		"Idempotency-Key", "X-Atlas-Session"};
	for (size_t i = 0; i < N_ELEMENTS(once); i++) {
		char lines[200];
		snprintf(lines, sizeof lines, "%s: 100-continue\r\n%s: b\r\n", once[i],
			once[i]);
		ck_assert_msg(
			parse(&h, "1", lines) == HTTP_DUPLICATE_HEADER, "%s", once[i]);
	}
}
END_TEST

UNIT_MAIN("framing", each_refusal_says_which_rule_was_broken,
	the_end_of_the_body_is_known_in_three_ways,
	the_connection_goes_on_as_the_version_and_its_options_say,
	a_100_is_owed_only_for_a_body_and_on_1_1,
	only_what_must_stand_once_is_refused_twice)
