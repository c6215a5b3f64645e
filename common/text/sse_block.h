/*
 * Server-sent events for whoever passes them on unread: a stream cut behind its blank
 * lines. A block is all lines up to one, as they came: an event with its id: and retry:,
 * comments alone, fields that nobody knows. Only line ends become LF, which makes no
 * difference to a reader.
 *
 *	while (in.n > 0) {
 *		n += sse_block_copy(&b, &in, buf + n);	room for in.n bytes
 *		if (sse_block_is_whole(&b))
 *			... the block is buf[0 .. n); n = 0
 *	}
 *
 * Any cutting of the same bytes gives the same blocks; sse_next() gives at most one event
 * of each. Pure, no allocation: how long a block may get is the caller's business.
 * Dispatch runs it on the streams of paths that Atlas knows nothing of.
 */
#ifndef TEXT_SSE_BLOCK_H
#define TEXT_SSE_BLOCK_H

#include "base/attr.h"

/* All zero = a stream begins. */
struct sse_block {
	bool is_in_line; /* a line has begun */
	bool is_event;   /* the block has a line that is no comment */
	bool is_whole;
	bool skips_lf; /* the last line ended with CR: an LF now belongs to it */
};

/* Copy to dst, up to the end of a block or of in, which begins behind that then. Gives
 * how many bytes were written. */
size_t sse_block_copy(struct sse_block *b, struct str *in, char *dst);

/* Did the last call end a block? */
bool sse_block_is_whole(const struct sse_block *b);

/* Would the stream, ending here, end in the middle of an event? What is not said to its
 * end is lost; a comment is said to nobody. */
bool sse_block_is_open(const struct sse_block *b);

#endif
