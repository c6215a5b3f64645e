/*
 * Whole answers: JSON documents and errors in OpenAI's shape, on any connection that has
 * a request to answer.
 */
#ifndef FRONT_ANSWER_H
#define FRONT_ANSWER_H

#include "front/conn.h"
#include "http/verdict.h"
#include "text/apierr.h"
#include "text/jsonw.h"

/* A JSON document with that status. */
void answer_json(struct conn *c, unsigned status, struct str body);

/* The same, 200, of what has been written, or 500 when it is no whole document. */
void answer_jsonw(struct conn *c, struct jsonw *w);

/* 200, a document whose memory is taken; the buffer is empty afterwards. */
void answer_json_buffer(struct conn *c, struct evbuffer *body);

/* An error with the reason's own sentence, or with what apierr_set() has filled. */
void answer_error(struct conn *c, enum apierr_reason reason);
void answer_apierr(struct conn *c, const struct apierr *e);

/* More headers for an answer, from whoever knows them. */
struct answer_headers {
	void (*add)(struct http_reply *r, const void *arg); /* NULL = none */
	const void *arg;
};

/* The same with a wait the client should keep: in the headers, and in the sentence; 0 =
 * the default of its kind. */
void answer_apierr_wait(struct conn *c, const struct apierr *e, uint64_t wait_ms,
	const struct answer_headers *more);

/* Retry-After and retry-after-ms: at most a minute, since some SDKs take a longer one for
 * none and come back at once. The sentence beside them tells the whole wait. */
enum { ANSWER_WAIT_MAX_MS = 60000 };
void answer_add_wait(struct http_reply *r, uint64_t wait_ms);

/* A broken rule of HTTP; the connection is closed behind it. */
void answer_http_error(struct conn *c, enum http_verdict v);

/* 405, with the methods the path has. */
void answer_not_allowed(struct conn *c, const char *allow);

#endif
