/* Bodies: payload, ends and limits. Malformed ones are in the raw request table. */
#include "../unit.h"
#include "http/body.h"

/* What became of a body given in pieces of at most `piece` bytes. */
struct outcome {
	enum http_verdict verdict;
	size_t n_used, n_payload;
	char payload[256];
};

static struct outcome run(enum http_framing framing, uint64_t length, uint64_t max,
	struct str in, size_t piece)
{
	struct http_head h = {
		.verdict = HTTP_DONE, .framing = framing, .content_length = length};
	struct http_body b;
	struct outcome o = {.verdict = http_body_init(&b, &h, max)};
	while (o.verdict == HTTP_MORE && o.n_used < in.n) {
		struct http_body_step step;
		size_t n = MIN(piece, in.n - o.n_used);
		o.verdict = http_body_feed(&b, in.p + o.n_used, n, &step);
		ck_assert_uint_le(o.n_payload + step.payload.n, sizeof o.payload);
		memcpy(o.payload + o.n_payload, step.payload.p, step.payload.n);
		o.n_payload += step.payload.n;
		o.n_used += step.n_used;
	}
	return o;
}

static void check(
	struct outcome o, enum http_verdict v, size_t n_used, struct str payload)
{
	ck_assert_int_eq((int)o.verdict, (int)v);
	ck_assert_uint_eq(o.n_used, n_used);
	ck_assert_uint_eq(o.n_payload, payload.n);
	ck_assert(memcmp(o.payload, payload.p, payload.n) == 0);
}

START_TEST(no_body_is_done_at_once)
{
	check(run(HTTP_FRAMING_NONE, 0, 0, STR("GET /"), 5), HTTP_DONE, 0, STR(""));
}
END_TEST

START_TEST(a_length_ends_where_it_says)
{
	for (size_t piece = 1; piece <= 8; piece++)
		check(run(HTTP_FRAMING_LENGTH, 5, 5, STR("helloGET"), piece), HTTP_DONE,
			5, STR("hello"));
	check(run(HTTP_FRAMING_LENGTH, 9, 9, STR("hello"), 2), HTTP_MORE, 5,
		STR("hello"));
}
END_TEST

START_TEST(a_length_above_the_limit_is_refused_before_a_byte_is_read)
{
	check(run(HTTP_FRAMING_LENGTH, 6, 5, STR("hello!"), 6), HTTP_BODY_TOO_LARGE, 0,
		STR(""));
}
END_TEST

START_TEST(chunks_give_their_payload_however_they_are_cut)
{
	struct str in = STR(
		"5\r\nhello\r\n00B\r\n, dear\r\nyou\r\n0\r\nA: b\r\nC:\t\xff\r\n\r\nGET");
	for (size_t piece = 1; piece <= in.n; piece++)
		check(run(HTTP_FRAMING_CHUNKED, 0, 16, in, piece), HTTP_DONE, in.n - 3,
			STR("hello, dear\r\nyou"));
}
END_TEST

START_TEST(the_running_total_of_chunks_is_limited)
{
	struct str in = STR("5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n");
	check(run(HTTP_FRAMING_CHUNKED, 0, 6, in, 3), HTTP_DONE, in.n, STR("hello!"));
	check(run(HTTP_FRAMING_CHUNKED, 0, 5, in, 3), HTTP_BODY_TOO_LARGE, 12,
		STR("hello"));
	check(run(HTTP_FRAMING_CHUNKED, 0, 4, in, 3), HTTP_BODY_TOO_LARGE, 2, STR(""));
}
END_TEST

START_TEST(a_size_that_would_wrap_around_is_too_large)
{
	check(run(HTTP_FRAMING_CHUNKED, 0, UINT64_MAX - 1,
		      STR("1\r\nx\r\nffffffffffffffff\r\n"), 64),
		HTTP_BODY_TOO_LARGE, 23, STR("x"));
}
END_TEST

START_TEST(the_byte_that_is_wrong_is_the_first_not_used)
{
	const struct {
		struct str in;
		size_t n_used;
		enum http_verdict want;
	} rows[] = {
		{STR("5;a\r\n"), 1, HTTP_BAD_CHUNK_SIZE},
		{STR("\r\n"), 0, HTTP_BAD_CHUNK_SIZE},
		{STR("5\n"), 1, HTTP_BAD_CHUNK_SIZE},
		{STR("5\rh"), 2, HTTP_BAD_CHUNK_SIZE},
		{STR("00000000000000001\r\n"), 16, HTTP_BAD_CHUNK_SIZE},
		{STR("1\r\nhx"), 4, HTTP_BAD_CHUNK_END},
		{STR("1\r\nh\rx"), 5, HTTP_BAD_CHUNK_END},
		{STR("0\r\n a: b\r\n"), 3, HTTP_BAD_TRAILER},
		{STR("0\r\na b\r\n"), 4, HTTP_BAD_TRAILER},
		{STR("0\r\na: b\n"), 7, HTTP_BAD_TRAILER},
		{STR("0\r\n\r\r"), 4, HTTP_BAD_TRAILER},
	};
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct outcome o =
			run(HTTP_FRAMING_CHUNKED, 0, 100, rows[i].in, rows[i].in.n);
		ck_assert_msg(o.verdict == rows[i].want && o.n_used == rows[i].n_used,
			"row %zu: %d at %zu", i, (int)o.verdict, o.n_used);
	}
}
END_TEST

START_TEST(trailers_have_a_limit_to_the_byte)
{
	static char in[HTTP_TRAILERS_MAX_BYTES + 16];
	for (size_t over = 0; over < 2; over++) {
		size_t n = 3 + HTTP_TRAILERS_MAX_BYTES + over;
		memset(in, 'a', n);
		memcpy(in, "0\r\na:", 5);
		memcpy(in + n - 4, "\r\n\r\n", 4);
		struct outcome o =
			run(HTTP_FRAMING_CHUNKED, 0, 1, (struct str){in, n}, 100);
		ck_assert_int_eq((int)o.verdict,
			(int)(over ? HTTP_TRAILERS_TOO_LARGE : HTTP_DONE));
	}
}
END_TEST

START_TEST(a_verdict_is_final)
{
	struct http_head h = {.verdict = HTTP_DONE, .framing = HTTP_FRAMING_CHUNKED};
	struct http_body b;
	struct http_body_step step;
	ck_assert(http_body_init(&b, &h, 10) == HTTP_MORE);
	ck_assert(http_body_feed(&b, "0\r\n\r\n", 5, &step) == HTTP_DONE);
	ck_assert(
		http_body_feed(&b, "1\r\n", 3, &step) == HTTP_DONE && step.n_used == 0);
	ck_assert(http_body_init(&b, &h, 10) == HTTP_MORE);
	ck_assert(http_body_feed(&b, "x", 1, &step) == HTTP_BAD_CHUNK_SIZE);
	ck_assert(http_body_feed(&b, "0", 1, &step) == HTTP_BAD_CHUNK_SIZE);
	ck_assert(step.n_used == 0 && step.payload.n == 0);
}
END_TEST

UNIT_MAIN("body", no_body_is_done_at_once, a_length_ends_where_it_says,
	a_length_above_the_limit_is_refused_before_a_byte_is_read,
	chunks_give_their_payload_however_they_are_cut,
	the_running_total_of_chunks_is_limited,
	a_size_that_would_wrap_around_is_too_large,
	the_byte_that_is_wrong_is_the_first_not_used, trailers_have_a_limit_to_the_byte,
	a_verdict_is_final)
