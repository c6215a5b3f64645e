/*
 * A small HTTP/1.x server on loopback: connections, keep-alive, what goes in and out. It
 * knows nothing of replies: the handler sends whatever bytes it likes (that is the point
 * of a simulator of bad weather) and says when the reply is over.
 *
 *	on_request   a whole request stands in req, valid during the call only. Answer with
 *	             http_send() now or later, then http_finish().
 *	on_drain     everything sent so far is with the kernel; only while a request is
 *	             being answered and http_set_user() has set a user.
 *	on_gone      the peer has left while being answered; conn must not be used again.
 *	on_first     asked when the first bytes of a request wait unread, while
 *	             http_ask_first() is on: true = close.
 *
 * It writes with send(2) straight from the caller's buffer instead of through bufferevents:
 * some modes need to know what one write is, and 5,000 open streams then hold no buffers.
 *
 * Bounds: while a request is being answered 256 KiB of later bytes are taken, then reading
 * pauses (and a departed peer is noticed only by a failing write).
 */
#ifndef SIM_HTTP_H
#define SIM_HTTP_H

#include "http_parse.h"

struct event_base;
struct http_server;
struct http_conn;

struct http_handler {
	void (*on_request)(
		void *ctx, struct http_conn *conn, const struct http_request *req);
	void (*on_drain)(void *user);
	void (*on_gone)(void *user);
	bool (*on_first)(void *ctx);
};

/* Listen on 127.0.0.1:port (0 = any free one); fatal when that cannot be. */
struct http_server *http_open(struct event_base *base, unsigned port,
	const struct http_handler *handler, void *ctx);
void http_close_server(struct http_server *server);

unsigned http_port(const struct http_server *server);
uint64_t http_n_open(const struct http_server *server);
uint64_t http_n_bad(const struct http_server *server);   /* BAD requests so far */
uint64_t http_n_early(const struct http_server *server); /* closed by on_first */

/* Whether on_first is to be asked at all: the look costs a system call a request. */
void http_ask_first(struct http_server *server, bool on);

/* Free what died in this turn of the loop; call once a turn, outside all callbacks. */
void http_sweep(struct http_server *server);

void http_set_user(struct http_conn *conn, void *user);

/* Send or keep for later; what is kept after the peer has left is dropped. */
void http_send(struct http_conn *conn, const void *p, size_t n);

/* Has everything sent so far reached the kernel? */
bool http_is_drained(const struct http_conn *conn);

/* The reply is over: the next request may come, or the connection closes behind the last
 * byte. The handler hears nothing more of this request. */
void http_finish(struct http_conn *conn, bool keep_alive);

#endif
