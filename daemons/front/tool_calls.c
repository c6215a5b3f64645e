/* Calls of tools, from their exchanges to their results. */
#include "front/tool_calls.h"

#include "base/clock.h"
#include "conf/tool_section.h"
#include "front/ask.h"
#include "front/tools.h"
#include "text/jsonw.h"
#include "text/scan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NO_SLOT       UINT32_MAX
#define KEEP_ALIVE_NS (15 * NS_PER_S)

enum { SHOWN_BYTES = 1024, ERROR_BYTES = 8192, SENTENCE_BYTES = 128 };

struct tool_batch {
	struct conn *conn;
	struct tool_calls_plan plan; /* what its wishes look at is gone */
	uint32_t slot[CALLS_MAX];    /* NO_SLOT = done */
	uint32_t n_open;
	uint64_t last_put_ns;
	bool has_failed;
	struct apierr failure;
};

/* ---- results ------------------------------------------------------------------------- */

static void give_error(
	struct tool_batch *b, uint32_t ix, const char *sentence, struct str body)
{
	char buf[ERROR_BYTES];
	struct jsonw w;
	struct str result;
	jsonw_init_fixed(&w, buf, sizeof buf);
	jsonw_begin_object(&w);
	jsonw_key(&w, STR("error"));
	jsonw_string(&w, (struct str){sentence, strlen(sentence)});
	if (body.n > 0) {
		jsonw_key(&w, STR("answer"));
		jsonw_string(&w, (struct str){body.p, MIN(body.n, SHOWN_BYTES)});
	}
	jsonw_end_object(&w);
	must(jsonw_done(&w, &result));
	b->plan.done(b->conn, b->plan.arg, ix, result);
}

/* What is no JSON is text. */
static void give_text(struct tool_batch *b, uint32_t ix, struct str text)
{
	struct jsonw w;
	struct str result;
	jsonw_init(&w, TOOL_RESULT_BYTES);
	jsonw_begin_object(&w);
	jsonw_key(&w, STR("text"));
	jsonw_string(&w, text);
	jsonw_end_object(&w);
	if (jsonw_done(&w, &result))
		b->plan.done(b->conn, b->plan.arg, ix, result);
	else
		give_error(
			b, ix, "the tool's answer is longer than can be read", STR(""));
	jsonw_fini(&w);
}

static bool is_json(struct str text)
{
	struct scan s;
	struct scan_token t;
	scan_init(&s, text, SCAN_MAX_DEPTH);
	return scan_next(&s, &t) > SCAN_ERROR && scan_skip(&s, &t) &&
	       scan_next(&s, &t) == SCAN_END;
}

static void give_answer(
	struct tool_batch *b, uint32_t ix, unsigned status, struct str body)
{
	char sentence[SENTENCE_BYTES];
	if (status < 200 || status > 299) {
		snprintf(sentence, sizeof sentence, "the tool answered with status %u",
			status);
		give_error(b, ix, sentence, body);
	} else if (is_json(body)) {
		b->plan.done(b->conn, b->plan.arg, ix, body);
	} else {
		give_text(b, ix, body);
	}
}

static const char *sentence_of(enum exchange_failure why)
{
	switch (why) {
	case FAILURE_UPSTREAM_UNREACHABLE:
		return "the tool could not be reached; nothing was sent";
	case FAILURE_UPSTREAM_TIMEOUT:
		return "the tool did not answer in its time; what it has done is not "
		       "known";
	case FAILURE_TOOL_ANSWER:
		return "the tool's answer is longer than its max_bytes, or is no HTTP";
	case FAILURE_TOOL_GONE:
		return "there is no such tool any more";
	case FAILURE_QUEUE_FULL:
		return "too many tools are called at this moment";
	default:
		return "the call was sent and no answer came; what it has done is not "
		       "known";
	}
}

/* ---- ends ------------------------------------------------------------------------------ */

static void finish(struct tool_batch *b)
{
	struct tool_calls_plan plan = b->plan;
	struct apierr failure = b->failure;
	struct conn *c = b->conn;
	bool has_failed = b->has_failed;
	free(b);
	plan.end(c, plan.arg, has_failed ? &failure : NULL);
}

/* The session was cancelled, or the service ends: nobody asks the model again. */
static bool ends_all(enum exchange_failure why)
{
	return why == FAILURE_REQUEST_CANCELLED || why == FAILURE_STOPPED;
}

static void take_failure(struct tool_batch *b, uint32_t ix, enum exchange_failure why)
{
	if (!ends_all(why)) {
		give_error(b, ix, sentence_of(why), STR(""));
		return;
	}
	b->has_failed = true;
	(void)apierr_default(&b->failure, exchange_failure_reason(why));
}

static void take_answer(
	struct front *f, struct tool_batch *b, uint32_t ix, struct exchange *x)
{
	char body[TOOL_RESULT_BYTES];
	struct pipe p;
	must(channel_pipe(&f->channel, x, &p)); /* our own request part */
	uint64_t at = pipe_released(&p), n = pipe_written(&p) - at;
	if (n <= sizeof body && pipe_copy(&p, at, body, n))
		give_answer(b, ix, x->reply.status, (struct str){body, n});
	else
		take_failure(b, ix, FAILURE_TOOL_ANSWER);
}

void tool_calls_look(struct front *f, uint32_t slot)
{
	struct exchange *x = &f->channel.exchanges[slot];
	struct tool_batch *b = f->askers[slot].tools;
	enum exchange_state s = exchange_state(x);
	uint32_t ix = 0;
	if (s != EXCHANGE_DONE && s != EXCHANGE_FAILED)
		return;
	while (b->slot[ix] != slot)
		ix++;
	if (s == EXCHANGE_DONE)
		take_answer(f, b, ix, x);
	else
		take_failure(b, ix, (enum exchange_failure)x->reply.failure);
	b->slot[ix] = NO_SLOT;
	ask_release(f, slot);
	if (--b->n_open == 0)
		finish(b);
}

/* Nobody looks at what still runs; it is freed when dispatch lets it go. */
static void let_go(struct front *f, struct tool_batch *b)
{
	for (uint32_t ix = 0; ix < b->plan.n; ix++) {
		uint32_t slot = b->slot[ix];
		if (slot == NO_SLOT)
			continue;
		struct exchange *x = &f->channel.exchanges[slot];
		enum exchange_state s = exchange_state(x);
		f->askers[slot].tools = NULL;
		if (s == EXCHANGE_DONE || s == EXCHANGE_FAILED) {
			ask_release(f, slot);
		} else {
			exchange_abandon(x);
			ask_for_attention(f, slot);
		}
	}
}

static void on_left(struct conn *c)
{
	struct tool_batch *b = c->ask;
	struct front *f = c->front;
	let_go(f, b);
	b->plan.left(f, b->plan.arg);
	free(b);
}

static void on_writable(struct conn *c)
{
	(void)c; /* results are few and short */
}

static const struct conn_ops ops = {on_left, on_writable};

void tool_calls_keep_alive(struct front *f)
{
	uint64_t now = f->process.now_ns;
	for (struct conn *c = f->conns.all; c != NULL; c = c->next) {
		if (c->state != CONN_BUSY || c->ops != &ops)
			continue;
		struct tool_batch *b = c->ask;
		if (!b->plan.is_stream || now < b->last_put_ns + KEEP_ALIVE_NS)
			continue;
		conn_stream_put(c, STR(": keep-alive\n\n"), (struct str){"", 0});
		b->last_put_ns = now;
	}
}

void tool_calls_abandon_all(struct front *f)
{
	for (struct conn *c = f->conns.all, *next; c != NULL; c = next) {
		next = c->next;
		if (c->state != CONN_BUSY || c->ops != &ops)
			continue;
		struct tool_batch *b = c->ask;
		let_go(f, b);
		conn_close_after(c);
		b->has_failed = true;
		(void)apierr_default(&b->failure, APIERR_DISPATCH_UNAVAILABLE);
		finish(b);
	}
}

/* ---- begin ------------------------------------------------------------------------------ */

static void begin_one(struct tool_batch *b, uint32_t ix)
{
	struct conn *c = b->conn;
	const struct tool_wish *wish = &b->plan.wish[ix];
	struct ask_tool ask = {
		.name = wish->name, .args = wish->args, .session = b->plan.session};
	uint32_t slot;
	enum apierr_reason full = ask_tool(c, &ask, &slot);
	if (full != APIERR_N) {
		give_error(b, ix, apierr_row(full)->text, STR(""));
		return;
	}
	b->slot[ix] = slot;
	b->n_open++;
	c->front->askers[slot].tools = b;
}

void tool_calls_begin(struct conn *c, const struct tool_calls_plan *plan)
{
	struct tool_batch *b = calloc(1, sizeof *b);
	must(b != NULL && plan->n > 0 && plan->n <= CALLS_MAX);
	b->conn = c;
	b->plan = *plan;
	process_read_clocks(&c->front->process);
	b->last_put_ns = c->front->process.now_ns;
	for (uint32_t ix = 0; ix < plan->n; ix++)
		b->slot[ix] = NO_SLOT;
	for (uint32_t ix = 0; ix < plan->n; ix++)
		begin_one(b, ix);
	if (b->n_open == 0)
		finish(b);
	else
		conn_wait(c, &ops, b);
}
