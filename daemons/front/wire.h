/*
 * The wire of a client's connection: TCP, or TLS over it, as a bufferevent of either kind.
 * Here is what the two do differently; all else is libevent's.
 *
 * What libevent 2.1.12 does not do for TLS, and who does it here:
 *
 *	a read watermark loses sight of bytes that OpenSSL has already decrypted, so the
 *	connection would wait for ever: conn.c bounds its input by disabling EV_READ
 *	a freed bufferevent says no goodbye: wire_end() sends close_notify, without which
 *	a client must take a body without a length for cut off
 */
#ifndef FRONT_WIRE_H
#define FRONT_WIRE_H

#include "base/attr.h"

#include <event2/bufferevent.h>
#include <openssl/types.h>
#include <sys/types.h>

/* Over an accepted socket, which belongs to it from now on; context NULL = TCP. */
struct bufferevent *wire_open(
	struct event_base *base, evutil_socket_t fd, SSL_CTX *context);

/* As recv(MSG_DONTWAIT), past the input buffer, which must be empty: bytes, or nothing
 * now. Whatever else there is to say, the next event says. */
size_t wire_receive(struct bufferevent *bev, char *to, size_t n) ATTR_UNUSED_RESULT;

/* Write now as much of the output, up to max bytes, as the socket takes; libevent does the
 * rest when there is room. TLS is left to libevent altogether. False = it is broken. */
bool wire_flush(struct bufferevent *bev, size_t max) ATTR_UNUSED_RESULT;

/* All is written: stop looking for room until there is something to write again. */
void wire_rest(struct bufferevent *bev);

/* All is written: say that nothing more will come. False = it cannot be said now; call
 * again later. */
bool wire_end(struct bufferevent *bev) ATTR_UNUSED_RESULT;

/* After an error event: has the client sent a plain HTTP request to TLS? */
bool wire_met_plain_http(struct bufferevent *bev);

/* Then tell it in plain words, which are written at once or not at all, and read what it
 * has sent: a close on top of unread bytes would take the words back. */
void wire_answer_plainly(struct bufferevent *bev, const char *words, size_t n);

#endif
