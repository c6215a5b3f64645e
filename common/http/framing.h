/*
 * What the headers mean: where the body ends, which host is asked for, whether the
 * connection goes on. The part of http/head that request smuggling is about.
 */
#ifndef HTTP_FRAMING_H
#define HTTP_FRAMING_H

#include "http/head.h"

/* h->headers[ix] has just been read: refuse a second one where one is allowed. */
enum http_verdict http_framing_note(
	struct http_head *h, const char *p, unsigned ix) ATTR_UNUSED_RESULT;

/* All headers are there: fill host, framing, content_length, keep_alive, the rest. */
enum http_verdict http_framing_settle(
	struct http_head *h, const char *p) ATTR_UNUSED_RESULT;

#endif
