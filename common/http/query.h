/*
 * Query strings: key=value pairs joined by '&', percent-decoded ('+' is a space) into a
 * buffer of the caller's. Strict: what a browser's URLSearchParams would not write is
 * malformed, and so is a decoded control byte, so values may be compared and shown.
 *
 *	struct http_query q = {http_str(p, head.query)};
 *	char text[256];
 *	struct str key, value;
 *	while ((r = http_query_next(&q, text, sizeof text, &key, &value)) == FOUND) ...
 *
 * Full: a pair whose decoded text does not fit the buffer is malformed.
 */
#ifndef HTTP_QUERY_H
#define HTTP_QUERY_H

#include "base/attr.h"

enum http_query_result {
	HTTP_QUERY_FOUND,
	HTTP_QUERY_ABSENT, /* no such key; no further pair */
	HTTP_QUERY_MALFORMED,
	HTTP_QUERY_DUPLICATE, /* the key is there more than once */
};

struct http_query {
	struct str rest; /* still to be read */
};

/* The next pair, decoded into text[0 .. cap), where key and value then point. The same
 * key may come again: that is for the caller to judge. After MALFORMED, stop. */
enum http_query_result http_query_next(struct http_query *q, char *text, size_t cap,
	struct str *key, struct str *value) ATTR_UNUSED_RESULT;

/* The value of key, decoded into text[0 .. cap). The whole query is read each time, so
 * that a malformed or doubled one is never half accepted. */
enum http_query_result http_query_get(struct str query, struct str key, char *text,
	size_t cap, struct str *value) ATTR_UNUSED_RESULT;

/* One segment of a path, decoded into text[0 .. cap), where out then points; '+' is itself.
 * False when it is malformed or does not fit. */
bool http_segment_decode(
	struct str s, char *text, size_t cap, struct str *out) ATTR_UNUSED_RESULT;

#endif
