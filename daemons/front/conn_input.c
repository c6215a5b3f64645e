/* Requests on their way into a connection: head, admission, body. */
#include "front/conn_parts.h"

#include "base/clock.h"
#include "base/num.h"
#include "front/answer.h"
#include "front/body_memory.h"
#include "front/front.h"
#include "front/router.h"
#include "front/wire.h"

#include <event2/buffer.h>
#include <stdlib.h>
#include <string.h>

enum { RECEIVE_BYTES = 256 * 1024 };

/* ---- requests ---------------------------------------------------------------------- */

void conn_begin_request(struct conn *c)
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

void conn_drop_body(struct conn *c)
{
	struct request *q = c->request;
	body_memory_give(c->front, q->body_cap);
	free(q->body);
	q->body = NULL;
	q->n_body = q->body_cap = 0;
}

void conn_end_request(struct conn *c)
{
	struct request *q = c->request;
	if (q == NULL)
		return;
	conn_drop_body(c);
	free(q->head_text);
	free(q);
	c->request = NULL;
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
	if (want <= q->body_cap)
		return true;
	size_t cap = q->body_cap ? q->body_cap : 4096;
	while (cap < want)
		cap *= 2;
	if (q->head.framing == HTTP_FRAMING_LENGTH)
		cap = MAX((size_t)q->head.content_length, want);
	uint64_t more = cap - q->body_cap;
	if (!body_memory_take(c->front, more))
		return false;
	char *body = realloc(q->body, cap);
	must(body != NULL);
	q->body = body;
	q->body_cap = cap;
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
		conn_put(c, HTTP_REPLY_CONTINUE);
}

static void dispatch_request(struct conn *c)
{
	c->state = CONN_BUSY;
	c->deadline_ns = UINT64_MAX;
	router_handle(c);
}

bool conn_read_head(struct conn *c)
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
		if (s.payload.p != q->body + q->n_body) /* not received in place */
			memcpy(q->body + q->n_body, s.payload.p, s.payload.n);
		q->n_body += s.payload.n;
	}
	return v;
}

static void on_body(struct conn *c, enum http_verdict v)
{
	if (http_verdict_is_error(v))
		refuse(c, v);
	else if (v == HTTP_DONE)
		dispatch_request(c);
}

/* The rest of an announced body straight to its place: libevent would bring it in 4 KB
 * at a time, and copy it. */
static void receive_body(struct conn *c)
{
	struct request *q = c->request;
	size_t n_used;
	if (q->head.framing != HTTP_FRAMING_LENGTH || q->body == NULL)
		return;
	size_t want = MIN(q->body_cap - q->n_body, (size_t)RECEIVE_BYTES);
	char *to = q->body + q->n_body;
	size_t n = wire_receive(c->bev, to, want);
	if (n > 0)
		on_body(c, take_body(c, (struct str){to, n}, &n_used));
}

bool conn_read_body(struct conn *c)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);
	struct evbuffer_iovec part;
	while (c->state == CONN_BODY && evbuffer_peek(in, -1, NULL, &part, 1) > 0) {
		size_t n_used;
		enum http_verdict v = take_body(
			c, (struct str){part.iov_base, part.iov_len}, &n_used);
		evbuffer_drain(in, n_used);
		on_body(c, v);
	}
	if (c->state == CONN_BODY)
		receive_body(c);
	return c->state != CONN_BODY;
}
