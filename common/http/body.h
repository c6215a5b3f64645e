/*
 * Where a request's body ends, and which of its bytes are payload: a length, or chunks
 * (RFC 9112 section 7.1) read strictly. Payload is handed out as spans of the input;
 * nothing is copied, nothing is kept but counters, so the input may be cut anywhere.
 *
 *	enum http_verdict v = http_body_init(&body, &head, max_bytes);
 *	while (v == HTTP_MORE && n > 0) {
 *		struct http_body_step step;
 *		v = http_body_feed(&body, p, n, &step);
 *		use(step.payload);
 *		p += step.n_used, n -= step.n_used;
 *	}
 *
 * MORE: read on. DONE: p is where the next request starts. Else answer
 * http_verdict_reason() and close.
 *
 * A chunk size is 1 to 16 hex digits and CR LF: no extensions, spaces, signs or 0x.
 * Trailers are checked like headers and dropped: they never mean anything here.
 * Full: more than max_bytes of payload is 413, announced or running total alike; more
 * than HTTP_TRAILERS_MAX_BYTES of trailers is 431.
 */
#ifndef HTTP_BODY_H
#define HTTP_BODY_H

#include "http/head.h"

enum { HTTP_TRAILERS_MAX_BYTES = 8192 }; /* the empty line behind them included */

struct http_body {
	enum http_framing framing;
	enum http_verdict verdict;
	uint8_t state;    /* of the chunk reader, see body.c */
	uint8_t n_digits; /* of the chunk size being read */
	uint32_t trailer_bytes;
	uint64_t
		left_bytes; /* of the chunk or of the whole; a chunk size as it grows */
	uint64_t budget_bytes; /* payload that the chunks to come may still have */
};

struct http_body_step {
	size_t n_used;      /* bytes of the input that are done with */
	struct str payload; /* among them; n = 0 when they were all framing */
};

/* h must be a head that is DONE. Gives DONE when no body follows, 413's verdict when
 * its Content-Length is above max_bytes: known before a byte of it is read. */
enum http_verdict http_body_init(struct http_body *b, const struct http_head *h,
	uint64_t max_bytes) ATTR_UNUSED_RESULT;

/* Go on with p[0 .. n). As long as the verdict is MORE and n > 0, n_used > 0; at an
 * error the byte that is wrong is the first not used. DONE and errors are final. */
enum http_verdict http_body_feed(struct http_body *b, const char *p, size_t n,
	struct http_body_step *step) ATTR_UNUSED_RESULT;

#endif
