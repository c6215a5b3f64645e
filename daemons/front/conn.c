/* A client's connection over a bufferevent. */
#include "front/conn.h"

#include "base/clock.h"
#include "base/num.h"
#include "front/answer.h"
#include "front/front.h"
#include "front/router.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define LINGER_NS NS_PER_S

/* ---- requests ---------------------------------------------------------------------- */

static void begin_request(struct conn *c)
{
	c->request = calloc(1, sizeof *c->request);
	must(c->request != NULL);
	http_head_init(&c->request->head);
	c->request->client_ix = UINT32_MAX;
	c->request->started_ns = c->front->process.now_ns;
	c->state = CONN_HEAD;
	c->deadline_ns = num_add_sat(
		c->front->process.now_ns, c->front->process.settings.header_timeout_ns);
}

static void end_request(struct conn *c)
{
	struct request *q = c->request;
	if (q == NULL)
		return;
	c->front->conns.body_bytes -= q->body_cap;
	free(q->head_text);
	free(q->body);
	free(q);
	c->request = NULL;
}

/* ---- leaving ------------------------------------------------------------------------- */

static void leave(struct conn *c)
{
	if (c->state == CONN_GONE)
		return;
	const struct conn_ops *ops = c->ops;
	c->state = CONN_GONE;
	c->ops = NULL;
	if (ops != NULL)
		ops->left(c);
	struct conns *cs = &c->front->conns;
	*(c->prev ? &c->prev->next : &cs->all) = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	c->next = cs->gone;
	cs->gone = c;
	cs->n--;
	bufferevent_disable(c->bev, EV_READ | EV_WRITE);
	process_count(&c->front->process, COUNTER_connections_closed, 1);
}

void conns_reap(struct front *f)
{
	struct conn *c = f->conns.gone, *next;
	f->conns.gone = NULL;
	for (; c != NULL; c = next) {
		next = c->next;
		end_request(c);
		bufferevent_free(c->bev);
		free(c);
	}
}

/* The answer is out, but the client may still be sending: closing now would reset the
 * connection and could take the answer with it. */
static void linger(struct conn *c)
{
	end_request(c);
	c->state = CONN_LINGER;
	c->deadline_ns = c->front->process.now_ns + LINGER_NS;
	shutdown(bufferevent_getfd(c->bev), SHUT_WR);
}

static size_t pending(const struct conn *c)
{
	return evbuffer_get_length(bufferevent_get_output(c->bev));
}

/* ---- output -------------------------------------------------------------------------- */

static void put(struct conn *c, struct str s)
{
	if (s.n == 0 || c->state == CONN_GONE)
		return;
	if (pending(c) == 0)
		c->progress_ns = c->front->process.now_ns;
	must(bufferevent_write(c->bev, s.p, s.n) == 0);
	c->n_queued += s.n;
	process_count(&c->front->process, COUNTER_bytes_relayed, s.n);
}

static void step(struct conn *c);

/* The answer is whole: wait until it is written, then the next request. */
static void finish_answer(struct conn *c)
{
	c->ops = NULL;
	c->ask = NULL;
	if (c->state == CONN_GONE)
		return;
	c->state = CONN_FLUSH;
	end_request(c);
	if (!c->in_step)
		step(c);
}

void conn_reply_begin(struct conn *c, struct http_reply *r, char *buf, unsigned status)
{
	struct front *f = c->front;
	if (f->process.phase != PROCESS_RUNNING)
		c->keep_alive = false;
	*r = (struct http_reply){.p = buf,
		.cap = HTTP_REPLY_BYTES,
		.minor = c->request ? c->request->head.minor : 1,
		.keep_alive = c->keep_alive};
	http_reply_begin(r, status);
	http_reply_add(r, STR("Date"), front_date(f));
}

static bool is_head(const struct conn *c)
{
	return c->request != NULL && c->request->head.method == HTTP_METHOD_HEAD;
}

void conn_reply_whole(struct conn *c, struct http_reply *r, struct str body)
{
	must(http_reply_end_length(r, body.n));
	c->keep_alive = r->keep_alive;
	put(c, (struct str){r->p, r->n});
	if (!is_head(c))
		put(c, body);
	finish_answer(c);
}

void conn_stream_begin(struct conn *c, struct http_reply *r)
{
	must(http_reply_end_stream(r));
	c->keep_alive = r->keep_alive;
	c->chunked = r->chunked;
	put(c, (struct str){r->p, r->n});
}

void conn_stream_put(struct conn *c, struct str a, struct str b)
{
	char size[HTTP_CHUNK_SIZE_BYTES];
	if (a.n + b.n == 0)
		return;
	if (c->chunked)
		put(c, (struct str){size, http_chunk_size(a.n + b.n, size)});
	put(c, a);
	put(c, b);
	if (c->chunked)
		put(c, HTTP_CHUNK_END);
}

void conn_stream_end(struct conn *c)
{
	if (c->chunked)
		put(c, HTTP_CHUNK_LAST);
	finish_answer(c);
}

void conn_wait(struct conn *c, const struct conn_ops *ops, void *ask)
{
	c->ops = ops;
	c->ask = ask;
}

bool conn_has_room(const struct conn *c)
{
	return pending(c) < CONN_OUTPUT_BYTES;
}

void conn_close_after(struct conn *c)
{
	c->keep_alive = false;
}

/* ---- input --------------------------------------------------------------------------- */

static void refuse(struct conn *c, enum http_verdict v)
{
	conn_close_after(c);
	c->state = CONN_BUSY;
	process_count(&c->front->process, COUNTER_requests_refused, 1);
	answer_http_error(c, v);
}

/* The whole head is at the front of the input: keep it, the input moves on. */
static void keep_head(struct conn *c, const char *p)
{
	struct request *q = c->request;
	q->head_text = malloc(q->head.head_bytes);
	must(q->head_text != NULL);
	memcpy(q->head_text, p, q->head.head_bytes);
	evbuffer_drain(bufferevent_get_input(c->bev), q->head.head_bytes);
	c->keep_alive = q->head.keep_alive;
	process_count(&c->front->process, COUNTER_requests, 1);
}

/* Room for the body as announced, or as it grows; false = the bound for all is reached. */
static bool reserve_body(struct conn *c, size_t want)
{
	struct request *q = c->request;
	struct front *f = c->front;
	if (want <= q->body_cap)
		return true;
	size_t cap = q->body_cap ? q->body_cap : 4096;
	while (cap < want)
		cap *= 2;
	if (q->head.framing == HTTP_FRAMING_LENGTH)
		cap = MAX((size_t)q->head.content_length, want);
	uint64_t more = cap - q->body_cap;
	if (f->conns.body_bytes + more > f->process.settings.body_memory_bytes)
		return false;
	char *body = realloc(q->body, cap);
	must(body != NULL);
	q->body = body;
	q->body_cap = cap;
	f->conns.body_bytes += more;
	return true;
}

static void begin_body(struct conn *c)
{
	struct request *q = c->request;
	const struct settings *s = &c->front->process.settings;
	uint64_t allowance =
		s->body_timeout_ns + q->head.content_length / 65536 * NS_PER_S;
	c->state = CONN_BODY;
	c->deadline_ns = num_add_sat(c->front->process.now_ns, allowance);
	if (q->head.expect_continue && q->framing.verdict == HTTP_MORE &&
		evbuffer_get_length(bufferevent_get_input(c->bev)) == 0)
		put(c, HTTP_REPLY_CONTINUE);
}

static void dispatch_request(struct conn *c)
{
	c->state = CONN_BUSY;
	c->deadline_ns = UINT64_MAX;
	router_handle(c);
}

/* Each reader returns whether the loop in step() should go on. */

static bool read_head(struct conn *c)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);
	size_t n = evbuffer_get_length(in);
	struct http_head_limits limits = HTTP_HEAD_LIMITS;
	size_t want = MIN(n, limits.max_head_bytes + 1);
	const char *p = (const char *)evbuffer_pullup(in, (ev_ssize_t)want);
	struct request *q = c->request;
	enum http_verdict v = http_head_parse(&q->head, p, want, &limits);
	if (v == HTTP_MORE)
		return false;
	if (v != HTTP_DONE) {
		refuse(c, v);
		return true;
	}
	keep_head(c, p);
	if (!router_admit(c))
		return true; /* answered without reading the body */
	v = http_body_init(&q->framing, &q->head, router_max_body(c));
	if (http_verdict_is_error(v)) {
		refuse(c, v);
		return true;
	}
	if (v == HTTP_DONE)
		dispatch_request(c);
	else
		begin_body(c);
	return true;
}

static enum http_verdict take_body(struct conn *c, struct str part, size_t *n_used)
{
	struct request *q = c->request;
	struct http_body_step s;
	enum http_verdict v = http_body_feed(&q->framing, part.p, part.n, &s);
	*n_used = s.n_used;
	if (s.payload.n > 0) {
		if (!reserve_body(c, q->n_body + s.payload.n)) {
			conn_close_after(c);
			c->state = CONN_BUSY;
			answer_error(c, APIERR_BODY_MEMORY_FULL);
			return HTTP_MORE;
		}
		memcpy(q->body + q->n_body, s.payload.p, s.payload.n);
		q->n_body += s.payload.n;
	}
	return v;
}

static bool read_body(struct conn *c)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);
	struct evbuffer_iovec part;
	while (c->state == CONN_BODY && evbuffer_peek(in, -1, NULL, &part, 1) > 0) {
		size_t n_used;
		enum http_verdict v = take_body(
			c, (struct str){part.iov_base, part.iov_len}, &n_used);
		evbuffer_drain(in, n_used);
		if (http_verdict_is_error(v))
			refuse(c, v);
		else if (v == HTTP_DONE)
			dispatch_request(c);
	}
	return c->state != CONN_BODY;
}

/* All of an answer has been written. */
static bool next_request(struct conn *c)
{
	if (pending(c) > 0)
		return false;
	if (!c->keep_alive) {
		linger(c);
		return true;
	}
	c->state = CONN_IDLE;
	c->deadline_ns = num_add_sat(
		c->front->process.now_ns, c->front->process.settings.idle_timeout_ns);
	return true;
}

/* Go as far as the bytes at hand allow. */
static void step(struct conn *c)
{
	bool go_on = true;
	struct evbuffer *in = bufferevent_get_input(c->bev);
	c->in_step = true;
	while (go_on) {
		size_t n = evbuffer_get_length(in);
		switch (c->state) {
		case CONN_IDLE:
			go_on = n > 0;
			if (go_on)
				begin_request(c);
			break;
		case CONN_HEAD:
			go_on = n > 0 && read_head(c);
			break;
		case CONN_BODY:
			go_on = n > 0 && read_body(c);
			break;
		case CONN_FLUSH:
			go_on = next_request(c);
			break;
		case CONN_LINGER:
			evbuffer_drain(in, n);
			go_on = false;
			break;
		case CONN_BUSY:
		case CONN_GONE:
		case CONN_STATES:
			go_on = false;
			break;
		}
	}
	c->in_step = false;
}

/* ---- events: recover the connection, call a step ---------------------------------------- */

static void on_read(struct bufferevent *bev, void *arg)
{
	(void)bev;
	struct conn *c = arg;
	process_read_clocks(&c->front->process);
	step(c);
}

static void on_write(struct bufferevent *bev, void *arg)
{
	(void)bev;
	struct conn *c = arg;
	process_read_clocks(&c->front->process);
	if (c->state == CONN_BUSY && c->ops != NULL)
		c->ops->writable(c);
	else
		step(c);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
	(void)bev;
	struct conn *c = arg;
	if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR | BEV_EVENT_TIMEOUT))
		leave(c);
}

void conn_open(struct front *f, evutil_socket_t fd)
{
	struct conn *c = calloc(1, sizeof *c);
	must(c != NULL);
	c->front = f;
	c->bev = bufferevent_socket_new(f->process.base, fd, BEV_OPT_CLOSE_ON_FREE);
	must(c->bev != NULL);
	c->state = CONN_IDLE;
	c->deadline_ns =
		num_add_sat(f->process.now_ns, f->process.settings.header_timeout_ns);
	c->next = f->conns.all;
	if (c->next != NULL)
		c->next->prev = c;
	f->conns.all = c;
	f->conns.n++;
	bufferevent_setcb(c->bev, on_read, on_write, on_event, c);
	bufferevent_setwatermark(c->bev, EV_READ, 0, CONN_INPUT_BYTES);
	bufferevent_setwatermark(c->bev, EV_WRITE, CONN_OUTPUT_BYTES / 2, 0);
	must(bufferevent_enable(c->bev, EV_READ | EV_WRITE) == 0);
	process_count(&f->process, COUNTER_connections_accepted, 1);
}

/* ---- sweeps ------------------------------------------------------------------------------ */

static bool is_stalled(struct conn *c)
{
	uint64_t now = c->front->process.now_ns;
	uint64_t sent = c->n_queued - pending(c);
	if (sent != c->n_sent_seen || pending(c) == 0) {
		c->n_sent_seen = sent;
		c->progress_ns = now;
		return false;
	}
	return now >
	       num_add_sat(c->progress_ns, c->front->process.settings.write_timeout_ns);
}

static void on_deadline(struct conn *c)
{
	if (c->state == CONN_HEAD || c->state == CONN_BODY) {
		conn_close_after(c);
		c->state = CONN_BUSY;
		answer_error(c, APIERR_REQUEST_TIMEOUT);
	} else {
		leave(c);
	}
}

void conns_sweep(struct front *f)
{
	for (struct conn *c = f->conns.all, *next; c != NULL; c = next) {
		next = c->next;
		if (is_stalled(c))
			leave(c);
		else if (f->process.now_ns >= c->deadline_ns && c->state != CONN_FLUSH)
			on_deadline(c);
	}
}

void conns_drain(struct front *f)
{
	for (struct conn *c = f->conns.all, *next; c != NULL; c = next) {
		next = c->next;
		c->keep_alive = false;
		if (c->state == CONN_IDLE)
			leave(c);
	}
}

void conns_close(struct front *f)
{
	while (f->conns.all != NULL)
		leave(f->conns.all);
	conns_reap(f);
}
