/*
 * HTTP/1.x requests from bytes: pure, strict, restartable. What is not plainly a request
 * (RFC 9112 without its leniencies: no bare LF, no folding, one Content-Length of digits,
 * Transfer-Encoding exactly "chunked", never both) is BAD, because Atlas must never send
 * such a thing.
 *
 *	struct http_progress pr = {0};
 *	... each time bytes were added behind data[0..n):
 *	switch (http_parse(&pr, data, n, &req)) ...
 *
 * data is written to: a chunked body is joined in place behind the head. Between two
 * calls it may move, but data[0..n) must keep its bytes.
 *
 * Bounds: head 64 KiB and 64 fields (431 beyond), body 64 MiB (413 beyond).
 */
#ifndef SIM_HTTP_PARSE_H
#define SIM_HTTP_PARSE_H

#include "basics.h"

enum { HTTP_FIELDS = 64, HTTP_HEAD_BYTES = 64 << 10, HTTP_BODY_BYTES = 64 << 20 };

struct http_field {
	struct slice name, value;
};

struct http_request {
	struct slice method, target, body;
	struct http_field fields[HTTP_FIELDS];
	size_t n_fields;
	unsigned minor; /* HTTP/1.minor */
	bool keep_alive;
	bool reused; /* not the first request on its connection */
};

enum http_chunk_state {
	CHUNK_SIZE,
	CHUNK_SIZE_LF,
	CHUNK_DATA,
	CHUNK_DATA_CR,
	CHUNK_DATA_LF,
	CHUNK_TRAILER,
	CHUNK_TRAILER_LF,
	CHUNK_END,
};

/* How far one request has come. All zero = nothing seen. */
struct http_progress {
	size_t scanned;        /* no end of head before here */
	size_t head_n;         /* 0 = the head is not whole yet */
	uint64_t body_n;       /* announced; of a chunked body: joined so far */
	bool chunked, expects; /* "Expect: 100-continue" */
	enum http_chunk_state chunk;
	unsigned n_digits; /* of the chunk size being read */
	size_t line_n;     /* of the trailer line being read */
	uint64_t chunk_left;
	size_t raw;  /* the first byte not yet looked at (chunked only) */
	size_t used; /* when WHOLE: where the next request begins */
	int status;  /* when BAD: what to answer */
};

enum http_verdict { HTTP_MORE, HTTP_WHOLE, HTTP_BAD };

enum http_verdict http_parse(
	struct http_progress *pr, char *data, size_t n, struct http_request *out);

/* The value of the first field of that name (any case), or {NULL, 0}. */
struct slice http_find(const struct http_request *req, const char *name);

#endif
