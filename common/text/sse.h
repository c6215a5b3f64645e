/*
 * Server-sent events out of an upstream's bytes, however they are cut (WHATWG, "Server-
 * sent events", section 9.2.6), and back into bytes for a client.
 *
 *	struct str in = {bytes, n};
 *	while ((v = sse_next(&s, &in, &event)) == SSE_EVENT)
 *		... event.data, valid until the next call
 *	if (v == SSE_FULL)
 *		... sse_grow(&s, bigger, size), then call again with the same in
 *
 * Line ends may be LF, CRLF or CR; a byte order mark at the start, comments, id: and
 * retry: are passed over (a client cannot resume at Atlas), multi-line data is joined
 * by LF. Any cutting of the same bytes gives the same events; an event without its
 * blank line is none.
 *
 * Memory: the caller's buffer, which holds only what a cut leaves unfinished. An event
 * with one data line inside one piece of input is handed out in place. When full: the
 * verdict SSE_FULL, nothing lost; a line or an event's data above max_line: TOO_LONG,
 * for good. A buffer of 2 * max_line + 1 bytes is never full; one of 0 bytes will do to
 * begin with.
 *
 * Pure, no allocation. Runs in dispatch (upstream) and wherever events are read back.
 */
#ifndef TEXT_SSE_H
#define TEXT_SSE_H

#include "base/attr.h"

enum { SSE_NAME_BYTES = 64 };

enum sse_verdict {
	SSE_MORE,     /* all of in is used up: feed more */
	SSE_EVENT,    /* *out is filled; in begins behind the event */
	SSE_FULL,     /* the buffer is too small; in begins where work stopped */
	SSE_TOO_LONG, /* beyond max_line, or a name beyond SSE_NAME_BYTES; stays so */
};

struct sse_event {
	struct str name; /* of event:, n == 0 when there was none */
	struct str data;
};

struct sse {
	/* buf: | data joined so far, n_data | unfinished line, n_line | free | */
	char *buf;
	size_t cap, n_data, n_line;
	size_t max_line;
	struct str in_place; /* data that still lies in the input; p NULL = none */
	bool has_data;       /* a data line has been seen since the last event */
	bool is_delivered;   /* the event was handed out: clear it on the next call */
	bool skips_lf;       /* the last line ended with CR: an LF now belongs to it */
	bool is_past_start;  /* a byte order mark can no longer come */
	bool is_too_long;
	size_t n_name;
	char name[SSE_NAME_BYTES];
};

/* Begin a stream. buf of cap bytes is the caller's and stays so. */
void sse_init(struct sse *s, char *buf, size_t cap, size_t max_line);

/* Move to a larger buffer; afterwards the old one is no longer used. */
void sse_grow(struct sse *s, char *buf, size_t cap);

/* Use up in until an event is whole. Between SSE_FULL and the next call the bytes that
 * in had pointed to must stay. */
enum sse_verdict sse_next(struct sse *s, struct str *in, struct sse_event *out);

/* An event as clients get it: LF line ends, one data: line for each line of head and
 * tail put together (two parts, so that a cut needs no copy). n == 0 of name: none. */
size_t sse_size(struct str name, struct str head, struct str tail);

/* Write sse_size() bytes to dst. */
void sse_write(struct str name, struct str head, struct str tail, char *dst);

#endif
