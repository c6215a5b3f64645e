/*
 * Connections of the small HTTP server.
 *
 *	            whole request             http_finish(keep alive)
 *	READING ───────────────────► ANSWERING ─────────────────────► READING
 *	   │ bad request                 │ http_finish(close)
 *	   ▼                             ▼
 *	LINGERING                     FLUSHING ──last byte sent──► DEAD ──sweep──► freed
 *	   └──── peer closes, or 1 s ────────────────────────────────▲
 *	                                 any state, peer closes ─────┘
 */
#include "http.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <event2/listener.h>

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SCRATCH_BYTES = 64 << 10, AHEAD_BYTES = 256 << 10, BACKLOG = 4096 };

enum conn_state {
	CONN_READING,
	CONN_ANSWERING,
	CONN_FLUSHING,
	CONN_LINGERING,
	CONN_DEAD,
};

struct http_conn {
	struct http_server *server;
	struct http_conn *next_dead, *prev, *next;
	void *user;
	struct event read_ev, write_ev;
	int fd;
	enum conn_state state;
	bool close_after; /* the client asked for it */
	bool broken;      /* a write failed; the read event will tell why */
	bool paused;      /* too much read ahead */
	bool continued;   /* "100 Continue" has been sent for this request */
	unsigned n_requests;
	char *in; /* the beginning of a request that is not whole yet */
	size_t in_n, in_cap;
	char *out; /* [out_at, out_n) waits for the kernel */
	size_t out_at, out_n, out_cap;
	struct http_progress progress;
};

struct http_server {
	struct event_base *base;
	struct evconnlistener *listener;
	struct event resume_ev; /* accepting again after the fd limit was hit */
	const struct http_handler *handler;
	void *ctx;
	unsigned port;
	bool ask_first;
	uint64_t n_open, n_bad, n_early;
	struct http_conn *first, *dead;
	char scratch[SCRATCH_BYTES];
};

/* ---- ending --------------------------------------------------------------------- */

static void conn_unlink(struct http_conn *c)
{
	struct http_server *s = c->server;
	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		s->first = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
}

static void conn_die(struct http_conn *c)
{
	if (c->state == CONN_DEAD)
		return;
	c->state = CONN_DEAD;
	event_del(&c->read_ev);
	event_del(&c->write_ev);
	close(c->fd);
	conn_unlink(c);
	c->server->n_open--;
	c->next_dead = c->server->dead;
	c->server->dead = c;
}

static void conn_gone(struct http_conn *c)
{
	void *user = c->state == CONN_ANSWERING ? c->user : NULL;
	conn_die(c);
	if (user != NULL)
		c->server->handler->on_gone(user);
}

void http_sweep(struct http_server *server)
{
	while (server->dead != NULL) {
		struct http_conn *c = server->dead;
		server->dead = c->next_dead;
		free(c->in);
		free(c->out);
		free(c);
	}
}

/* ---- out ------------------------------------------------------------------------ */

/* What the kernel took of p[0..n); a failed write is left to the read event. */
static size_t conn_write(struct http_conn *c, const char *p, size_t n)
{
	ssize_t put = send(c->fd, p, n, MSG_NOSIGNAL);
	if (put >= 0)
		return (size_t)put;
	if (errno != EAGAIN && errno != EINTR) {
		c->broken = true;
		return n;
	}
	return 0;
}

static void conn_keep_out(struct http_conn *c, const char *p, size_t n)
{
	if (c->out_at > 0) {
		memmove(c->out, c->out + c->out_at, c->out_n - c->out_at);
		c->out_n -= c->out_at;
		c->out_at = 0;
	}
	if (c->out_n + n > c->out_cap) {
		c->out_cap = c->out_n + n;
		c->out = grow(c->out, c->out_cap);
	}
	memcpy(c->out + c->out_n, p, n);
	c->out_n += n;
}

void http_send(struct http_conn *c, const void *p, size_t n)
{
	if (c->broken || c->state == CONN_DEAD || n == 0)
		return;
	size_t put = http_is_drained(c) ? conn_write(c, p, n) : 0;
	if (put == n)
		return;
	if (http_is_drained(c))
		event_add(&c->write_ev, NULL);
	conn_keep_out(c, (const char *)p + put, n - put);
}

bool http_is_drained(const struct http_conn *c)
{
	return c->out_at == c->out_n;
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	struct http_conn *c = arg;
	c->out_at += conn_write(c, c->out + c->out_at, c->out_n - c->out_at);
	if (!http_is_drained(c))
		return;
	free(c->out);
	c->out = NULL;
	c->out_at = c->out_n = c->out_cap = 0;
	event_del(&c->write_ev);
	if (c->state == CONN_FLUSHING)
		conn_die(c);
	else if (c->state == CONN_ANSWERING && c->user != NULL)
		c->server->handler->on_drain(c->user);
}

void http_finish(struct http_conn *c, bool keep_alive)
{
	if (c->state == CONN_DEAD)
		return;
	c->user = NULL;
	if (!keep_alive || c->close_after || c->broken) {
		c->state = CONN_FLUSHING;
		if (http_is_drained(c))
			conn_die(c);
		return;
	}
	c->state = CONN_READING;
	if (c->paused)
		event_add(&c->read_ev, NULL);
	c->paused = false;
	/* A pipelined request waits its turn: one a loop turn keeps the others alive. */
	if (c->in_n > 0)
		event_active(&c->read_ev, EV_READ, 0);
}

void http_set_user(struct http_conn *c, void *user)
{
	c->user = user;
}

/* ---- in ------------------------------------------------------------------------- */

/* Say no in HTTP's words and let the peer read it before the connection goes. */
static void conn_refuse(struct http_conn *c, int status)
{
	static const char reply[] =
		" Refused\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
	char line[] = "HTTP/1.1 400";
	line[9] = (char)('0' + status / 100);
	line[10] = (char)('0' + status / 10 % 10);
	line[11] = (char)('0' + status % 10);
	c->server->n_bad++;
	http_send(c, line, sizeof line - 1);
	http_send(c, reply, sizeof reply - 1);
	shutdown(c->fd, SHUT_WR);
	c->state = CONN_LINGERING;
	struct timeval second = {1, 0};
	event_add(&c->read_ev, &second);
}

static void conn_hand_over(struct http_conn *c, struct http_request *req)
{
	req->reused = c->n_requests++ > 0;
	c->close_after = !req->keep_alive;
	c->continued = false;
	c->progress = (struct http_progress){0};
	c->state = CONN_ANSWERING;
	c->server->handler->on_request(c->server->ctx, c, req);
}

static void conn_continue(struct http_conn *c)
{
	if (c->continued || !c->progress.expects || c->progress.head_n == 0)
		return;
	c->continued = true;
	http_send(c, "HTTP/1.1 100 Continue\r\n\r\n", 25);
}

/* Keep data[0..n), which may stand in c->in already, for the next read. */
static void conn_keep_in(struct http_conn *c, const char *data, size_t n)
{
	if (n == 0) {
		free(c->in);
		c->in = NULL;
		c->in_cap = c->in_n = 0;
		return;
	}
	if (c->in == NULL) {
		c->in_cap = n + SCRATCH_BYTES / 4;
		if (!c->progress.chunked)
			c->in_cap = MAX(c->in_cap,
				c->progress.head_n + (size_t)c->progress.body_n + 1);
		c->in = grow(NULL, c->in_cap);
	}
	memmove(c->in, data, n);
	c->in_n = n;
}

/* Take what requests data[0..n) holds; one at a time is being answered. */
static void conn_advance(struct http_conn *c, char *data, size_t n)
{
	size_t at = 0;
	while (c->state == CONN_READING && at < n) {
		struct http_request req;
		enum http_verdict v = http_parse(&c->progress, data + at, n - at, &req);
		if (v == HTTP_BAD) {
			conn_refuse(c, c->progress.status);
			return;
		}
		if (v == HTTP_MORE)
			break;
		at += c->progress.used;
		conn_hand_over(c, &req);
	}
	if (c->state == CONN_DEAD)
		return;
	conn_keep_in(c, data + at, n - at);
	if (c->state == CONN_READING && n > at)
		conn_continue(c);
	if (c->state != CONN_READING && c->in_n > AHEAD_BYTES && !c->paused) {
		c->paused = true;
		event_del(&c->read_ev);
	}
}

static bool conn_dies_early(struct http_conn *c)
{
	if (!c->server->ask_first || c->state != CONN_READING || c->in_n > 0)
		return false;
	char byte;
	if (recv(c->fd, &byte, 1, MSG_PEEK) != 1)
		return false;
	return c->server->handler->on_first(c->server->ctx);
}

/* Room behind what is kept: doubling, unless the whole length is known. */
static void conn_make_room(struct http_conn *c)
{
	if (c->in_cap > c->in_n)
		return;
	c->in_cap *= 2;
	c->in = grow(c->in, c->in_cap);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct http_conn *c = arg;
	if (what & EV_TIMEOUT) {
		conn_die(c);
		return;
	}
	if (conn_dies_early(c)) {
		c->server->n_early++;
		conn_die(c);
		return;
	}
	char *data = c->server->scratch;
	size_t kept = 0, room = SCRATCH_BYTES;
	if (c->in != NULL) {
		conn_make_room(c);
		data = c->in;
		kept = c->in_n;
		room = c->in_cap - c->in_n;
	}
	ssize_t got = recv(fd, data + kept, room, 0);
	if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
		conn_gone(c);
		return;
	}
	if (c->state == CONN_FLUSHING || c->state == CONN_LINGERING)
		return;
	conn_advance(c, data, kept + (got > 0 ? (size_t)got : 0));
}

/* ---- the listener --------------------------------------------------------------- */

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd,
	struct sockaddr *peer, int peer_n, void *arg)
{
	(void)listener, (void)peer, (void)peer_n;
	struct http_server *s = arg;
	int on = 1;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	struct http_conn *c = grow(NULL, sizeof *c);
	*c = (struct http_conn){.server = s, .fd = fd, .next = s->first};
	if (s->first != NULL)
		s->first->prev = c;
	s->first = c;
	s->n_open++;
	event_assign(&c->read_ev, s->base, fd, EV_READ | EV_PERSIST, on_readable, c);
	event_assign(&c->write_ev, s->base, fd, EV_WRITE | EV_PERSIST, on_writable, c);
	event_add(&c->read_ev, NULL);
}

static void on_resume(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	struct http_server *s = arg;
	evconnlistener_enable(s->listener);
}

/* Out of descriptors: look again in 100 ms instead of spinning. */
static void on_accept_error(struct evconnlistener *listener, void *arg)
{
	struct http_server *s = arg;
	struct timeval pause = {0, 100000};
	evconnlistener_disable(listener);
	event_add(&s->resume_ev, &pause);
}

struct http_server *http_open(struct event_base *base, unsigned port,
	const struct http_handler *handler, void *ctx)
{
	struct http_server *s = grow(NULL, sizeof *s);
	memset(s, 0, sizeof *s);
	s->base = base;
	s->handler = handler;
	s->ctx = ctx;
	struct sockaddr_in at = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	s->listener = evconnlistener_new_bind(base, on_accept, s,
		LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE | LEV_OPT_CLOSE_ON_EXEC,
		BACKLOG, (struct sockaddr *)&at, sizeof at);
	if (s->listener == NULL)
		fatal("cannot listen on 127.0.0.1:%u: %s", port, strerror(errno));
	evconnlistener_set_error_cb(s->listener, on_accept_error);
	event_assign(&s->resume_ev, base, -1, 0, on_resume, s);
	socklen_t n = sizeof at;
	if (getsockname(evconnlistener_get_fd(s->listener), (struct sockaddr *)&at, &n))
		fatal("getsockname failed");
	s->port = ntohs(at.sin_port);
	return s;
}

void http_close_server(struct http_server *s)
{
	event_del(&s->resume_ev);
	evconnlistener_free(s->listener);
	while (s->first != NULL)
		conn_gone(s->first);
	http_sweep(s);
	free(s);
}

void http_ask_first(struct http_server *s, bool on)
{
	s->ask_first = on;
}

unsigned http_port(const struct http_server *s)
{
	return s->port;
}

uint64_t http_n_open(const struct http_server *s)
{
	return s->n_open;
}

uint64_t http_n_bad(const struct http_server *s)
{
	return s->n_bad;
}

uint64_t http_n_early(const struct http_server *s)
{
	return s->n_early;
}
