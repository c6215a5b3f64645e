/* Server-sent events out of bytes: the same events however the bytes are cut. */
#include "../unit.h"
#include "text/sse.h"

#include <stdio.h>
#include <string.h>

enum { MAX_LINE = 64, BUF_BYTES = 2 * MAX_LINE + 1 };

/* What a stream gave, as text: "[name|data]" for each event, then the verdict. */
struct heard {
	char text[2048];
	size_t n;
};

static void hear(struct heard *h, const struct sse_event *e)
{
	h->n += (size_t)snprintf(h->text + h->n, sizeof h->text - h->n,
		"[" STR_FMT "|" STR_FMT "]", STR_ARG(e->name), STR_ARG(e->data));
}

/* Feed text in pieces of at most n_piece bytes, each in memory of its own. */
static void feed(struct heard *h, struct str text, size_t n_piece)
{
	char buf[BUF_BYTES];
	struct sse s;
	struct sse_event e;
	enum sse_verdict v = SSE_MORE;
	*h = (struct heard){0};
	sse_init(&s, buf, sizeof buf, MAX_LINE);
	for (size_t at = 0; at < text.n && v != SSE_TOO_LONG; at += n_piece) {
		char piece[2048];
		struct str in = {piece, MIN(n_piece, text.n - at)};
		memcpy(piece, text.p + at, in.n);
		while ((v = sse_next(&s, &in, &e)) == SSE_EVENT)
			hear(h, &e);
		ck_assert_int_ne(v, SSE_FULL);
		memset(piece, '#', sizeof piece);
	}
	if (v == SSE_TOO_LONG)
		h->n += (size_t)snprintf(h->text + h->n, sizeof h->text - h->n, "!");
}

static void check(const char *text, const char *want)
{
	struct heard h;
	struct str s = {text, strlen(text)};
	for (size_t n_piece = 1; n_piece <= s.n; n_piece++) {
		feed(&h, s, n_piece);
		ck_assert_msg(strcmp(h.text, want) == 0, "pieces of %zu: %s", n_piece,
			h.text);
	}
}

START_TEST(line_ends_may_be_lf_crlf_or_cr)
{
	check("data: a\n\ndata:b\n\n", "[|a][|b]");
	check("data: a\r\n\r\ndata: b\r\n\r\n", "[|a][|b]");
	check("data: a\r\rdata: b\r\r", "[|a][|b]");
	check("data: a\r\n\rdata: b\n\r\n", "[|a][|b]");
}
END_TEST

START_TEST(names_belong_to_one_event_only)
{
	check("event: x\ndata: 1\n\ndata: 2\n\n", "[x|1][|2]");
	check("event: x\n\ndata: 2\n\n", "[|2]");
	check("event: x\nevent: y\ndata: 1\n\n", "[y|1]");
	check("data: 1\nevent: x\n\n", "[x|1]");
	check("event\ndata: 1\n\n", "[|1]");
}
END_TEST

START_TEST(data_lines_are_joined_by_lf)
{
	check("data: a\ndata: b\ndata\ndata:\n\n", "[|a\nb\n\n]");
	check("data\n\n", "[|]");
	check("data: a\n: between\nid: 7\ndata: b\n\n", "[|a\nb]");
}
END_TEST

START_TEST(one_space_behind_the_colon_is_not_data)
{
	check("data:  a \n\n", "[| a ]");
	check("data: \n\n", "[|]");
}
END_TEST

START_TEST(comments_and_other_fields_are_passed_over)
{
	check(": ping\n\n:\n\nid: 1\nretry: 10\nfoo: bar\n\ndata: a\n\n", "[|a]");
	check("data : a\n\nDATA: a\n\n", "");
}
END_TEST

START_TEST(a_byte_order_mark_counts_only_at_the_start)
{
	check("\xef\xbb\xbf"
	      "data: a\n\n",
		"[|a]");
	check("data: a\n\n\xef\xbb\xbf"
	      "data: b\n\n",
		"[|a]");
}
END_TEST

START_TEST(an_event_without_its_blank_line_is_none)
{
	check("data: a\n\ndata: b\n", "[|a]");
	check("data: a\n\ndata: b", "[|a]");
}
END_TEST

START_TEST(a_line_is_too_long_only_beyond_the_limit)
{
	char text[200], want[200];
	memset(text, 'x', sizeof text);
	memcpy(text, "data:", 5);
	memcpy(text + MAX_LINE, "\n\n", 3);
	snprintf(want, sizeof want, "[|%.*s]", MAX_LINE - 5, text + 5);
	check(text, want);
	memset(text + MAX_LINE, 'x', 2);
	memcpy(text + MAX_LINE + 1, "\n\n", 3);
	check(text, "!");
}
END_TEST

START_TEST(joined_data_is_too_long_beyond_the_limit)
{
	const char *line = "data: 0123456789012345678901234567890\n"; /* 31 of data */
	char text[200];
	snprintf(text, sizeof text, "data: a\n\n%s%s\n", line, line);
	check(text, "[|a][|0123456789012345678901234567890\n"
		    "0123456789012345678901234567890]");
	snprintf(text, sizeof text, "data: a\n\n%s%sdata\n\n", line, line);
	check(text, "[|a][|0123456789012345678901234567890\n"
		    "0123456789012345678901234567890\n]");
	snprintf(text, sizeof text, "data: a\n\n%s%sdata:x\n\n", line, line);
	check(text, "[|a]!");
}
END_TEST

START_TEST(a_comment_too_long_ends_the_stream_too)
{
	char text[200];
	memset(text, ':', sizeof text);
	memcpy(text + MAX_LINE + 1, "\n", 2);
	check(text, "!");
}
END_TEST

START_TEST(a_whole_event_is_handed_out_in_place)
{
	const char *text = "event: x\ndata: abc\n\n";
	struct str in = {text, strlen(text)};
	struct sse s;
	struct sse_event e;
	sse_init(&s, NULL, 0, MAX_LINE);
	ck_assert_int_eq(sse_next(&s, &in, &e), SSE_EVENT);
	ck_assert_ptr_eq(e.data.p, strstr(text, "abc"));
	ck_assert_int_eq(sse_next(&s, &in, &e), SSE_MORE);
}
END_TEST

START_TEST(data_without_bytes_is_still_a_string)
{
	struct str first = STR("data\n"), second = STR("\n");
	struct sse s;
	struct sse_event e;
	sse_init(&s, NULL, 0, MAX_LINE);
	ck_assert_int_eq(sse_next(&s, &first, &e), SSE_MORE);
	ck_assert_int_eq(sse_next(&s, &second, &e), SSE_EVENT);
	ck_assert_uint_eq(e.data.n, 0);
	ck_assert_ptr_nonnull(e.data.p);
}
END_TEST

/* Feed text in pieces of n_piece with a buffer that begins with nothing and grows byte
 * by byte on demand. */
static void feed_growing(struct heard *h, struct str text, size_t n_piece)
{
	char bufs[2][BUF_BYTES + 1];
	size_t cap = 0;
	struct sse s;
	struct sse_event e;
	*h = (struct heard){0};
	memset(bufs, '#', sizeof bufs);
	sse_init(&s, NULL, 0, MAX_LINE);
	for (size_t at = 0; at < text.n; at += n_piece) {
		struct str in = {text.p + at, MIN(n_piece, text.n - at)};
		enum sse_verdict v;
		while ((v = sse_next(&s, &in, &e)) != SSE_MORE) {
			ck_assert_int_eq(bufs[cap % 2][cap], '#');
			if (v == SSE_EVENT) {
				hear(h, &e);
				continue;
			}
			ck_assert_int_eq(v, SSE_FULL);
			ck_assert_uint_lt(cap, BUF_BYTES);
			cap++;
			sse_grow(&s, bufs[cap % 2], cap);
		}
	}
}

START_TEST(a_full_buffer_loses_nothing)
{
	const char *text = "event: x\r\ndata: abc\r\ndata: d\n: c\n\ndata:e\r\r";
	struct str s = {text, strlen(text)};
	struct heard h;
	for (size_t n_piece = 1; n_piece <= s.n; n_piece++) {
		feed_growing(&h, s, n_piece);
		ck_assert_str_eq(h.text, "[x|abc\nd][|e]");
	}
}
END_TEST

START_TEST(a_name_too_long_ends_the_stream)
{
	char text[SSE_NAME_BYTES + 32], buf[BUF_BYTES];
	struct str in = {text, (size_t)snprintf(text, sizeof text, "event:%0*d\n",
				       SSE_NAME_BYTES + 1, 0)};
	struct sse s;
	struct sse_event e;
	sse_init(&s, buf, sizeof buf, sizeof text);
	ck_assert_int_eq(sse_next(&s, &in, &e), SSE_TOO_LONG);
	ck_assert_int_eq(sse_next(&s, &in, &e), SSE_TOO_LONG);
}
END_TEST

static void check_written(
	struct str name, struct str head, struct str tail, const char *want)
{
	char out[128] = {0};
	ck_assert_uint_eq(sse_size(name, head, tail), strlen(want));
	sse_write(name, head, tail, out);
	ck_assert_str_eq(out, want);
}

START_TEST(events_are_written_with_lf_and_a_data_line_each)
{
	struct str none = {0};
	check_written(none, STR("{}"), none, "data: {}\n\n");
	check_written(STR("error"), STR("{\"a\""), STR(":1}"),
		"event: error\ndata: {\"a\":1}\n\n");
	check_written(none, STR("a\n"), STR("b\n\nc"),
		"data: a\ndata: b\ndata: \ndata: c\n\n");
}
END_TEST

UNIT_MAIN("sse", line_ends_may_be_lf_crlf_or_cr, names_belong_to_one_event_only,
	data_lines_are_joined_by_lf, one_space_behind_the_colon_is_not_data,
	comments_and_other_fields_are_passed_over,
	a_byte_order_mark_counts_only_at_the_start,
	an_event_without_its_blank_line_is_none,
	a_line_is_too_long_only_beyond_the_limit,
	joined_data_is_too_long_beyond_the_limit,
	a_comment_too_long_ends_the_stream_too, a_whole_event_is_handed_out_in_place,
	data_without_bytes_is_still_a_string, a_full_buffer_loses_nothing,
	a_name_too_long_ends_the_stream,
	events_are_written_with_lf_and_a_data_line_each)
