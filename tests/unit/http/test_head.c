/* What the head scanner yields; what it refuses is in the raw request table. */
#include "../unit.h"
#include "http/head.h"

#include <stdio.h>

static enum http_verdict parse(struct http_head *h, const char *text)
{
	http_head_init(h);
	return http_head_parse(h, text, strlen(text), &HTTP_HEAD_LIMITS);
}

static void check_span(const char *p, struct http_span s, const char *want)
{
	ck_assert_msg(s.n == strlen(want) && memcmp(p + s.at, want, s.n) == 0,
		"\"%.*s\" is not \"%s\"", (int)s.n, p + s.at, want);
}

START_TEST(a_head_gives_its_parts)
{
	static const char text[] =
		"POST /v1/chat/completions?a=b?c HTTP/1.1\r\n"
		"Host: Example.com:8443\r\n"
		"content-type: \t application/json; charset=utf-8 \r\n"
		"Content-Length: 42\r\n"
		"X-Empty:\r\n"
		"\r\n{\"model\"";
	struct http_head h;
	ck_assert(parse(&h, text) == HTTP_DONE);
	ck_assert_uint_eq(h.head_bytes, (size_t)(strchr(text, '{') - text));
	ck_assert(h.method == HTTP_METHOD_POST);
	check_span(text, h.method_text, "POST");
	check_span(text, h.target, "/v1/chat/completions?a=b?c");
	check_span(text, h.path, "/v1/chat/completions");
	check_span(text, h.query, "a=b?c");
	check_span(text, h.host, "Example.com");
	ck_assert_uint_eq(h.port, 8443);
	check_span(text, h.content_type, "application/json; charset=utf-8");
	ck_assert(h.framing == HTTP_FRAMING_LENGTH);
	ck_assert_uint_eq(h.content_length, 42);
	ck_assert_uint_eq(h.minor, 1);
	ck_assert(h.keep_alive && !h.expect_continue);
	ck_assert_uint_eq(h.n_headers, 4);
	check_span(text, h.headers[3].name, "X-Empty");
	check_span(text, h.headers[3].value, "");
}
END_TEST

START_TEST(every_method_is_told_apart)
{
	static const char *const names[] = {
		[HTTP_METHOD_GET] = "GET",
		[HTTP_METHOD_HEAD] = "HEAD",
		[HTTP_METHOD_POST] = "POST",
		[HTTP_METHOD_PUT] = "PUT",
		[HTTP_METHOD_PATCH] = "PATCH",
		[HTTP_METHOD_DELETE] = "DELETE",
		[HTTP_METHOD_OPTIONS] = "OPTIONS",
		[HTTP_METHOD_OTHER] = "Get",
	};
	for (unsigned m = 0; m < N_ELEMENTS(names); m++) {
		char text[80];
		snprintf(text, sizeof text, "%s / HTTP/1.1\r\nHost: a\r\n\r\n",
			names[m]);
		struct http_head h;
		ck_assert(parse(&h, text) == HTTP_DONE);
		ck_assert_msg((unsigned)h.method == m, "%s", names[m]);
		check_span(text, h.method_text, names[m]);
	}
}
END_TEST

START_TEST(find_takes_the_first_of_that_name_in_any_case)
{
	static const char text[] =
		"GET / HTTP/1.1\r\nHost: a\r\nX-One: 1\r\nx-one: 2\r\n\r\n";
	struct http_head h;
	ck_assert(parse(&h, text) == HTTP_DONE);
	const struct http_header *one = http_head_find(&h, text, STR("x-ONE"));
	ck_assert_ptr_nonnull(one);
	check_span(text, one->value, "1");
	ck_assert_ptr_null(http_head_find(&h, text, STR("x-on")));
	ck_assert_ptr_null(http_head_find(&h, text, STR("x-ones")));
}
END_TEST

START_TEST(the_buffer_may_move_between_calls)
{
	static const char text[] = "GET /a HTTP/1.1\r\nHost: b\r\nX-Atlas-A: c\r\n\r\n";
	size_t n = sizeof text - 1;
	struct http_head h;
	http_head_init(&h);
	enum http_verdict v = HTTP_MORE;
	for (size_t i = 0; i <= n; i++) {
		char *copy = malloc(n);
		ck_assert_ptr_nonnull(copy);
		memcpy(copy, text, i);
		memset(copy + i, 0, n - i);
		ck_assert(v == HTTP_MORE);
		v = http_head_parse(&h, copy, i, &HTTP_HEAD_LIMITS);
		free(copy);
	}
	ck_assert(v == HTTP_DONE);
	check_span(text, h.path, "/a");
	check_span(text, h.host, "b");
}
END_TEST

START_TEST(a_verdict_is_final)
{
	struct http_head h;
	static const char good[] =
		"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\n";
	ck_assert(parse(&h, good) == HTTP_DONE);
	uint32_t bytes = h.head_bytes;
	ck_assert(http_head_parse(&h, good, sizeof good - 1, &HTTP_HEAD_LIMITS) ==
		  HTTP_DONE);
	ck_assert_uint_eq(h.head_bytes, bytes);
	static const char bad[] = "GET\r\n\r\n";
	ck_assert(parse(&h, bad) == HTTP_BAD_REQUEST_LINE);
	ck_assert(http_head_parse(&h, bad, sizeof bad - 1, &HTTP_HEAD_LIMITS) ==
		  HTTP_BAD_REQUEST_LINE);
}
END_TEST

START_TEST(what_is_not_http_is_refused_before_its_line_ends)
{
	struct http_head h;
	ck_assert(parse(&h, "\x16\x03\x01\x02") == HTTP_CONTROL_BYTE);
	ck_assert(parse(&h, "GET / HTTP/1.1\r\nHost: a\rb") == HTTP_CONTROL_BYTE);
	ck_assert(parse(&h, "GET / HTTP/1.1\r\nHost: a\r") == HTTP_MORE);
}
END_TEST

START_TEST(limits_hold_to_the_byte)
{
	static const char text[] = "GET /abcd HTTP/1.1\r\nHost: a\r\n\r\n";
	size_t n = sizeof text - 1;
	struct http_head h;
	for (size_t i = 0; i < n; i++) {
		struct http_head_limits limits = {i, 100};
		http_head_init(&h);
		enum http_verdict v = http_head_parse(&h, text, n, &limits);
		ck_assert_msg(
			v == (i < 20 ? HTTP_TARGET_TOO_LONG : HTTP_HEAD_TOO_LARGE),
			"head limit %zu: %d", i, (int)v);
	}
	http_head_init(&h);
	ck_assert(http_head_parse(&h, text, n, &(struct http_head_limits){n, 5}) ==
		  HTTP_DONE);
	http_head_init(&h);
	ck_assert(http_head_parse(&h, text, n, &(struct http_head_limits){n, 4}) ==
		  HTTP_TARGET_TOO_LONG);
}
END_TEST

START_TEST(a_full_buffer_without_an_end_is_refused_at_once)
{
	struct http_head h;
	static const char text[] = "GET / HTTP/1.1\r\nHost: abc";
	size_t n = sizeof text - 1;
	http_head_init(&h);
	ck_assert(http_head_parse(&h, text, n, &(struct http_head_limits){n + 1, 1}) ==
		  HTTP_MORE);
	http_head_init(&h);
	ck_assert(http_head_parse(&h, text, n, &(struct http_head_limits){n, 1}) ==
		  HTTP_HEAD_TOO_LARGE);
}
END_TEST

START_TEST(the_longest_request_line_is_accepted_and_one_byte_more_is_not)
{
	/* 32 bytes of method, a space, 4 of target, a space, the version, CR LF */
	static const char text[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF /abc HTTP/1.1\r\n"
				   "Host: a\r\n\r\n";
	struct http_head_limits limits = {1000, 4};
	struct http_head h;
	http_head_init(&h);
	ck_assert(http_head_parse(&h, text, sizeof text - 1, &limits) == HTTP_DONE);
	static const char endless[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF /abc HTTP/1.1111";
	for (size_t n = 0; n <= 48; n++) {
		http_head_init(&h);
		enum http_verdict v = http_head_parse(&h, endless, n, &limits);
		ck_assert_msg(v == (n < 48 ? HTTP_MORE : HTTP_TARGET_TOO_LONG),
			"%zu bytes: %d", n, (int)v);
	}
}
END_TEST

START_TEST(an_empty_target_is_a_bad_request_line)
{
	struct http_head h;
	ck_assert(parse(&h, "GET  HTTP/1.1\r\n") == HTTP_BAD_REQUEST_LINE);
}
END_TEST

START_TEST(a_slow_head_is_not_searched_again_and_again)
{
	/* 64 KiB one byte at a time: a scan that starts over would read 2 GiB */
	enum { N = HTTP_HEAD_MAX_BYTES - 1 };
	char *text = malloc(N);
	ck_assert_ptr_nonnull(text);
	static const char start[] = "GET / HTTP/1.1\r\nX: ";
	memset(text, 'a', N);
	memcpy(text, start, sizeof start - 1);
	struct http_head h;
	http_head_init(&h);
	for (size_t i = 1; i <= N; i++) {
		ck_assert(http_head_parse(&h, text, i, &HTTP_HEAD_LIMITS) == HTTP_MORE);
		ck_assert_uint_eq(h.scan_at, i - (text[i - 1] == '\r'));
	}
	free(text);
}
END_TEST

START_TEST(every_refusal_has_a_status_a_code_and_a_sentence)
{
	for (unsigned v = HTTP_DONE + 1; v < HTTP_VERDICTS; v++) {
		const struct http_reason *r = http_verdict_reason((enum http_verdict)v);
		ck_assert(http_verdict_is_error((enum http_verdict)v));
		ck_assert(r->status >= 400 && r->status <= 599);
		ck_assert_uint_gt(strlen(r->code), 0);
		ck_assert_msg(
			r->sentence[strlen(r->sentence) - 1] == '.', "%s", r->code);
		for (unsigned w = HTTP_DONE + 1; w < v; w++)
			ck_assert_str_ne(r->code,
				http_verdict_reason((enum http_verdict)w)->code);
	}
	ck_assert(
		!http_verdict_is_error(HTTP_MORE) && !http_verdict_is_error(HTTP_DONE));
}
END_TEST

UNIT_MAIN("head", a_head_gives_its_parts, every_method_is_told_apart,
	find_takes_the_first_of_that_name_in_any_case,
	the_buffer_may_move_between_calls, a_verdict_is_final,
	what_is_not_http_is_refused_before_its_line_ends, limits_hold_to_the_byte,
	a_full_buffer_without_an_end_is_refused_at_once,
	the_longest_request_line_is_accepted_and_one_byte_more_is_not,
	an_empty_target_is_a_bad_request_line,
	a_slow_head_is_not_searched_again_and_again,
	every_refusal_has_a_status_a_code_and_a_sentence)
