/* TCP and TLS under a connection. */
#include "front/wire.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

enum { RECORD_BYTES = 16384 }; /* the most one TLS record holds */

struct bufferevent *wire_open(
	struct event_base *base, evutil_socket_t fd, SSL_CTX *context)
{
	struct bufferevent *bev;
	if (context == NULL) {
		bev = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
		must(bev != NULL && bufferevent_disable(bev, EV_WRITE) == 0);
	} else {
		SSL *ssl = SSL_new(context);
		must(ssl != NULL);
		bev = bufferevent_openssl_socket_new(base, fd, ssl,
			BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
		must(bev != NULL && bufferevent_enable(bev, EV_WRITE) == 0);
	}
	return bev;
}

static size_t read_records(SSL *ssl, char *to, size_t n)
{
	size_t got = 0, part;
	ERR_clear_error();
	while (got < n && SSL_read_ex(ssl, to + got, n - got, &part) == 1)
		got += part;
	ERR_clear_error();
	return got;
}

/* The rest of a record that was read in part belongs into the input: no event will come
 * for bytes that have left the socket. Only libevent may add to it, hence the thawing. */
static void take_pending(struct bufferevent *bev, SSL *ssl)
{
	char rest[RECORD_BYTES];
	struct evbuffer *in = bufferevent_get_input(bev);
	int pending = SSL_pending(ssl);
	if (pending <= 0)
		return;
	size_t n = read_records(ssl, rest, MIN((size_t)pending, sizeof rest));
	must(evbuffer_unfreeze(in, 0) == 0 && evbuffer_add(in, rest, n) == 0 &&
		evbuffer_freeze(in, 0) == 0);
}

size_t wire_receive(struct bufferevent *bev, char *to, size_t n)
{
	SSL *ssl = bufferevent_openssl_get_ssl(bev);
	if (ssl == NULL) {
		ssize_t got = recv(bufferevent_getfd(bev), to, n, MSG_DONTWAIT);
		return got > 0 ? (size_t)got : 0;
	}
	size_t got = read_records(ssl, to, n);
	take_pending(bev, ssl);
	return got;
}

static bool write_some(struct bufferevent *bev, size_t max)
{
	struct evbuffer *out = bufferevent_get_output(bev);
	must(evbuffer_unfreeze(out, 1) ==
		0); /* bufferevents freeze the end they read */
	int n = evbuffer_write_atmost(out, bufferevent_getfd(bev), (ev_ssize_t)max);
	int error = errno;
	must(evbuffer_freeze(out, 1) == 0);
	return n >= 0 || error == EAGAIN || error == EINTR;
}

bool wire_flush(struct bufferevent *bev, size_t max)
{
	if ((bufferevent_get_enabled(bev) & EV_WRITE) != 0)
		return true; /* it is TLS, or waits for room already */
	if (!write_some(bev, max))
		return false;
	if (evbuffer_get_length(bufferevent_get_output(bev)) > 0)
		must(bufferevent_enable(bev, EV_WRITE) == 0);
	return true;
}

void wire_rest(struct bufferevent *bev)
{
	if (bufferevent_openssl_get_ssl(bev) == NULL)
		must(bufferevent_disable(bev, EV_WRITE) == 0);
}

static bool say_goodbye(SSL *ssl)
{
	ERR_clear_error();
	int said = SSL_is_init_finished(ssl) ? SSL_shutdown(ssl) : 0;
	bool must_wait = said < 0 && SSL_get_error(ssl, said) == SSL_ERROR_WANT_WRITE;
	ERR_clear_error();
	return !must_wait;
}

bool wire_end(struct bufferevent *bev)
{
	SSL *ssl = bufferevent_openssl_get_ssl(bev);
	if (ssl != NULL && !say_goodbye(ssl))
		return false;
	(void)shutdown(bufferevent_getfd(bev), SHUT_WR);
	return true;
}

bool wire_met_plain_http(struct bufferevent *bev)
{
	unsigned long why;
	if (bufferevent_openssl_get_ssl(bev) == NULL)
		return false;
	while ((why = bufferevent_get_openssl_error(bev)) != 0)
		if (ERR_GET_REASON(why) == SSL_R_HTTP_REQUEST)
			return true;
	return false;
}

void wire_answer_plainly(struct bufferevent *bev, const char *words, size_t n)
{
	char unread[RECORD_BYTES];
	evutil_socket_t fd = bufferevent_getfd(bev);
	(void)!send(fd, words, n, MSG_NOSIGNAL | MSG_DONTWAIT);
	(void)!recv(fd, unread, sizeof unread, MSG_DONTWAIT);
	(void)shutdown(fd, SHUT_WR);
}
