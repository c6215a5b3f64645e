/* Answer heads as they go out, and what cannot get into one. */
#include "../unit.h"
#include "http/reply.h"

static char buf[HTTP_REPLY_BYTES];

static struct http_reply reply(uint8_t minor, bool keep_alive)
{
	return (struct http_reply){
		.p = buf, .cap = sizeof buf, .minor = minor, .keep_alive = keep_alive};
}

static void check_text(const struct http_reply *r, const char *want)
{
	ck_assert_msg(r->n == strlen(want) && memcmp(r->p, want, r->n) == 0, "%.*s",
		(int)r->n, r->p);
}

START_TEST(a_head_with_a_length)
{
	struct http_reply r = reply(1, true);
	http_reply_begin(&r, 429);
	ck_assert(
		http_reply_add(&r, STR("Date"), STR("Thu, 01 Jan 1970 00:00:00 GMT")));
	ck_assert(http_reply_add(&r, STR("X-Empty"), (struct str){NULL, 0}));
	ck_assert(http_reply_add_u64(&r, STR("Retry-After"), 7));
	ck_assert(http_reply_end_length(&r, UINT64_MAX));
	check_text(&r, "HTTP/1.1 429 Too Many Requests\r\n"
		       "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
		       "X-Empty: \r\n"
		       "Retry-After: 7\r\n"
		       "Content-Length: 18446744073709551615\r\n\r\n");
	ck_assert(r.keep_alive && !r.chunked);
}
END_TEST

START_TEST(a_stream_is_chunked_on_1_1)
{
	struct http_reply r = reply(1, true);
	http_reply_begin(&r, 200);
	ck_assert(http_reply_end_stream(&r));
	check_text(&r, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
	ck_assert(r.keep_alive && r.chunked);
}
END_TEST

START_TEST(a_stream_ends_with_the_connection_on_1_0)
{
	struct http_reply r = reply(0, true);
	http_reply_begin(&r, 200);
	ck_assert(http_reply_end_stream(&r));
	check_text(&r, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
	ck_assert(!r.keep_alive && !r.chunked);
}
END_TEST

START_TEST(the_connection_header_says_what_the_version_does_not)
{
	struct http_reply r = reply(0, true);
	http_reply_begin(&r, 200);
	ck_assert(http_reply_end_length(&r, 0));
	check_text(&r,
		"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n");
	r = reply(1, false);
	http_reply_begin(&r, 204);
	ck_assert(http_reply_end_bare(&r));
	check_text(&r, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
}
END_TEST

START_TEST(an_unusual_status_has_no_reason)
{
	struct http_reply r = reply(1, true);
	http_reply_begin(&r, 529);
	ck_assert(http_reply_end_bare(&r));
	check_text(&r, "HTTP/1.1 529 \r\n\r\n");
}
END_TEST

START_TEST(no_value_can_end_its_line)
{
	struct http_reply r = reply(1, true);
	http_reply_begin(&r, 200);
	size_t n = r.n;
	for (unsigned c = 0; c < 256; c++) {
		char value[3] = {'a', (char)c, 'b'};
		bool printable = c >= 0x20 && c < 0x7f;
		ck_assert_msg(http_reply_add(&r, STR("X"), (struct str){value, 3}) ==
				      printable,
			"0x%02x", c);
		n += printable ? sizeof "X: a?b\r\n" - 1 : 0;
		ck_assert_uint_eq(r.n, n);
	}
	ck_assert(http_reply_end_bare(&r) && !r.truncated);
}
END_TEST

START_TEST(a_full_buffer_is_never_overrun_and_always_told)
{
	static char guarded[256];
	struct http_reply whole = reply(1, false);
	http_reply_begin(&whole, 404);
	ck_assert(http_reply_add(&whole, STR("Content-Type"), STR("application/json")));
	ck_assert(http_reply_end_length(&whole, 12));
	for (size_t cap = 0; cap <= whole.n; cap++) {
		memset(guarded, '~', sizeof guarded);
		struct http_reply r = {.p = guarded, .cap = cap, .minor = 1};
		http_reply_begin(&r, 404);
		http_reply_add(&r, STR("Content-Type"), STR("application/json"));
		bool fits = http_reply_end_length(&r, 12);
		ck_assert_msg(fits == (cap == whole.n) && fits == !r.truncated,
			"cap %zu", cap);
		ck_assert_uint_le(r.n, cap);
		for (size_t i = cap; i < sizeof guarded; i++)
			ck_assert_int_eq(guarded[i], '~');
	}
}
END_TEST

START_TEST(nothing_is_written_behind_what_did_not_fit)
{
	char small[24];
	struct http_reply r = {.p = small, .cap = sizeof small, .minor = 1};
	http_reply_begin(&r, 200);
	size_t n = r.n;
	ck_assert(!http_reply_add(&r, STR("Long"), STR("does not fit")));
	ck_assert(!http_reply_add(&r, STR("A"), STR("b")));
	ck_assert(r.truncated && r.n == n);
}
END_TEST

START_TEST(chunk_sizes_are_hex_without_leading_zeros)
{
	static const struct {
		uint64_t n;
		const char *text;
	} rows[] = {{1, "1\r\n"}, {15, "f\r\n"}, {16, "10\r\n"}, {0xabc00, "abc00\r\n"},
		{UINT64_MAX, "ffffffffffffffff\r\n"}};
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		char out[HTTP_CHUNK_SIZE_BYTES];
		size_t n = http_chunk_size(rows[i].n, out);
		ck_assert_uint_eq(n, strlen(rows[i].text));
		ck_assert(memcmp(out, rows[i].text, n) == 0);
	}
}
END_TEST

UNIT_MAIN("reply", a_head_with_a_length, a_stream_is_chunked_on_1_1,
	a_stream_ends_with_the_connection_on_1_0,
	the_connection_header_says_what_the_version_does_not,
	an_unusual_status_has_no_reason, no_value_can_end_its_line,
	a_full_buffer_is_never_overrun_and_always_told,
	nothing_is_written_behind_what_did_not_fit,
	chunk_sizes_are_hex_without_leading_zeros)
