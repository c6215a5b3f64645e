/* Answers on their way out of a connection. */
#include "front/conn_parts.h"

#include "front/front.h"

#include <event2/buffer.h>

enum { TOGETHER_BYTES = 16384 }; /* the most that one TLS record holds */

size_t conn_pending(const struct conn *c)
{
	return evbuffer_get_length(bufferevent_get_output(c->bev));
}

static void note_progress(struct conn *c)
{
	if (conn_pending(c) == 0)
		c->progress_ns = c->front->process.now_ns;
}

static void note_put(struct conn *c, size_t n)
{
	c->n_queued += n;
	if (!c->is_due) {
		c->is_due = true;
		c->next_due = c->front->conns.due;
		c->front->conns.due = c;
	}
	process_count(&c->front->process, COUNTER_bytes_relayed, n);
}

void conn_put(struct conn *c, struct str s)
{
	if (s.n == 0 || c->state == CONN_GONE)
		return;
	note_progress(c);
	must(bufferevent_write(c->bev, s.p, s.n) == 0);
	note_put(c, s.n);
}

static void put_buffer(struct conn *c, struct evbuffer *body)
{
	size_t n = evbuffer_get_length(body);
	note_progress(c);
	must(evbuffer_add_buffer(bufferevent_get_output(c->bev), body) == 0);
	note_put(c, n);
}

/* What comes next is to lie in one piece: each piece is a TLS record and a write of its
 * own. Above that size there are several anyway. */
static void keep_together(struct conn *c, size_t n)
{
	if (n <= TOGETHER_BYTES && c->state != CONN_GONE)
		must(evbuffer_expand(bufferevent_get_output(c->bev), n) == 0);
}

/* The answer is whole: wait until it is written, then the next request. */
static void finish_answer(struct conn *c)
{
	c->ops = NULL;
	c->ask = NULL;
	if (c->state == CONN_GONE)
		return;
	c->state = CONN_FLUSH;
	conn_end_request(c);
	if (!c->in_step)
		conn_step(c);
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
	if (c->request != NULL && c->request->add_headers != NULL)
		c->request->add_headers(c, r);
}

static bool is_head(const struct conn *c)
{
	return c->request != NULL && c->request->head.method == HTTP_METHOD_HEAD;
}

static void reply_head(struct conn *c, struct http_reply *r, size_t n_body)
{
	must(http_reply_end_length(r, n_body));
	c->keep_alive = r->keep_alive;
	keep_together(c, r->n + n_body);
	conn_put(c, (struct str){r->p, r->n});
}

static void reply(
	struct conn *c, struct http_reply *r, struct str body, struct str behind)
{
	reply_head(c, r, body.n + behind.n);
	if (!is_head(c)) {
		conn_put(c, body);
		conn_put(c, behind);
	}
	finish_answer(c);
}

void conn_reply_whole(struct conn *c, struct http_reply *r, struct str body)
{
	reply(c, r, body, STR(""));
}

void conn_reply_line(struct conn *c, struct http_reply *r, struct str body)
{
	reply(c, r, body, STR("\n"));
}

void conn_reply_buffer(struct conn *c, struct http_reply *r, struct evbuffer *body)
{
	reply_head(c, r, evbuffer_get_length(body) + 1);
	if (!is_head(c) && c->state != CONN_GONE) {
		put_buffer(c, body);
		conn_put(c, STR("\n"));
	}
	finish_answer(c);
}

void conn_reply_bare(struct conn *c, struct http_reply *r)
{
	must(http_reply_end_bare(r));
	c->keep_alive = r->keep_alive;
	conn_put(c, (struct str){r->p, r->n});
	finish_answer(c);
}

void conn_stream_begin(struct conn *c, struct http_reply *r)
{
	must(http_reply_end_stream(r));
	c->keep_alive = r->keep_alive;
	c->chunked = r->chunked;
	conn_put(c, (struct str){r->p, r->n});
}

void conn_stream_put(struct conn *c, struct str a, struct str b)
{
	char size[HTTP_CHUNK_SIZE_BYTES];
	if (a.n + b.n == 0)
		return;
	keep_together(c, sizeof size + a.n + b.n + HTTP_CHUNK_END.n);
	if (c->chunked)
		conn_put(c, (struct str){size, http_chunk_size(a.n + b.n, size)});
	conn_put(c, a);
	conn_put(c, b);
	if (c->chunked)
		conn_put(c, HTTP_CHUNK_END);
}

void conn_stream_end(struct conn *c)
{
	if (c->chunked)
		conn_put(c, HTTP_CHUNK_LAST);
	finish_answer(c);
}

void conn_stream_cut(struct conn *c)
{
	c->keep_alive = false;
	finish_answer(c);
}

void conn_wait(struct conn *c, const struct conn_ops *ops, void *ask)
{
	c->ops = ops;
	c->ask = ask;
}

bool conn_has_room(const struct conn *c)
{
	return conn_pending(c) < CONN_OUTPUT_BYTES;
}

void conn_close_after(struct conn *c)
{
	c->keep_alive = false;
}
