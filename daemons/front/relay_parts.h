/*
 * What the files of the relay call of each other: relay.c has the pipe and both sides of
 * the wait; relay_ends.c how an exchange ends; relay_head.c the heads of answers;
 * relay_words.c what is said where a status cannot say it any more, and who waits how long.
 */
#ifndef FRONT_RELAY_PARTS_H
#define FRONT_RELAY_PARTS_H

#include "decide/wait.h"
#include "front/relay.h"

/* One relay in progress: conn->ask. */
struct relay {
	uint32_t slot;
	bool head_out;    /* a stream's head has been sent */
	bool passes_on;   /* the reply is events, and goes to the client as it comes */
	bool in_event;    /* the client has a part of an event and waits for the rest */
	bool tells_queue; /* the client wants to know where it stands */
	struct wait_told told;
	uint64_t last_put_ns;
	struct evbuffer *whole;        /* a whole reply as it collects, NULL before */
	const struct relay_sink *sink; /* NULL = the client itself */
	void *sink_arg;
};

struct exchange *relay_exchange(struct front *f, const struct relay *y);

/* ---- heads: relay_head.c ----------------------------------------------------------- */

/* The request's id, and how it went so far; of an answer's end also what it cost. The
 * first fits struct answer_headers. */
void relay_add_common(struct http_reply *h, const void *exchange);
void relay_add_outcome(struct http_reply *h, const struct exchange *x);

/* What a whole answer's body is: of what is relayed, whatever the upstream says. */
void relay_add_type(struct http_reply *h, const struct exchange *x);

/* A stream's head: when the reply's head is final, or before there is any. */
void relay_begin_stream(struct conn *c, struct relay *y, const struct exchange *x);
void relay_begin_early(struct conn *c, struct relay *y, const struct exchange *x);

/* ---- ends: relay_ends.c ------------------------------------------------------------ */

/* The exchange is over, and all of its reply is out of the pipe: tell the client, or the
 * sink; exchange and relay are free then. */
void relay_end(struct conn *c, struct relay *y, struct exchange *x);

/* Why it failed, wherever the answer stands; nothing is freed. */
void relay_tell_failure(struct conn *c, const struct relay *y, const struct apierr *e,
	uint64_t wait_ms);

void relay_free(struct relay *y);

/* ---- words: relay_words.c ---------------------------------------------------------- */

/* It was sent, and nobody knows more; what was there of an answer has been seen. */
void relay_say_unknown(const struct exchange *x, struct apierr *e);

/* Why the exchange FAILED. */
void relay_describe(const struct front *f, const struct exchange *x, struct apierr *e);

/* Behind a stream's head: the error as an event, and the stream's end. */
void relay_put_error(struct conn *c, const struct relay *y,
	const struct apierr_words *words, unsigned status);

/* An answer that is no stream, collected behind a stream's head: the same. */
void relay_put_refusal(struct conn *c, const struct relay *y, struct str body);

/* The place in the queue as a comment, if that is wanted and news. */
void relay_tell_place(struct conn *c, struct relay *y, const struct exchange *x);

#endif
