/* A client's connection over a bufferevent: its states, events and deadlines. */
#include "front/conn_parts.h"

#include "base/clock.h"
#include "base/num.h"
#include "front/answer.h"
#include "front/front.h"
#include "front/tls.h"
#include "front/wire.h"

#include <event2/buffer.h>
#include <stdio.h>
#include <stdlib.h>

#define LINGER_NS NS_PER_S

enum { SINGLE_IO_BYTES = 65536 }; /* libevent's own bound is a quarter of it */

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

void conns_init(struct front *f)
{
	struct counter_row *row = f->process.counters;
	process_count(&f->process, COUNTER_connections_closed,
		num_sub_sat(counter_of(row, COUNTER_connections_accepted),
			counter_of(row, COUNTER_connections_closed)));
}

void conns_reap(struct front *f)
{
	struct conn *c = f->conns.gone, *next;
	f->conns.gone = NULL;
	for (; c != NULL; c = next) {
		next = c->next;
		conn_end_request(c);
		bufferevent_free(c->bev);
		free(c);
	}
}

/* The answer is out, but the client may still be sending: closing now would reset the
 * connection and could take the answer with it. */
static void linger(struct conn *c)
{
	conn_end_request(c);
	c->state = CONN_LINGER;
	c->deadline_ns = c->front->process.now_ns + LINGER_NS;
	c->is_ended = wire_end(c->bev);
}

/* All of an answer has been written. */
static bool next_request(struct conn *c)
{
	if (conn_pending(c) > 0)
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

/* A client may send ahead only so much. */
static void bound_input(struct conn *c)
{
	bool is_full =
		evbuffer_get_length(bufferevent_get_input(c->bev)) >= CONN_INPUT_BYTES;
	if (is_full == c->is_full || c->state == CONN_GONE)
		return;
	c->is_full = is_full;
	must((is_full ? bufferevent_disable(c->bev, EV_READ)
		      : bufferevent_enable(c->bev, EV_READ)) == 0);
}

/* Go as far as the bytes at hand allow. */
void conn_step(struct conn *c)
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
				conn_begin_request(c);
			break;
		case CONN_HEAD:
			go_on = n > 0 && conn_read_head(c);
			break;
		case CONN_BODY:
			go_on = n > 0 && conn_read_body(c);
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
	bound_input(c);
}

/* ---- events: recover the connection, call a step ---------------------------------------- */

static void on_read(struct bufferevent *bev, void *arg)
{
	(void)bev;
	struct conn *c = arg;
	process_read_clocks(&c->front->process);
	conn_step(c);
}

/* Output has drained. */
static void on_drained(struct conn *c)
{
	if (conn_pending(c) == 0)
		wire_rest(c->bev);
	if (c->state == CONN_BUSY && c->ops != NULL)
		c->ops->writable(c);
	else
		conn_step(c);
}

static void on_write(struct bufferevent *bev, void *arg)
{
	(void)bev;
	struct conn *c = arg;
	process_read_clocks(&c->front->process);
	on_drained(c);
}

/* Somebody has forgotten the s of https; libevent is done with the connection. */
static void answer_plain_http(struct conn *c)
{
	struct apierr e;
	char body[APIERR_BODY_BYTES], text[APIERR_BODY_BYTES + 128];
	(void)apierr_default(&e, APIERR_PLAIN_HTTP);
	int n_body = (int)apierr_write(&e, body, sizeof body);
	int n = snprintf(text, sizeof text,
		"HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\n"
		"Content-Length: %d\r\nConnection: close\r\n\r\n%.*s",
		n_body, n_body, body);
	must(n > 0 && (size_t)n < sizeof text);
	wire_answer_plainly(c->bev, text, (size_t)n);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
	struct conn *c = arg;
	if ((what & BEV_EVENT_ERROR) && wire_met_plain_http(bev))
		answer_plain_http(c);
	if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR | BEV_EVENT_TIMEOUT))
		leave(c);
}

void conn_open(struct front *f, evutil_socket_t fd)
{
	struct conn *c = calloc(1, sizeof *c);
	must(c != NULL);
	c->front = f;
	c->bev = wire_open(f->process.base, fd, tls_context(f->tls));
	c->state = CONN_IDLE;
	c->deadline_ns =
		num_add_sat(f->process.now_ns, f->process.settings.header_timeout_ns);
	c->next = f->conns.all;
	if (c->next != NULL)
		c->next->prev = c;
	f->conns.all = c;
	f->conns.n++;
	bufferevent_setcb(c->bev, on_read, on_write, on_event, c);
	must(bufferevent_set_max_single_read(c->bev, SINGLE_IO_BYTES) == 0);
	must(bufferevent_set_max_single_write(c->bev, SINGLE_IO_BYTES) == 0);
	bufferevent_setwatermark(c->bev, EV_WRITE, CONN_OUTPUT_BYTES / 2, 0);
	must(bufferevent_enable(c->bev, EV_READ) == 0);
	process_count(&f->process, COUNTER_connections_accepted, 1);
}

/* ---- writing -------------------------------------------------------------------------- */

static void flush(struct conn *c)
{
	if (c->state == CONN_GONE)
		return;
	if (!wire_flush(c->bev, SINGLE_IO_BYTES))
		leave(c);
	else if (conn_pending(c) == 0)
		on_drained(c);
}

void conns_flush(struct front *f)
{
	while (f->conns.due != NULL) {
		struct conn *c = f->conns.due;
		f->conns.due = c->next_due;
		c->is_due = false;
		flush(c);
	}
}

/* ---- sweeps ------------------------------------------------------------------------------ */

static bool is_stalled(struct conn *c)
{
	uint64_t now = c->front->process.now_ns;
	uint64_t sent = c->n_queued - conn_pending(c);
	if (sent != c->n_sent_seen || conn_pending(c) == 0) {
		c->n_sent_seen = sent;
		c->progress_ns = now;
		return false;
	}
	return now >
	       num_add_sat(c->progress_ns, c->front->process.settings.write_timeout_ns);
}

/* Nothing is on its way, so nothing is lost. */
static void hang_up(struct conn *c)
{
	c->is_ended = wire_end(c->bev);
	leave(c);
}

static void on_deadline(struct conn *c)
{
	if (c->state == CONN_HEAD || c->state == CONN_BODY) {
		conn_close_after(c);
		c->state = CONN_BUSY;
		answer_error(c, APIERR_REQUEST_TIMEOUT);
	} else {
		hang_up(c);
	}
}

void conns_sweep(struct front *f)
{
	for (struct conn *c = f->conns.all, *next; c != NULL; c = next) {
		next = c->next;
		if (c->state == CONN_LINGER && !c->is_ended)
			c->is_ended = wire_end(c->bev);
		if (is_stalled(c))
			leave(c);
		else if (f->process.now_ns >= c->deadline_ns && c->state != CONN_FLUSH)
			on_deadline(c);
	}
}

void conns_drain(struct front *f, bool is_patient)
{
	uint64_t until_ns =
		num_add_sat(f->process.now_ns, f->process.settings.drain_timeout_ns);
	for (struct conn *c = f->conns.all, *next; c != NULL; c = next) {
		next = c->next;
		c->keep_alive = false;
		if (c->state == CONN_IDLE && !is_patient)
			hang_up(c);
		else if (c->state == CONN_IDLE)
			c->deadline_ns = MIN(c->deadline_ns, until_ns);
	}
}

void conns_close(struct front *f)
{
	while (f->conns.all != NULL)
		leave(f->conns.all);
	f->conns.due = NULL;
	conns_reap(f);
}
