/* Streams cut behind their blank lines: the same blocks however the bytes are cut. */
#include "../unit.h"
#include "text/sse_block.h"

#include <stdio.h>
#include <string.h>

/* The blocks of text as "[block]", then what is left as it stands, with "?" behind it where
 * that is an event; fed in pieces of at most n_piece bytes. */
static void feed(struct str text, size_t n_piece, char out[static 512])
{
	struct sse_block b = {0};
	char block[256];
	size_t n = 0, n_out = 0;
	for (size_t at = 0; at < text.n; at += n_piece) {
		struct str in = {text.p + at, MIN(n_piece, text.n - at)};
		while (in.n > 0) {
			n += sse_block_copy(&b, &in, block + n);
			if (!sse_block_is_whole(&b))
				continue;
			n_out += (size_t)snprintf(
				out + n_out, 512 - n_out, "[%.*s]", (int)n, block);
			n = 0;
		}
	}
	snprintf(out + n_out, 512 - n_out, "%.*s%s", (int)n, block,
		sse_block_is_open(&b) ? "?" : "");
}

static void check(const char *text, const char *want)
{
	char out[512];
	struct str s = {text, strlen(text)};
	for (size_t n_piece = 1; n_piece <= s.n; n_piece++) {
		feed(s, n_piece, out);
		ck_assert_msg(
			strcmp(out, want) == 0, "pieces of %zu: %s", n_piece, out);
	}
}

START_TEST(a_block_is_all_lines_up_to_a_blank_one)
{
	check("id: 1\nretry: 5\ndata: a\ndata\n\n: b\n\n",
		"[id: 1\nretry: 5\ndata: a\ndata\n\n][: b\n\n]");
	check("data: a\n\n\ndata: b\n\n", "[data: a\n\n][\n][data: b\n\n]");
}
END_TEST

START_TEST(line_ends_become_lf)
{
	check("a\r\n\r\nb\r\rc\n\n", "[a\n\n][b\n\n][c\n\n]");
	check("a\r\n\rb\n\r\nc\r\n\n", "[a\n\n][b\n\n][c\n\n]");
	check("a\r\r\nb\n\n", "[a\n\n][b\n\n]");
}
END_TEST

START_TEST(what_is_not_whole_is_open_unless_it_is_a_comment)
{
	check("data: a", "data: a?");
	check("data: a\n", "data: a\n?");
	check("data: a\n: b\n", "data: a\n: b\n?");
	check("data: a\r", "data: a\n?");
	check("data: a\n\nid", "[data: a\n\n]id?");
	check("data: a\n\n: b\n", "[data: a\n\n]: b\n");
	check(": a", ": a");
	check("data: a\n\n", "[data: a\n\n]");
	check("data: a\r\r", "[data: a\n\n]");
}
END_TEST

UNIT_MAIN("sse_block", a_block_is_all_lines_up_to_a_blank_one, line_ends_become_lf,
	what_is_not_whole_is_open_unless_it_is_a_comment)
