/* The life of one request. */
#include "exchange.h"

#include <stdlib.h>
#include <string.h>

#include "content.h"
#include "endpoint.h"
#include "stream.h"
#include "wire.h"

static void step_on(struct exchange *ex);

/* ---- beginning ------------------------------------------------------------------ */

static char *copy_text(struct slice s)
{
	if (s.p == NULL)
		return NULL;
	char *text = grow(NULL, s.n + 1);
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	return text;
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	step_on(arg);
}

struct exchange *exchange_new(struct sim *s, const struct endpoint *endpoint,
	struct http_conn *conn, const struct http_request *req)
{
	struct exchange *ex = grow(NULL, sizeof *ex);
	memset(ex, 0, sizeof *ex);
	ex->sim = s;
	ex->endpoint = endpoint;
	ex->conn = conn;
	ex->mode = mode_ok();
	ex->cut_at = UINT64_MAX;
	ex->minor = req->minor;
	ex->keep_alive = req->keep_alive;
	ex->reused = req->reused;
	ex->started_ns = clock_ns();
	ex->created_s = clock_wall_ms() / 1000;
	ex->client_id = copy_text(http_find(req, "x-client-request-id"));
	openai_name(ex->request_id, "req_", mix64(s->id_salt + s->n_requests));
	openai_name(
		ex->reply_id, endpoint->id_prefix, mix64(s->id_salt - s->n_requests));
	ex->bill.endpoint = endpoint->name;
	ex->bill.request_id = ex->request_id;
	ex->bill.client_id = ex->client_id;
	ex->bill.body_fnv = hash_bytes(0, req->body);
	event_assign(&ex->timer, s->base, -1, 0, on_timer, ex);
	http_set_user(conn, ex);
	s->n_in_flight++;
	s->max_in_flight = MAX(s->max_in_flight, s->n_in_flight);
	return ex;
}

void exchange_wake_in(struct exchange *ex, uint64_t ns)
{
	uint64_t us = (ns + 999) / 1000;
	struct timeval tv = {(time_t)(us / 1000000), (suseconds_t)(us % 1000000)};
	event_add(&ex->timer, &tv);
}

/* ---- the bill ------------------------------------------------------------------- */

static bool is_whole(const struct exchange *ex)
{
	return ex->mode->kind != MODE_HOLE &&
	       (ex->mode->kind != MODE_REPLY || !ex->bill.stream);
}

/* A black hole thinks on at its pace until its client leaves. */
static struct usage usage_in_hole(const struct exchange *ex)
{
	struct usage u = ex->full;
	if (ex->milli_tps > 0) {
		double s = (double)(clock_ns() - ex->first_ns) / (double)NS_PER_S;
		double spent = s * (double)ex->milli_tps / 1000;
		if (spent < (double)u.completion)
			u.completion = (uint64_t)spent;
	}
	u.reasoning = MIN(u.reasoning, u.completion);
	return u;
}

void exchange_write_line(struct exchange *ex, enum bill_event event)
{
	ex->bill.mode = ex->mode->name;
	bill_append(&ex->sim->bill, event, &ex->bill);
	if (event != BILL_OPEN && ex->bill.billed && ex->key != NULL)
		limiter_settle(ex->key, ex->ticket,
			ex->bill.usage.prompt + ex->bill.usage.completion);
}

void exchange_await_commit(struct exchange *ex, enum exchange_state state)
{
	struct sim *s = ex->sim;
	ex->state = state;
	ex->next = NULL;
	*s->recorded_end = ex;
	s->recorded_end = &ex->next;
}

/* ---- ending --------------------------------------------------------------------- */

static void end(struct exchange *ex)
{
	struct sim *s = ex->sim;
	event_del(&ex->timer);
	ex->state = EXCHANGE_ENDED;
	ex->next = s->ended;
	s->ended = ex;
	s->n_in_flight--;
}

void exchange_sweep(struct sim *s)
{
	while (s->ended != NULL) {
		struct exchange *ex = s->ended;
		s->ended = ex->next;
		free(ex->client_id);
		free(ex->blob);
		buf_free(&ex->slow);
		buf_free(&ex->inputs);
		speech_fini(&ex->speech);
		free(ex);
	}
}

void exchange_flush(struct exchange *ex)
{
	ex->state = EXCHANGE_FLUSHING;
	if (ex->slow_at < ex->slow.n) {
		exchange_wake_in(ex, 0);
		return;
	}
	bool keep = ex->blob != NULL ? ex->keep_alive : wire_keeps_alive(ex);
	http_finish(ex->conn, keep && ex->ending != ENDING_CUT);
	end(ex);
}

void exchange_on_gone(void *user)
{
	struct exchange *ex = user;
	bool queued = ex->state == EXCHANGE_RECORDING || ex->state == EXCHANGE_CLOSING;
	ex->conn = NULL;
	ex->bill.completed = false;
	bool streams = ex->state <= EXCHANGE_STREAMING || ex->state == EXCHANGE_HOLDING;
	if (ex->mode->kind == MODE_HOLE)
		ex->bill.usage = usage_in_hole(ex);
	else if (!is_whole(ex) && streams)
		ex->bill.usage = stream_usage_so_far(ex);
	exchange_write_line(ex, BILL_ABORT);
	if (!queued)
		end(ex);
}

/* ---- the other answers ---------------------------------------------------------- */

static void send_whole(struct exchange *ex)
{
	struct buf *body = &ex->sim->content;
	content_whole(body, ex);
	wire_begin(ex, body->n);
	size_t n = (size_t)MIN(ex->cut_at, (uint64_t)body->n);
	if (n < body->n)
		ex->ending = ENDING_CUT;
	wire_put(ex, body->p, body->n, n);
	if (n == body->n)
		wire_end(ex);
	body->n = 0;
	if (body->cap > 1 << 20)
		buf_free(body);
	wire_flush(ex);
	if (ex->mode->stalls)
		ex->state = EXCHANGE_HOLDING;
	else
		exchange_flush(ex);
}

static void pour(struct exchange *ex)
{
	ex->state = EXCHANGE_POURING;
	if (!wire_pour(ex))
		exchange_flush(ex);
	else if (http_is_drained(ex->conn))
		exchange_wake_in(ex, 0);
}

static void send_error(struct exchange *ex)
{
	http_send(ex->conn, ex->blob, ex->blob_n);
	exchange_flush(ex);
}

/* The delay is over. */
static void answer(struct exchange *ex)
{
	if (ex->blob != NULL) {
		send_error(ex);
		return;
	}
	switch (ex->mode->kind) {
	case MODE_REPLY:
		if (ex->bill.stream)
			stream_begin(ex);
		else
			send_whole(ex);
		break;
	case MODE_RAW:
		pour(ex);
		break;
	case MODE_HOLE:
		ex->first_ns = clock_ns();
		ex->state = EXCHANGE_HOLDING;
		break;
	case MODE_EARLY: /* a prompt asked for it: too late to die unread */
	case MODE_DIE:
	case MODE_ERROR:
		exchange_flush(ex);
		break;
	}
}

/* The timer or the drain: what was waiting goes on. */
static void step_on(struct exchange *ex)
{
	if (ex->slow_at < ex->slow.n) {
		uint64_t pause_ns = wire_trickle(ex);
		if (ex->slow_at < ex->slow.n) {
			exchange_wake_in(ex, pause_ns);
			return;
		}
	}
	switch (ex->state) {
	case EXCHANGE_WAITING:
		answer(ex);
		break;
	case EXCHANGE_STREAMING:
		stream_go_on(ex);
		break;
	case EXCHANGE_FLUSHING:
		exchange_flush(ex);
		break;
	case EXCHANGE_POURING:
		pour(ex);
		break;
	case EXCHANGE_RECORDING:
	case EXCHANGE_CLOSING:
	case EXCHANGE_HOLDING:
	case EXCHANGE_ENDED:
		break;
	}
}

void exchange_on_drain(void *user)
{
	struct exchange *ex = user;
	/* a trickle keeps its own time */
	if (ex->slow_at == ex->slow.n && !event_pending(&ex->timer, EV_TIMEOUT, NULL))
		step_on(ex);
}

/* ---- from the outside ----------------------------------------------------------- */

void exchange_refuse(
	struct exchange *ex, const struct openai_error *e, const char *headers)
{
	struct buf blob = {0};
	wire_error(&blob, ex, e, headers);
	ex->blob = blob.p;
	ex->blob_n = blob.n;
	ex->bill.status = e->status;
	ex->bill.completed = true;
	exchange_write_line(ex, BILL_FINAL);
	exchange_await_commit(ex, EXCHANGE_RECORDING);
}

/* Will the cut fall into this whole reply? Its line must say so beforehand. */
static bool find_cut(struct exchange *ex)
{
	if (ex->mode->cut == CUT_NONE)
		return false;
	struct buf *body = &ex->sim->content;
	content_whole(body, ex);
	size_t n = body->n;
	body->n = 0;
	if (ex->mode->cut == CUT_HALF)
		ex->cut_at = n / 2;
	return ex->cut_at < n;
}

void exchange_run(struct exchange *ex)
{
	const struct mode *m = ex->mode;
	ex->bill.status = m->frame == FRAME_BARE ? 0 : m->status;
	ex->bill.billed = m->billed;
	ex->bill.usage = ex->full;
	if (m->cut == CUT_AT_ARG)
		ex->cut_at = ex->arg;
	if (is_whole(ex)) {
		ex->bill.completed = m->kind == MODE_REPLY && !find_cut(ex);
		ex->bill.sent_tokens = ex->bill.completed ? ex->full.completion : 0;
		exchange_write_line(ex, BILL_FINAL);
	} else {
		ex->bill.usage.completion = ex->bill.usage.reasoning = 0;
		exchange_write_line(ex, BILL_OPEN);
	}
	exchange_await_commit(ex, EXCHANGE_RECORDING);
}

static void release_one(struct exchange *ex)
{
	if (ex->conn == NULL) {
		end(ex);
	} else if (ex->state == EXCHANGE_CLOSING) {
		stream_end(ex);
	} else {
		ex->state = EXCHANGE_WAITING;
		if (ex->delay_ns > 0)
			exchange_wake_in(ex, ex->delay_ns);
		else
			answer(ex);
	}
}

void exchange_release(struct sim *s)
{
	struct exchange *ex = s->recorded;
	s->recorded = NULL;
	s->recorded_end = &s->recorded;
	while (ex != NULL) {
		struct exchange *next = ex->next;
		release_one(ex);
		ex = next;
	}
}
