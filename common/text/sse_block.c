/* Blocks out of bytes: only line ends are looked at, and how lines begin. */
#include "text/sse_block.h"

/* One byte, its line end made LF. */
static void take(struct sse_block *b, char c)
{
	if (c != '\n') {
		b->is_event |= !b->is_in_line && c != ':';
		b->is_in_line = true;
		return;
	}
	b->is_whole = !b->is_in_line;
	b->is_in_line = false;
	b->is_event &= !b->is_whole;
}

size_t sse_block_copy(struct sse_block *b, struct str *in, char *dst)
{
	size_t n = 0;
	b->is_whole = false;
	while (in->n > 0 && !b->is_whole) {
		char c = in->p[0];
		bool is_rest = c == '\n' && b->skips_lf;
		in->p++;
		in->n--;
		b->skips_lf = c == '\r';
		if (is_rest)
			continue;
		dst[n] = c == '\r' ? '\n' : c;
		take(b, dst[n++]);
	}
	return n;
}

bool sse_block_is_whole(const struct sse_block *b)
{
	return b->is_whole;
}

bool sse_block_is_open(const struct sse_block *b)
{
	return b->is_event;
}
