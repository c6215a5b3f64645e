/* Events and answers of chats. */
#include "front/chat_events.h"

#include "base/clock.h"
#include "base/num.h"
#include "front/answer.h"
#include "front/front.h"
#include "insight/tell.h"
#include "text/jsonw.h"

#include <event2/buffer.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An error's message may be all escapes. */
enum { EVENT_BYTES = 8192 };
_Static_assert(6 * (UPSTREAM_ERROR_MESSAGE_BYTES + UPSTREAM_ERROR_WORD_BYTES) + 128 <=
		       EVENT_BYTES,
	"fits");

static struct str text_of(const char *s)
{
	return (struct str){s, strlen(s)};
}

static void member_u64(struct jsonw *w, struct str key, uint64_t v)
{
	jsonw_key(w, key);
	jsonw_u64(w, v);
}

static void member_text(struct jsonw *w, struct str key, const char *text)
{
	jsonw_key(w, key);
	jsonw_string(w, text_of(text));
}

static void member_id(struct jsonw *w, struct str key, const uint8_t *id)
{
	char text[EXCHANGE_ID_TEXT_BYTES];
	exchange_id_format(id, text);
	member_text(w, key, text);
}

/* ---- the frame of an event --------------------------------------------------------- */

struct frame {
	struct jsonw w;
	char buf[EVENT_BYTES];
};

static struct jsonw *frame_begin(struct frame *v)
{
	jsonw_init_fixed(&v->w, v->buf, sizeof v->buf);
	jsonw_begin_object(&v->w);
	return &v->w;
}

static void frame_end(struct frame *v, struct conn *c, struct str name)
{
	struct str data;
	char head[64];
	size_t n = 0;
	jsonw_end_object(&v->w);
	must(jsonw_done(&v->w, &data) && name.n < 32 && data.n + 2 <= sizeof v->buf);
	memcpy(head, "event: ", 7), n = 7;
	memcpy(head + n, name.p, name.n), n += name.n;
	memcpy(head + n, "\ndata: ", 7), n += 7;
	memcpy(v->buf + data.n, "\n\n", 2);
	conn_stream_put(c, (struct str){head, n}, (struct str){v->buf, data.n + 2});
}

/* ---- events -------------------------------------------------------------------------- */

static void add_ids(struct http_reply *h, const struct fact_chat_turn *t)
{
	char id[EXCHANGE_ID_TEXT_BYTES];
	exchange_id_format(t->id, id);
	http_reply_add(h, STR("X-Atlas-Request-Id"), text_of(id));
	http_reply_add(h, STR("X-Atlas-Session"), text_of(t->session));
}

void chat_events_begin(struct conn *c, const struct fact_chat_turn *t)
{
	char buf[HTTP_REPLY_BYTES];
	struct http_reply h;
	conn_reply_begin(c, &h, buf, 200);
	http_reply_add(
		&h, STR("Content-Type"), STR("text/event-stream; charset=utf-8"));
	http_reply_add(&h, STR("Cache-Control"), STR("no-cache"));
	http_reply_add(&h, STR("X-Accel-Buffering"), STR("no"));
	add_ids(&h, t);
	conn_stream_begin(c, &h);
}

enum { NOTE_BYTES = 256 };

/* What people are told of what is missing. */
static const char *note_of(const struct chat_context *x, const struct fact_chat_turn *t,
	char out[static NOTE_BYTES])
{
	if (x->n_turns > 0)
		snprintf(out, NOTE_BYTES,
			"Only the newest %u of the earlier turns went along: %.64s reads "
			"%llu tokens, and more do not fit.",
			x->n_turns, t->model, (unsigned long long)x->window_tokens);
	else
		snprintf(out, NOTE_BYTES,
			"No earlier turn went along: %.64s reads %llu tokens, and the "
			"newest does not fit.",
			t->model, (unsigned long long)x->window_tokens);
	return out;
}

static void member_note(struct jsonw *w, struct str key, const struct chat_context *x,
	const struct fact_chat_turn *t)
{
	char note[NOTE_BYTES];
	jsonw_key(w, key);
	if (x->is_trimmed)
		jsonw_string(w, text_of(note_of(x, t, note)));
	else
		jsonw_null(w);
}

void chat_events_session(struct conn *c, const struct fact_chat_turn *t,
	const struct chat_context *context)
{
	struct frame v;
	struct jsonw *w = frame_begin(&v);
	member_text(w, STR("session_id"), t->session);
	member_id(w, STR("id"), t->id);
	member_text(w, STR("model"), t->model);
	member_u64(w, STR("context_turns"), context->n_turns);
	member_u64(w, STR("context_tokens"), context->tokens);
	member_u64(w, STR("context_window_tokens"), context->window_tokens);
	jsonw_key(w, STR("context_trimmed"));
	jsonw_bool(w, context->is_trimmed);
	member_note(w, STR("context_note"), context, t);
	frame_end(&v, c, STR("session"));
}

void chat_events_queue(struct conn *c, const struct wait_place *place)
{
	struct frame v;
	struct jsonw *w = frame_begin(&v);
	tell_u64_or_null(w, STR("position"), place->rank > 0, place->rank);
	member_u64(w, STR("estimated_wait_ms"), place->wait_ms);
	jsonw_key(w, STR("times_out"));
	jsonw_bool(w, place->times_out);
	member_text(w, STR("reason"), wait_reason_name(place->reason));
	frame_end(&v, c, STR("queue"));
}

void chat_events_status(struct conn *c, const char *state)
{
	struct frame v;
	member_text(frame_begin(&v), STR("state"), state);
	frame_end(&v, c, STR("status"));
}

void chat_events_delta(struct conn *c, struct str raw)
{
	static const struct str before = STR("event: delta\ndata: {\"text\":\"");
	static const struct str behind = STR("\"}\n\n");
	char *whole = malloc(before.n + raw.n + behind.n);
	must(whole != NULL);
	memcpy(whole, before.p, before.n);
	memcpy(whole + before.n, raw.p, raw.n);
	memcpy(whole + before.n + raw.n, behind.p, behind.n);
	conn_stream_put(c, (struct str){whole, before.n + raw.n + behind.n},
		(struct str){"", 0});
	free(whole);
}

/* The part of all tokens that are answer, with three places. */
static void member_efficiency(
	struct jsonw *w, struct str key, const struct fact_chat_turn *t)
{
	uint64_t all = t->prompt_tokens + t->completion_tokens;
	jsonw_key(w, key);
	jsonw_fixed(w, (int64_t)num_part(t->completion_tokens, 1000, all), 3);
}

static void write_tokens(struct jsonw *w, const struct fact_chat_turn *t)
{
	member_u64(w, STR("prompt_tokens"), t->prompt_tokens);
	member_u64(w, STR("cached_tokens"), t->cached_tokens);
	member_u64(w, STR("completion_tokens"), t->completion_tokens);
	member_u64(w, STR("reasoning_tokens"), t->reasoning_tokens);
	member_u64(w, STR("total_tokens"), t->prompt_tokens + t->completion_tokens);
	jsonw_key(w, STR("cost_usd"));
	jsonw_usd(w, t->cost_nanousd);
}

/* The wait in the queue, should it have been for a limit. */
static uint64_t delay_ms(const struct fact_chat_turn *t)
{
	return t->rate_limited ? t->queue_ns / NS_PER_MS : 0;
}

static uint64_t total_ms(const struct fact_chat_turn *t, uint64_t tool_ns)
{
	return t->queue_ns / NS_PER_MS + t->duration_ns / NS_PER_MS +
	       tool_ns / NS_PER_MS;
}

static void member_finish(struct jsonw *w, const char *finish)
{
	jsonw_key(w, STR("finish_reason"));
	if (finish[0] == '\0')
		jsonw_null(w);
	else
		jsonw_string(w, text_of(finish));
}

void chat_events_usage(struct conn *c, const struct fact_chat_turn *t, uint64_t tool_ns,
	const char *finish)
{
	struct frame v;
	struct jsonw *w = frame_begin(&v);
	write_tokens(w, t);
	member_efficiency(w, STR("efficiency"), t);
	member_u64(w, STR("queue_ms"), t->queue_ns / NS_PER_MS);
	member_u64(w, STR("first_token_ms"), t->first_token_ns / NS_PER_MS);
	member_u64(w, STR("duration_ms"), t->duration_ns / NS_PER_MS);
	member_u64(w, STR("tool_duration_ms"), tool_ns / NS_PER_MS);
	member_u64(w, STR("total_duration_ms"), total_ms(t, tool_ns));
	member_u64(w, STR("rate_limit_delay_ms"), delay_ms(t));
	member_u64(w, STR("retries"), t->retries);
	jsonw_key(w, STR("was_rate_limited"));
	jsonw_bool(w, t->rate_limited);
	jsonw_key(w, STR("estimated"));
	jsonw_bool(w, t->estimated);
	jsonw_key(w, STR("unpriced"));
	jsonw_bool(w, t->unpriced);
	member_finish(w, finish);
	frame_end(&v, c, STR("usage"));
}

static void put_error(
	struct conn *c, const char *code, const char *message, uint64_t wait_ms)
{
	struct frame v;
	struct jsonw *w = frame_begin(&v);
	member_text(w, STR("code"), code);
	member_text(w, STR("message"), message);
	member_u64(w, STR("retry_after_ms"), wait_ms);
	frame_end(&v, c, STR("error"));
}

void chat_events_error(struct conn *c, const struct apierr *e, uint64_t wait_ms)
{
	put_error(c, apierr_row(e->reason)->code, e->message, wait_ms);
}

/* Some have only a type. */
void chat_events_refusal(
	struct conn *c, const struct upstream_error *u, uint64_t wait_ms)
{
	put_error(c, u->n_code > 0 ? u->code : u->type, u->message, wait_ms);
}

void chat_events_done(struct conn *c)
{
	struct frame v;
	(void)frame_begin(&v);
	frame_end(&v, c, STR("done"));
	conn_stream_end(c);
}

/* ---- tools ------------------------------------------------------------------------------ */

static void write_tool(struct jsonw *w, const struct chat_tool_told *t)
{
	jsonw_begin_object(w);
	jsonw_key(w, STR("name"));
	jsonw_string(w, t->name);
	jsonw_key(w, STR("arguments"));
	if (t->args.n > 0)
		jsonw_json(w, t->args);
	else
		jsonw_null(w);
	jsonw_key(w, STR("result"));
	jsonw_json(w, t->result);
	member_u64(w, STR("duration_ms"), t->took_ns / NS_PER_MS);
	jsonw_end_object(w);
}

static struct str made_tool(struct jsonw *w, const struct chat_tool_told *t)
{
	struct str told;
	jsonw_init(w, t->name.n * 6 + t->args.n + t->result.n + EVENT_BYTES);
	write_tool(w, t);
	must(jsonw_done(w, &told));
	return told;
}

void chat_events_tool(struct conn *c, const struct chat_tool_told *t)
{
	struct jsonw w;
	struct str told = made_tool(&w, t);
	conn_stream_put(c, STR("event: tool\ndata: "), told);
	conn_stream_put(c, STR("\n\n"), (struct str){"", 0});
	jsonw_fini(&w);
}

void chat_tell_tool(struct evbuffer *list, const struct chat_tool_told *t)
{
	struct jsonw w;
	struct str told = made_tool(&w, t);
	if (evbuffer_get_length(list) > 0)
		must(evbuffer_add(list, ",", 1) == 0);
	must(evbuffer_add(list, told.p, told.n) == 0);
	jsonw_fini(&w);
}

/* ---- the whole answer ------------------------------------------------------------------ */

static void write_metrics(struct jsonw *w, const struct chat_answer *a)
{
	const struct fact_chat_turn *t = a->turn;
	jsonw_key(w, STR("metrics"));
	jsonw_begin_object(w);
	member_u64(w, STR("queue_wait_time_ms"), t->queue_ns / NS_PER_MS);
	member_u64(w, STR("rate_limit_delays_ms"), delay_ms(t));
	member_u64(w, STR("retry_count"), t->retries);
	jsonw_key(w, STR("was_rate_limited"));
	jsonw_bool(w, t->rate_limited);
	jsonw_key(w, STR("cost_usd"));
	jsonw_usd(w, t->cost_nanousd);
	member_efficiency(w, STR("token_efficiency"), t);
	member_u64(w, STR("llm_duration_ms"), t->duration_ns / NS_PER_MS);
	member_u64(w, STR("tool_duration_ms"), a->tool_ns / NS_PER_MS);
	member_u64(w, STR("total_duration_ms"), total_ms(t, a->tool_ns));
	jsonw_end_object(w);
}

static void write_context(struct jsonw *w, const struct chat_answer *a)
{
	const struct chat_context *x = a->context;
	jsonw_key(w, STR("context"));
	jsonw_begin_object(w);
	member_u64(w, STR("turns"), x->n_turns);
	member_u64(w, STR("tokens"), x->tokens);
	member_u64(w, STR("window_tokens"), x->window_tokens);
	jsonw_key(w, STR("trimmed"));
	jsonw_bool(w, x->is_trimmed);
	member_note(w, STR("note"), x, a->turn);
	jsonw_end_object(w);
}

/* Everything but the text, which is escaped already and goes in front. */
static void write_rest(struct jsonw *w, const struct chat_answer *a)
{
	const struct fact_chat_turn *t = a->turn;
	jsonw_begin_object(w);
	member_text(w, STR("session_id"), t->session);
	member_id(w, STR("id"), t->id);
	member_text(w, STR("model"), t->model);
	member_finish(w, a->finish);
	jsonw_key(w, STR("usage"));
	jsonw_begin_object(w);
	write_tokens(w, t);
	jsonw_end_object(w);
	jsonw_key(w, STR("tools"));
	jsonw_begin_array(w);
	jsonw_members(w, a->tools);
	jsonw_end_array(w);
	write_context(w, a);
	write_metrics(w, a);
	jsonw_end_object(w);
}

void chat_answer(struct conn *c, const struct chat_answer *a)
{
	static const struct str before = STR("{\"text\":\""), between = STR("\",");
	char buf[HTTP_REPLY_BYTES];
	struct http_reply h;
	struct jsonw w;
	struct str rest, text = a->text;
	jsonw_init(&w, EVENT_BYTES + a->tools.n);
	write_rest(&w, a);
	must(jsonw_done(&w, &rest) && rest.n > 1);
	size_t n = before.n + text.n + between.n + rest.n - 1;
	char *body = malloc(n), *p = body;
	must(body != NULL);
	memcpy(p, before.p, before.n), p += before.n;
	memcpy(p, text.p, text.n), p += text.n;
	memcpy(p, between.p, between.n), p += between.n;
	memcpy(p, rest.p + 1, rest.n - 1); /* behind its brace */
	conn_reply_begin(c, &h, buf, 200);
	http_reply_add(&h, STR("Content-Type"), STR("application/json"));
	http_reply_add(&h, STR("Cache-Control"), STR("no-store"));
	add_ids(&h, a->turn);
	conn_reply_line(c, &h, (struct str){body, n});
	free(body);
	jsonw_fini(&w);
}
