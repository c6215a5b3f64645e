/*
 * Tools in a turn: what the model calls is done, and the model is asked again.
 *
 *	reply ── no calls ──────────────────────────────────────────────► the answer
 *	  └── calls ──► Atlas's own one after the other, ──► ask again ──┐
 *	       ▲        then those of the configuration at once          │
 *	       └──────────── at most LOOP_ROUNDS times, LOOP_NS ─────────┘
 *
 * The last request says that nothing may be called, so the model has to answer. Calls and
 * results become messages of the turn and go along with what follows.
 */
#include "base/clock.h"
#include "base/str.h"
#include "front/chat_events.h"
#include "front/chat_run_parts.h"
#include "front/tool_calls.h"
#include "front/tools.h"
#include "text/scan.h"

#include <stdlib.h>
#include <string.h>

#define LOOP_NS (120 * NS_PER_S)

enum { LOOP_ROUNDS = 8 };

struct chat_loop *chat_loop_new(const struct chat_prompt *prompt)
{
	if (prompt->tools == 0)
		return NULL;
	struct chat_loop *l = calloc(1, sizeof *l);
	must(l != NULL);
	return l;
}

static void drop_results(struct chat_loop *l)
{
	for (uint32_t i = 0; i < CALLS_MAX; i++) {
		str_free(&l->call[i].args);
		str_free(&l->call[i].result);
		l->call[i] = (struct chat_call){.took_ns = 0};
	}
}

void chat_loop_free(struct chat_loop *l)
{
	if (l == NULL)
		return;
	drop_results(l);
	free(l);
}

bool chat_loop_has_calls(const struct chat_run *r)
{
	return r->loop != NULL && r->loop->calls.n > 0 && !r->loop->is_last;
}

static void add(struct evbuffer *b, struct str s)
{
	must(evbuffer_add(b, s.p, s.n) == 0);
}

static void add_text(struct evbuffer *b, const char *s)
{
	add(b, (struct str){s, strlen(s)});
}

/* ---- the messages ------------------------------------------------------------------- */

/* What the model has called, at the end of its message. */
static void put_calls(struct evbuffer *text, const struct calls *calls)
{
	add(text, STR("\",\"tool_calls\":["));
	for (uint32_t i = 0; i < calls->n; i++) {
		const struct call *x = &calls->call[i];
		add(text, i > 0 ? STR(",{\"id\":\"") : STR("{\"id\":\""));
		add_text(text, x->id);
		add(text, STR("\",\"type\":\"function\",\"function\":{\"name\":\""));
		add_text(text, x->name);
		add(text, STR("\",\"arguments\":\""));
		add(text, (struct str){x->args, x->n_args});
		add(text, STR("\"}}"));
	}
	add(text, STR("]}"));
}

static void put_result(struct evbuffer *text, const struct call *x, struct str result)
{
	struct jsonw w;
	struct str told;
	jsonw_init(&w, 6 * TOOL_RESULT_BYTES + 64);
	jsonw_string(&w, result);
	must(jsonw_done(&w, &told));
	add(text, STR(",{\"role\":\"tool\",\"tool_call_id\":\""));
	add_text(text, x->id);
	add(text, STR("\",\"content\":"));
	add(text, told);
	add(text, STR("}"));
	jsonw_fini(&w);
}

/* ---- the calls ----------------------------------------------------------------------- */

/* The arguments as the model meant them; false = they are no JSON object. */
static bool decode_args(const struct call *x, struct str *out)
{
	char quoted[CALL_ARGS_BYTES + 2], text[CALL_ARGS_BYTES];
	struct scan s;
	struct scan_token t;
	struct str args;
	quoted[0] = '"';
	memcpy(quoted + 1, x->args, x->n_args);
	quoted[x->n_args + 1] = '"';
	scan_init(&s, (struct str){quoted, x->n_args + 2}, 1);
	if (x->is_cut || scan_next(&s, &t) != SCAN_STRING ||
		!scan_text(&t, text, sizeof text, &args))
		return false;
	if (args.n == 0) /* of a function without parameters */
		args = STR("{}");
	scan_init(&s, args, SCAN_MAX_DEPTH);
	if (scan_next(&s, &t) != SCAN_OBJECT_BEGIN || !scan_skip(&s, &t) ||
		scan_next(&s, &t) != SCAN_END)
		return false;
	*out = str_copy(args);
	return true;
}

static struct str name_of(const struct chat_loop *l, uint32_t ix)
{
	return (struct str){l->calls.call[ix].name, strlen(l->calls.call[ix].name)};
}

static struct chat_tool_told told_of(const struct chat_loop *l, uint32_t ix)
{
	const struct chat_call *x = &l->call[ix];
	return (struct chat_tool_told){.name = name_of(l, ix),
		.args = x->args,
		.result = x->result,
		.took_ns = x->took_ns};
}

/* A stream hears of it at once; the model when all are done. */
static void take_result(
	struct conn *c, struct chat_run *r, uint32_t ix, struct str result)
{
	struct chat_loop *l = r->loop;
	struct chat_call *x = &l->call[ix];
	x->result = str_copy(result);
	x->took_ns = clock_mono_ns() - l->call_ns;
	struct chat_tool_told told = told_of(l, ix);
	if (r->is_stream)
		chat_events_tool(c, &told);
}

/* ---- a round ---------------------------------------------------------------------------- */

static void on_left(struct front *f, void *arg)
{
	(void)f;
	chat_run_free(arg); /* a turn without a word of answer is not kept */
}

static void ask_again(struct conn *c, struct chat_run *r)
{
	struct chat_loop *l = r->loop;
	uint64_t now = c->front->process.now_ms;
	l->calls.n = 0;
	l->n_rounds++;
	l->is_last = l->n_rounds >= LOOP_ROUNDS ||
		     now > r->turn.asked_ms + LOOP_NS / NS_PER_MS;
	(void)!chat_run_ask(c, r); /* refused: that has been told */
}

static void end_round(struct conn *c, struct chat_run *r)
{
	struct chat_loop *l = r->loop;
	for (uint32_t i = 0; i < l->calls.n; i++) {
		struct chat_tool_told told = told_of(l, i);
		put_result(r->text, &l->calls.call[i], told.result);
		chat_tell_tool(r->told, &told);
	}
	r->tool_ns += clock_mono_ns() - l->round_ns;
	drop_results(l);
	ask_again(c, r);
}

/* ---- tools of the configuration, all at once -------------------------------------------- */

static void on_outside_done(struct conn *c, void *arg, uint32_t ix, struct str result)
{
	struct chat_run *r = arg;
	take_result(c, r, r->loop->ix_outside[ix], result);
}

static void on_outside_end(struct conn *c, void *arg, const struct apierr *failure)
{
	struct chat_run *r = arg;
	if (failure != NULL)
		chat_run_fail_empty(c, r, failure, 0);
	else
		end_round(c, r);
}

static void call_outside(struct conn *c, struct chat_run *r)
{
	struct chat_loop *l = r->loop;
	struct tool_calls_plan plan = {.session = r->turn.session,
		.is_stream = r->is_stream,
		.done = on_outside_done,
		.end = on_outside_end,
		.left = on_left,
		.arg = r};
	for (uint32_t i = 0; i < l->calls.n; i++) {
		if (l->call[i].result.p != NULL)
			continue;
		l->ix_outside[plan.n] = i;
		plan.wish[plan.n++] =
			(struct tool_wish){name_of(l, i), l->call[i].args};
	}
	l->call_ns = clock_mono_ns();
	if (plan.n > 0)
		tool_calls_begin(c, &plan);
	else
		end_round(c, r);
}

/* ---- Atlas's own, one after the other ---------------------------------------------------- */

static void next_call(struct conn *c, struct chat_run *r);

static void on_result(struct conn *c, void *arg, struct str result)
{
	struct chat_run *r = arg;
	take_result(c, r, r->loop->ix_call++, result);
	next_call(c, r);
}

static bool is_outside(struct conn *c, const struct chat_run *r, uint32_t ix)
{
	uint32_t tool = tools_named(c->front, name_of(r->loop, ix));
	return tools_are_outside(tool & r->prompt.tools & tools_of(c));
}

static void next_call(struct conn *c, struct chat_run *r)
{
	struct chat_loop *l = r->loop;
	for (;; l->ix_call++) {
		if (l->ix_call == l->calls.n) {
			call_outside(c, r);
			return;
		}
		uint32_t ix = l->ix_call;
		l->call_ns = clock_mono_ns();
		if (!decode_args(&l->calls.call[ix], &l->call[ix].args))
			take_result(c, r, ix,
				STR("{\"error\":\"the arguments are no JSON object\"}"));
		else if (!is_outside(c, r, ix))
			break;
	}
	tools_run(c, &(struct tool_ask){.name = name_of(l, l->ix_call),
			     .args = l->call[l->ix_call].args,
			     .mask = r->prompt.tools,
			     .done = on_result,
			     .left = on_left,
			     .arg = r});
}

void chat_loop_go(struct conn *c, struct chat_run *r)
{
	struct chat_loop *l = r->loop;
	put_calls(r->text, &l->calls);
	l->ix_call = 0;
	l->round_ns = clock_mono_ns();
	if (r->is_stream)
		chat_events_status(c, "using_tools");
	next_call(c, r);
}
