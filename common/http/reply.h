/*
 * The head of an answer, written into a buffer of the caller's, and the framing of
 * chunks. Nothing that a header value carries can end its line: what is not printable
 * ASCII is refused.
 *
 *	struct http_reply r = {.p = buf, .cap = sizeof buf, .minor = head.minor,
 *		.keep_alive = head.keep_alive};
 *	http_reply_begin(&r, 200);
 *	http_reply_add(&r, STR("Date"), date);
 *	if (!http_reply_end_length(&r, body.n))    or _end_stream, _end_bare
 *		the head did not fit: send nothing of it, close
 *	send r.p[0 .. r.n), then the body; close after it unless r.keep_alive
 *
 * Full: what does not fit whole is left out, truncated is set, everything after it is
 * refused and the end says so. HTTP_REPLY_BYTES hold any head that Atlas writes.
 */
#ifndef HTTP_REPLY_H
#define HTTP_REPLY_H

#include "base/attr.h"

enum { HTTP_REPLY_BYTES = 4096 };

struct http_reply {
	char *p;
	size_t cap, n;
	uint8_t minor;   /* of the request: HTTP/1.0 gets no chunks */
	bool keep_alive; /* in: may the connection go on; out: it will */
	bool chunked;    /* out: the body goes as chunks, HTTP_CHUNK_LAST behind them */
	bool truncated;
};

/* The status line, from 200 to 599; the standard reason if there is one, else none. */
void http_reply_begin(struct http_reply *r, unsigned status);

/* One header. name must be a token (a must: names are ours). False, and nothing
 * written, when the value is not printable ASCII or the buffer is full. */
bool http_reply_add(struct http_reply *r, struct str name, struct str value);
bool http_reply_add_u64(struct http_reply *r, struct str name, uint64_t value);

/* The end of the head, with the headers that frame the body. Each returns false when
 * any part did not fit. */
bool http_reply_end_length(
	struct http_reply *r, uint64_t body_bytes) ATTR_UNUSED_RESULT;

/* A body whose length is not known yet: chunks, or on HTTP/1.0 up to the close, so
 * keep_alive becomes false there. */
bool http_reply_end_stream(struct http_reply *r) ATTR_UNUSED_RESULT;

/* For 204 and 304, which have no body and say no length, and for a HEAD of what is written
 * while it is made. */
bool http_reply_end_bare(struct http_reply *r) ATTR_UNUSED_RESULT;

/* The interim answer that a client with expect_continue waits for. */
#define HTTP_REPLY_CONTINUE STR("HTTP/1.1 100 Continue\r\n\r\n")

/* A chunk is its size line, n bytes, HTTP_CHUNK_END. */
enum { HTTP_CHUNK_SIZE_BYTES = 18 };
#define HTTP_CHUNK_END  STR("\r\n")
#define HTTP_CHUNK_LAST STR("0\r\n\r\n")

/* The size line of a chunk of n > 0 bytes (a chunk of 0 would end the body), not
 * NUL-terminated; returns its length. */
size_t http_chunk_size(uint64_t n, char out[static HTTP_CHUNK_SIZE_BYTES]);

#endif
