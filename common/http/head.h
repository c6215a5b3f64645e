/*
 * The head of an HTTP/1.1 request: request line, headers, and what they mean for the
 * bytes that follow. Strict where leniency lets a second request hide in the first: the
 * refusals are listed in http/verdict.def, and every one of them closes the connection.
 *
 *	http_head_init(&head);
 *	switch (http_head_parse(&head, p, n, &limits)) {
 *	case HTTP_MORE: read on, call again with the same p[0 .. n) and what has come
 *	case HTTP_DONE: the body starts at p + head.head_bytes
 *	default: answer http_verdict_reason(), close
 *	}
 *
 * p is the request from its first byte on and may move between calls, so nothing points
 * into it: a part of the head is a struct http_span, read through http_str(p, span)
 * with the p of now. A head that arrives in pieces costs hardly more than a whole one:
 * each byte is searched once for its line's end, checked once in an unfinished line,
 * and read once in a finished one. The verdict does not depend on how it was cut.
 *
 * Full: 100 headers or limits.max_head_bytes is 431, limits.max_target_bytes is 414.
 */
#ifndef HTTP_HEAD_H
#define HTTP_HEAD_H

#include "base/attr.h"
#include "http/verdict.h"

enum {
	HTTP_HEAD_MAX_BYTES = 65536, /* the most a limit may be: spans are 16 bits */
	HTTP_TARGET_MAX_BYTES = 8192,
	HTTP_METHOD_MAX_BYTES = 32,
	HTTP_MAX_HEADERS = 100,
};

struct http_head_limits {
	size_t max_head_bytes; /* final empty line included; <= HTTP_HEAD_MAX_BYTES */
	size_t max_target_bytes;
};

#define HTTP_HEAD_LIMITS                                                               \
	((struct http_head_limits){HTTP_HEAD_MAX_BYTES, HTTP_TARGET_MAX_BYTES})

/* n bytes at p[at]; n = 0 when there is no such part. */
struct http_span {
	uint16_t at, n;
};

static inline struct str http_str(const char *p, struct http_span s)
{
	return (struct str){p + s.at, s.n};
}

struct http_header {
	struct http_span name, value; /* value without the white space around it */
};

enum http_method {
	HTTP_METHOD_GET,
	HTTP_METHOD_HEAD,
	HTTP_METHOD_POST,
	HTTP_METHOD_PUT,
	HTTP_METHOD_PATCH,
	HTTP_METHOD_DELETE,
	HTTP_METHOD_OPTIONS,
	HTTP_METHOD_OTHER /* any other token; its text is in method_text */
};

/* How the end of the body is known. */
enum http_framing { HTTP_FRAMING_NONE, HTTP_FRAMING_LENGTH, HTTP_FRAMING_CHUNKED };

/* The headers that change how a request is read, or may stand only once. */
enum http_known {
	HTTP_KNOWN_NONE,
	HTTP_KNOWN_HOST,
	HTTP_KNOWN_CONNECTION,
	HTTP_KNOWN_CONTENT_LENGTH,
	HTTP_KNOWN_TRANSFER_ENCODING,
	HTTP_KNOWN_EXPECT,
	HTTP_KNOWN_CONTENT_TYPE,
	HTTP_KNOWN_AUTHORIZATION,
	HTTP_KNOWN_IDEMPOTENCY_KEY,
	HTTP_KNOWN_N
};

/* All but the first group is valid once the verdict is HTTP_DONE, and only then. */
struct http_head {
	/* The scan. The line being read starts at line_at (0: the request line), and
	 * no line ends before scan_at. */
	uint32_t line_at, scan_at;
	enum http_verdict verdict;
	uint8_t known_at[HTTP_KNOWN_N]; /* 1 + index into headers; 0 = not there */
	bool says_close, says_keep_alive;

	uint32_t head_bytes; /* the final empty line included */
	enum http_method method;
	struct http_span method_text;
	struct http_span target;       /* as sent */
	struct http_span path;         /* "/..." still escaped; "*" only with OPTIONS */
	struct http_span query;        /* behind the '?', which may stand alone */
	struct http_span host;         /* without port; IPv6 keeps its brackets */
	struct http_span content_type; /* the whole value */
	uint16_t port;                 /* as the host gives it; 0 = it gives none */
	uint8_t minor;                 /* HTTP/1.minor: 0 or 1 */
	bool keep_alive;               /* the client wants to send another request */
	bool expect_continue;          /* a body follows once a 100 has been sent */
	enum http_framing framing;
	uint64_t content_length; /* 0 unless HTTP_FRAMING_LENGTH */
	uint16_t n_headers;
	struct http_header headers[HTTP_MAX_HEADERS]; /* in order, n_headers of them */
};

/* Before the first byte of each request. */
void http_head_init(struct http_head *h);

/* Go on with the request whose first n bytes are at p; n never shrinks from call to
 * call. DONE and errors are final: calling again gives the same verdict. An absolute
 * target ("http://host/path") is accepted and its authority replaces the Host header's
 * value, which must be there all the same (RFC 9112 section 3.2.2). */
enum http_verdict http_head_parse(struct http_head *h, const char *p, size_t n,
	const struct http_head_limits *limits) ATTR_UNUSED_RESULT;

/* The first header of that name, in any case; NULL when there is none. */
const struct http_header *http_head_find(
	const struct http_head *h, const char *p, struct str name);

#endif
