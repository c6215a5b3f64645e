/* The ends of an exchange, as client, log and counters hear of them. */
#include "front/relay_parts.h"

#include "base/clock.h"
#include "base/num.h"
#include "front/answer.h"
#include "front/ask.h"
#include "segment/ending.h"

#include <event2/buffer.h>
#include <stdlib.h>
#include <string.h>

void relay_free(struct relay *y)
{
	if (y->whole != NULL)
		evbuffer_free(y->whole);
	free(y);
}

/* As the ledger counts it: what nobody knows at its upper bound. */
static unsigned long long counted(uint64_t known, uint64_t unknown)
{
	return num_add_sat(known, unknown);
}

static void log_done(struct front *f, const struct exchange *x, unsigned status)
{
	const struct exchange_request *q = &x->request;
	const struct exchange_reply *r = &x->reply;
	char id[EXCHANGE_ID_TEXT_BYTES], model[LOG_QUOTE_BYTES];
	exchange_id_format(q->id, id);
	log_quote((struct str){q->model, strnlen(q->model, sizeof q->model)}, model);
	log_event(status >= 500 ? LOG_INFO : LOG_DEBUG, EVENT_REQUEST_DONE,
		"id=%s status=%u failure=%s model=%s queue_ms=%llu total_ms=%llu"
		" retries=%u prompt=%llu completion=%llu nanousd=%llu unknown=%u",
		id, status, exchange_failure_name((enum exchange_failure)r->failure),
		model, (unsigned long long)(exchange_waited_ns(x) / NS_PER_MS),
		(unsigned long long)(num_sub_sat(f->process.now_ns, q->queued_ns) /
				     NS_PER_MS),
		r->retries, counted(r->prompt_tokens, r->unknown.prompt_tokens),
		counted(r->completion_tokens, r->unknown.completion_tokens),
		counted(r->cost_nanousd, r->unknown.cost_nanousd), r->n_unknown);
}

static void release(struct front *f, struct relay *y)
{
	ask_release(f, y->slot);
	relay_free(y);
}

static unsigned status_of(const struct exchange *x)
{
	unsigned status = x->reply.status;
	return status >= 200 && status <= 599 ? status : 502;
}

/* An answer may also say that it failed. */
static void count_end(struct front *f, const struct exchange *x)
{
	enum exchange_failure why = (enum exchange_failure)x->reply.failure;
	process_count(&f->process, exchange_ending_counter(why, x->reply.status), 1);
	chat_window_learn(f, x);
}

void relay_answer_whole(struct conn *c, const struct exchange *x, struct str body)
{
	char buf[HTTP_REPLY_BYTES];
	struct http_reply h;
	unsigned status = status_of(x);
	conn_reply_begin(c, &h, buf, status);
	relay_add_type(&h, x);
	http_reply_add(&h, STR("Cache-Control"), STR("no-store"));
	relay_add_common(&h, x);
	relay_add_outcome(&h, x);
	if (status == 204)
		conn_reply_bare(c, &h);
	else
		conn_reply_whole(c, &h, body);
}

/* As a status with its body, or behind a stream's head as what that has for it. */
static void put_whole(struct conn *c, const struct relay *y, const struct exchange *x,
	struct str body)
{
	if (y->head_out)
		relay_put_refusal(c, y, body);
	else
		relay_answer_whole(c, x, body);
}

static void end_whole(struct conn *c, struct relay *y, struct exchange *x)
{
	size_t n = y->whole ? evbuffer_get_length(y->whole) : 0;
	const char *body = n ? (const char *)evbuffer_pullup(y->whole, -1) : "";
	struct front *f = c->front;
	must(body != NULL);
	admit_settle(f, &f->askers[y->slot].admitted, x);
	log_done(f, x, status_of(x));
	count_end(f, x);
	put_whole(c, y, x, (struct str){body, n});
	release(f, y);
}

static void end_stream(struct conn *c, struct relay *y, struct exchange *x)
{
	struct front *f = c->front;
	log_done(f, x, 200);
	count_end(f, x);
	conn_stream_end(c);
	release(f, y);
}

void relay_tell_failure(
	struct conn *c, const struct relay *y, const struct apierr *e, uint64_t wait_ms)
{
	const struct exchange *x = relay_exchange(c->front, y);
	struct apierr_words words = apierr_words(e);
	if (y->sink != NULL)
		y->sink->end(c, y->sink_arg, x, e, wait_ms);
	else if (y->head_out)
		relay_put_error(c, y, &words, apierr_row(e->reason)->status);
	else
		answer_apierr_wait(
			c, e, wait_ms, &(struct answer_headers){relay_add_common, x});
}

static void end_failed(struct conn *c, struct relay *y, struct exchange *x)
{
	struct apierr e;
	struct front *f = c->front;
	relay_describe(f, x, &e);
	admit_settle(f, &f->askers[y->slot].admitted, x);
	log_done(f, x, apierr_row(e.reason)->status);
	count_end(f, x);
	relay_tell_failure(c, y, &e, x->reply.retry_after_ms);
	release(f, y);
}

static void end_sink(struct conn *c, struct relay *y, struct exchange *x)
{
	struct front *f = c->front;
	admit_settle(f, &f->askers[y->slot].admitted, x);
	log_done(f, x, status_of(x));
	count_end(f, x);
	y->sink->end(c, y->sink_arg, x, NULL, 0);
	release(f, y);
}

void relay_end(struct conn *c, struct relay *y, struct exchange *x)
{
	if (exchange_state(x) == EXCHANGE_FAILED)
		end_failed(c, y, x);
	else if (y->sink != NULL)
		end_sink(c, y, x);
	else if (y->passes_on)
		end_stream(c, y, x);
	else
		end_whole(c, y, x);
}
