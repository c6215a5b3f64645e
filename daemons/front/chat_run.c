/* Turns of chats under way. */
#include "front/chat_run.h"

#include "base/clock.h"
#include "base/num.h"
#include "base/str.h"
#include "front/answer.h"
#include "front/chat_api.h"
#include "front/chat_events.h"
#include "front/chat_keep.h"
#include "front/chat_run_parts.h"
#include "store/chats.h"
#include "text/sse.h"
#include "text/upstream_error.h"

#include <event2/buffer.h>
#include <stdlib.h>
#include <string.h>

#define KEEP_ALIVE_NS (15 * NS_PER_S)

enum { LINE_BYTES = 4 << 20 };

void chat_run_free(void *arg)
{
	struct chat_run *r = arg;
	evbuffer_free(r->text);
	evbuffer_free(r->other);
	evbuffer_free(r->told);
	chat_loop_free(r->loop);
	chat_prompt_free(&r->prompt);
	free(r->sse_buffer);
	chat_claim_drop(&r->claim);
	free(r);
}

size_t chat_run_answer_bytes(const struct chat_run *r)
{
	return evbuffer_get_length(r->text) - r->answer_at;
}

/* How the assistant's next message begins in the turn's text. */
static const struct str answer_begin = STR(",{\"role\":\"assistant\",\"content\":\"");

static void open_answer(struct chat_run *r)
{
	must(evbuffer_add(r->text, answer_begin.p, answer_begin.n) == 0);
	r->answer_at = evbuffer_get_length(r->text);
}

/* As if it had not been opened; it is empty. */
static void take_back_answer(struct chat_run *r)
{
	struct evbuffer *all = r->text;
	size_t n = r->answer_at - answer_begin.n;
	r->text = evbuffer_new();
	must(r->text != NULL && evbuffer_remove_buffer(all, r->text, n) == (int)n);
	evbuffer_free(all);
}

/* ---- the end --------------------------------------------------------------------------- */

/* What one reply came to, beside those before it. */
static void add_outcome(struct chat_run *r, const struct exchange *x)
{
	const struct exchange_reply *y = &x->reply;
	struct fact_chat_turn *t = &r->turn;
	t->retries += y->retries;
	t->rate_limited |= y->rate_limited;
	t->estimated |= y->estimated;
	t->unpriced |= y->unpriced;
	t->prompt_tokens += y->prompt_tokens;
	t->cached_tokens += y->cached_tokens;
	t->completion_tokens += y->completion_tokens;
	t->reasoning_tokens += y->reasoning_tokens;
	t->cost_nanousd += y->cost_nanousd;
	t->queue_ns += exchange_waited_ns(x);
	if (t->first_token_ns == 0)
		t->first_token_ns = num_sub_sat(y->first_byte_ns, y->sent_ns);
	t->duration_ns += num_sub_sat(y->done_ns, y->sent_ns);
}

static void on_kept(struct conn *c, void *arg)
{
	struct chat_run *r = arg;
	if (r->is_stream) {
		chat_events_usage(c, &r->turn, r->tool_ns, r->finish);
		chat_events_done(c);
		return;
	}
	if (r->has_failed) {
		answer_apierr_wait(c, &r->failure, r->failure_wait_ms,
			&(struct answer_headers){0});
		return;
	}
	size_t all = evbuffer_get_length(r->text);
	const char *p = (const char *)evbuffer_pullup(r->text, -1);
	must(p != NULL);
	size_t n = all - r->answer_at - 2; /* the closing of string and object */
	size_t n_told = evbuffer_get_length(r->told);
	const char *told = n_told ? (const char *)evbuffer_pullup(r->told, -1) : "";
	chat_answer(c, &(struct chat_answer){.turn = &r->turn,
			       .context = &r->context,
			       .text = {p + r->answer_at, n},
			       .tools = {told, n_told},
			       .finish = r->finish,
			       .tool_ns = r->tool_ns});
}

/* Into the ledger; behind it c, if there is one, is answered. */
static void keep(struct front *f, struct conn *c, struct chat_run *r)
{
	struct chat_keep_plan plan = {.kept = on_kept, .drop = chat_run_free, .arg = r};
	fact_begin(&r->turn.head, FACT_CHAT_TURN, sizeof r->turn, f->process.now_ms);
	plan.fact.chat_turn = r->turn;
	must(evbuffer_add(r->text, "\"}", 2) == 0);
	size_t n = evbuffer_get_length(r->text);
	char *text = malloc(n);
	must(text != NULL && evbuffer_copyout(r->text, text, n) == (ev_ssize_t)n);
	plan.text = (struct str){text, n};
	chat_keep(f, c, &plan);
}

/* There is nothing to keep. */
void chat_run_fail_empty(
	struct conn *c, struct chat_run *r, const struct apierr *e, uint64_t wait_ms)
{
	bool is_stream = r->is_stream;
	chat_run_free(r); /* first: whoever is told may ask again */
	if (!is_stream) {
		answer_apierr_wait(c, e, wait_ms, &(struct answer_headers){0});
		return;
	}
	chat_events_error(c, e, wait_ms);
	chat_events_done(c);
}

/* The words that came before it go into the ledger, and the turn's end behind them: then
 * the next one may begin. Who leaves the service waits for no other process. */
static void fail(
	struct conn *c, struct chat_run *r, const struct apierr *e, uint64_t wait_ms)
{
	if (chat_run_answer_bytes(r) == 0) {
		chat_run_fail_empty(c, r, e, wait_ms);
		return;
	}
	struct front *f = c->front;
	bool waits = f->process.phase == PROCESS_RUNNING;
	r->turn.outcome = e->reason == APIERR_CANCELLED ? CHAT_STOPPED : CHAT_FAILED;
	r->has_failed = true;
	r->failure = *e;
	r->failure_wait_ms = wait_ms;
	if (r->is_stream)
		chat_events_error(c, e, wait_ms);
	if (!waits)
		on_kept(c, r);
	keep(f, waits ? c : NULL, r);
}

/* The upstream has refused; dispatch has put it in words, with what Atlas has done. */
static void refuse(struct conn *c, struct chat_run *r, const struct exchange *x)
{
	struct upstream_error u;
	size_t n = evbuffer_get_length(r->other);
	struct str body = {(const char *)evbuffer_pullup(r->other, -1), n};
	must(body.p != NULL);
	if (!r->is_stream) {
		relay_answer_whole(c, x, body);
	} else {
		if (upstream_error_parse(body, &u))
			chat_events_refusal(c, &u, x->reply.retry_after_ms);
		chat_events_done(c);
	}
	chat_run_free(r);
}

/* The upstream does not have the API that the model is made for. */
static bool is_lacking(struct chat_run *r, const struct exchange *x)
{
	size_t n = evbuffer_get_length(r->other);
	const char *p = n > 0 ? (const char *)evbuffer_pullup(r->other, -1) : "";
	return !r->is_event_stream &&
	       chat_api_is_lacking(r->api, x->reply.status, (struct str){p, n});
}

static void ask_the_other_way(struct conn *c, struct chat_run *r)
{
	chat_api_note_lack(c->front, r->turn.model);
	r->api = API_CHAT_COMPLETIONS;
	take_back_answer(r);
	(void)!chat_run_ask(c, r); /* refused: that has been told */
}

static void end(struct conn *c, void *arg, const struct exchange *x,
	const struct apierr *failure, uint64_t wait_ms)
{
	struct chat_run *r = arg;
	struct apierr e;
	enum apierr_reason why =
		exchange_failure_reason((enum exchange_failure)x->reply.failure);
	(void)apierr_default(&e, why);
	add_outcome(r, x);
	if (failure != NULL)
		fail(c, r, failure, wait_ms);
	else if (is_lacking(r, x))
		ask_the_other_way(c, r);
	else if (evbuffer_get_length(r->other) > 0)
		refuse(c, r, x);
	else if (!r->is_event_stream || x->reply.failure != FAILURE_NONE)
		fail(c, r, &e, x->reply.retry_after_ms);
	else if (chat_loop_has_calls(r))
		chat_loop_go(c, r);
	else
		keep(c->front, c, r);
}

static void left(struct front *f, void *arg)
{
	struct chat_run *r = arg;
	(void)f;
	r->turn.outcome = CHAT_STOPPED;
}

/* What it came to belongs to the turn, so that is kept only now. */
static void over(struct front *f, void *arg, const struct exchange *x)
{
	struct chat_run *r = arg;
	if (x != NULL)
		add_outcome(r, x);
	if (chat_run_answer_bytes(r) > 0)
		keep(f, NULL, r);
	else
		chat_run_free(r);
}

/* ---- while it waits ---------------------------------------------------------------------- */

static const char *const state_names[EXCHANGE_STATES] = {[EXCHANGE_QUEUED] = "queued",
	[EXCHANGE_SENT] = "sent",
	[EXCHANGE_STREAMING] = "answering"};

static void tell_state(struct conn *c, struct chat_run *r, const struct exchange *x)
{
	enum exchange_state s = exchange_state(x);
	struct wait_place place = relay_place(c->front, x);
	uint64_t now_ns = c->front->process.now_ns;
	if (s < EXCHANGE_STATES && s != r->told_state && state_names[s] != NULL) {
		chat_events_status(c, state_names[s]);
		r->told_state = s;
		r->last_put_ns = now_ns;
	}
	if (s != EXCHANGE_QUEUED)
		return;
	if (!wait_is_news(&r->told_place, &place, now_ns))
		return;
	chat_events_queue(c, &place);
	r->last_put_ns = now_ns;
}

static void tick(struct conn *c, void *arg, const struct exchange *x)
{
	struct chat_run *r = arg;
	uint64_t now = c->front->process.now_ns;
	if (!r->is_stream)
		return;
	tell_state(c, r, x);
	if (now < r->last_put_ns + KEEP_ALIVE_NS)
		return;
	conn_stream_put(c, STR(": keep-alive\n\n"), (struct str){"", 0});
	r->last_put_ns = now;
}

static void begin(struct conn *c, void *arg, const struct exchange *x)
{
	struct chat_run *r = arg;
	r->is_event_stream = x->reply.event_stream;
	if (r->is_stream)
		tell_state(c, r, x);
}

static const struct relay_sink sink = {begin, chat_take, end, left, over, tick};

/* ---- asking -------------------------------------------------------------------------------- */

static struct chat_run *new_run(struct chat_run_plan *plan)
{
	struct chat_run *r = calloc(1, sizeof *r);
	must(r != NULL);
	r->turn = plan->turn;
	r->context = plan->context;
	r->prompt = plan->prompt;
	plan->prompt = (struct chat_prompt){.tools = 0};
	r->claim = plan->claim;
	plan->claim = (struct chat_claim){0};
	r->priority = plan->priority;
	r->has_priority = plan->has_priority;
	r->is_stream = plan->is_stream;
	r->loop = chat_loop_new(&r->prompt);
	r->text = evbuffer_new();
	r->other = evbuffer_new();
	r->told = evbuffer_new();
	must(r->text != NULL && r->other != NULL && r->told != NULL);
	must(evbuffer_add(r->text, plan->asked.p, plan->asked.n) == 0);
	must(plan->told.n == 0 ||
		evbuffer_add(r->told, plan->told.p, plan->told.n) == 0);
	return r;
}

/* Behind the head of a stream a refusal is an event. */
static void refuse_stream(struct conn *c, const struct apierr *e, uint64_t wait_ms)
{
	chat_events_error(c, e, wait_ms);
	chat_events_done(c);
}

/* What the turn has come to so far, as a request; n 0 = it cannot be one. */
static struct str make_body(const struct front *f, struct chat_run *r)
{
	size_t n = evbuffer_get_length(r->text);
	const char *p = (const char *)evbuffer_pullup(r->text, -1);
	bool is_last = r->loop != NULL && r->loop->is_last;
	must(p != NULL);
	return chat_prompt_body(f, &r->prompt, r->api, (struct str){p, n}, is_last);
}

static bool ask_upstream(struct conn *c, struct chat_run *r, struct str body)
{
	uint8_t id[EXCHANGE_ID_BYTES];
	struct ask_plan ask = {.api = r->api,
		.body = body,
		.session = r->turn.session,
		.priority = r->priority,
		.has_priority = r->has_priority,
		.sink = &sink,
		.sink_arg = r,
		.id = chat_id_is_none(r->turn.id) ? r->turn.id : id};
	sse_init(&r->sse, r->sse_buffer, r->sse.cap, LINE_BYTES);
	evbuffer_drain(r->other, evbuffer_get_length(r->other));
	r->told_state = EXCHANGE_FREE;
	r->told_place = (struct wait_told){0};
	return ask_for(c, &ask);
}

static void refuse_body(struct conn *c)
{
	struct apierr e;
	(void)apierr_set(&e, APIERR_INVALID_VALUE, "messages",
		"The chat's messages cannot be sent: together they are longer than %d "
		"MiB, or one of them is none.",
		CHAT_PROMPT_BYTES >> 20);
	answer_apierr(c, &e);
}

/* Without tools or another API to try nothing is asked twice. */
static void drop_prompt(struct chat_run *r)
{
	if (r->loop == NULL && r->api != API_RESPONSES)
		chat_prompt_free(&r->prompt);
}

bool chat_run_ask(struct conn *c, struct chat_run *r)
{
	struct str body = make_body(c->front, r);
	r->finish[0] = '\0';
	open_answer(r);
	bool is_asked = body.n > 0 && ask_upstream(c, r, body);
	if (body.n == 0)
		refuse_body(c);
	str_free(&body);
	if (is_asked)
		drop_prompt(r);
	else
		chat_run_free(r);
	return is_asked;
}

void chat_session_make(char out[static EXCHANGE_SESSION_BYTES])
{
	uint8_t random[16];
	hash_random(random, sizeof random);
	memcpy(out, "chat_", 5);
	hash_hex(random, sizeof random, out + 5);
}

void chat_run_begin(struct conn *c, struct chat_run_plan *plan)
{
	struct chat_run *r = new_run(plan);
	r->turn.asked_ms = c->front->process.now_ms;
	r->last_put_ns = c->front->process.now_ns;
	r->api = chat_api_of(c->front, r->turn.model);
	if (!chat_run_ask(c, r) || !r->is_stream)
		return;
	chat_events_begin(c, &r->turn);
	chat_events_session(c, &r->turn, &r->context);
	c->request->refuse = refuse_stream;
}
