/*
 * A client's connection: the shell around common/http. It turns bytes into whole, checked
 * requests and answers into bytes, and nothing else: it knows no route and no exchange.
 *
 *	          first byte        head whole       body whole        answer queued
 *	 IDLE ──────────────► HEAD ───────────► BODY ─────────► BUSY ──────────────► FLUSH
 *	   ▲                                                     │ ▲ │                  │
 *	   └──────────────── keep-alive, all written ────────────┼─┴─┼──────────────────┘
 *	                                                         │   ▼
 *	        GONE ◄── client left, deadline, write stalled ───┴─ LINGER ◄── must close
 *
 * A handler answers at once, or keeps the connection BUSY and answers later; then
 * `on_left` tells it should the client go first (half-close counts), and `on_writable`
 * when output has drained. Requests that were pipelined wait in the input buffer.
 *
 * Deadlines are absolute: head from its first byte, body from the head's end, idle
 * between requests, and a stalled write from its last progress; a TLS handshake is part of
 * the time for the first head. Full: input stops being read at CONN_INPUT_BYTES; conn_has_room() is false above CONN_OUTPUT_BYTES of pending
 * output and the handler stops producing; bodies see body_memory.h (503).
 */
#ifndef FRONT_CONN_H
#define FRONT_CONN_H

#include "base/attr.h"
#include "http/body.h"
#include "http/head.h"
#include "http/reply.h"

#include <event2/bufferevent.h>

enum { CONN_INPUT_BYTES = 65536 + 4096, CONN_OUTPUT_BYTES = 256 * 1024 };

enum conn_state {
	CONN_IDLE,
	CONN_HEAD,
	CONN_BODY,
	CONN_BUSY,
	CONN_FLUSH,
	CONN_LINGER,
	CONN_GONE, /* freed by the sweep at the end of the turn */
	CONN_STATES
};

struct apierr;
struct front;
struct conn;

/* A request while it is read and answered; lives from its first byte to its answer. */
struct request {
	struct http_head head;
	struct http_body framing;
	char *head_text; /* spans of head refer to it */
	char *body;
	size_t n_body, body_cap;
	uint64_t started_ns;
	uint32_t client_ix; /* after authentication; UINT32_MAX = nobody */
	const void *route;  /* struct route, after routing */
	/* headers that every answer to it gets; NULL = none */
	void (*add_headers)(const struct conn *c, struct http_reply *r);
	/* where an error goes once the head of a stream is out; NULL = it is an answer */
	void (*refuse)(struct conn *c, const struct apierr *e, uint64_t wait_ms);
};

struct conn_ops {
	void (*left)(struct conn *c); /* the client is gone; forget the connection */
	void (*writable)(struct conn *c); /* output has drained below half its bound */
};

struct conn {
	struct conn *prev, *next;
	struct conn *next_due; /* of those with something to write, see conns_flush() */
	struct front *front;
	struct bufferevent *bev;
	struct request *request;    /* NULL between requests */
	const struct conn_ops *ops; /* of the handler that keeps it BUSY, else NULL */
	void *ask;                  /* the handler's own */
	uint64_t deadline_ns;       /* of the present state */
	uint64_t n_queued;          /* bytes ever given to output */
	uint64_t n_sent_seen;       /* of them, sent when last looked */
	uint64_t progress_ns;       /* when that last grew */
	enum conn_state state;
	uint16_t local_port;
	bool keep_alive, chunked, in_step, is_due;
	bool is_full;  /* the input: not read from until some of it is used */
	bool is_ended; /* the client has been told that nothing more will come */
};

struct conns {
	struct conn *all, *gone, *due;
	uint32_t n;
};

/* Take over an accepted socket. */
void conn_open(struct front *f, evutil_socket_t fd);

/* ---- for handlers ------------------------------------------------------------------ */

/* Begin an answer's head in buf (HTTP_REPLY_BYTES); add headers, then one of the ends. */
void conn_reply_begin(struct conn *c, struct http_reply *r, char *buf, unsigned status);

/* A whole answer: the head's end, the body (left out for HEAD), and the request is over.*/
void conn_reply_whole(struct conn *c, struct http_reply *r, struct str body);

/* The same, and a newline behind the body: for what people read with curl. */
void conn_reply_line(struct conn *c, struct http_reply *r, struct str body);

/* The same; the body's memory is taken, and the buffer is empty afterwards. */
void conn_reply_buffer(struct conn *c, struct http_reply *r, struct evbuffer *body);

/* The same for what has no body and says no length: 304, a HEAD of a stream. */
void conn_reply_bare(struct conn *c, struct http_reply *r);

/* A streamed one: head now, parts as they come, then the end. */
void conn_stream_begin(struct conn *c, struct http_reply *r);
void conn_stream_put(struct conn *c, struct str a, struct str b);
void conn_stream_end(struct conn *c);

/* What cannot be finished: no end mark, and the connection closes behind it. */
void conn_stream_cut(struct conn *c);

/* Stay BUSY until one of the above; ops may not be NULL. */
void conn_wait(struct conn *c, const struct conn_ops *ops, void *ask);

/* May more output be produced? */
bool conn_has_room(const struct conn *c);

/* The body is done with, although the request goes on. */
void conn_drop_body(struct conn *c);

/* Refuse whatever comes next on this connection: close once the answer is out. */
void conn_close_after(struct conn *c);

/* ---- for the front's loop ------------------------------------------------------------ */

/* At the start: what a front held that died in this slot has ended with it. */
void conns_init(struct front *f);

/* Deadlines and stalled writes. */
void conns_sweep(struct front *f);

/* Write what this turn has put; before the reap. Most answers fit into the socket whole: to
 * wait for it to become writable would cost two changes of the poll set and a turn. */
void conns_flush(struct front *f);

/* Free what is GONE; at the end of the turn. */
void conns_reap(struct front *f);

/* Draining: connections go after their answer, and idle ones now. Patiently, idle ones may
 * ask once more, for drain_timeout: what a client sends at this very moment would be lost
 * with the connection, although others could have answered it. */
void conns_drain(struct front *f, bool is_patient);

/* Close all, at the end of the process. */
void conns_close(struct front *f);

#endif
