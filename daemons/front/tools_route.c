/*
 * GET /tools: what may be called in a chat; POST /tools/NAME/sample: one call of it, with
 * sample arguments or others, and on request explained by a model.
 *
 *	{"arguments": {…}, "explain": true, "model": "…"}      all of it optional
 *
 * An explanation is a chat of its own: it is answered, paid for and kept like one.
 */
#include "base/clock.h"
#include "base/str.h"
#include "front/answer.h"
#include "front/chat_events.h"
#include "front/chat_run.h"
#include "front/router.h"
#include "front/tools.h"
#include "insight/tell.h"
#include "text/scan.h"
#include "text/talk.h"

#include <event2/buffer.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIST_BYTES = TOOLS_MAX * 4096, ASKED_BYTES = 7 * TOOL_RESULT_BYTES };

static const char explainer[] = "gpt-4o-mini";

void tools_handle(struct conn *c)
{
	struct jsonw w;
	jsonw_init(&w, LIST_BYTES);
	jsonw_begin_object(&w);
	jsonw_key(&w, STR("tools"));
	tools_tell(&w, c->front, tools_of(c));
	jsonw_end_object(&w);
	answer_jsonw(c, &w);
	jsonw_fini(&w);
}

/* ---- what is wanted --------------------------------------------------------------------- */

struct sample {
	char name[SETTINGS_TOOL_BYTES]; /* of the tool */
	uint32_t tool;
	uint64_t begun_ns;
	bool wants_words;
	char model[EXCHANGE_MODEL_BYTES];
	size_t n_args;
	char args[TOOL_ARGS_BYTES];
};

static bool take_arguments(struct scan *s, const struct scan_token *v, struct sample *x)
{
	if (v->type != SCAN_OBJECT_BEGIN || !scan_skip(s, v) ||
		s->at - v->offset > sizeof x->args)
		return false;
	x->n_args = s->at - v->offset;
	memcpy(x->args, s->text.p + v->offset, x->n_args);
	return true;
}

static bool take_model(const struct scan_token *v, struct sample *x)
{
	struct str name;
	if (v->type != SCAN_STRING ||
		!scan_text(v, x->model, sizeof x->model - 1, &name))
		return false;
	x->model[name.n] = '\0';
	return name.n > 0;
}

static bool take_member(struct scan *s, const struct scan_token *key, struct sample *x)
{
	struct scan_token v;
	if (scan_next(s, &v) <= SCAN_ERROR)
		return false;
	if (scan_is(key, STR("arguments")))
		return take_arguments(s, &v, x);
	if (scan_is(key, STR("model")))
		return take_model(&v, x);
	x->wants_words = v.type == SCAN_TRUE;
	return scan_is(key, STR("explain")) &&
	       (v.type == SCAN_TRUE || v.type == SCAN_FALSE);
}

static bool read_body(struct str body, struct sample *x)
{
	struct scan s;
	struct scan_token t;
	if (body.n == 0)
		return true;
	scan_init(&s, body, SCAN_MAX_DEPTH);
	if (scan_next(&s, &t) != SCAN_OBJECT_BEGIN)
		return false;
	while (scan_next(&s, &t) == SCAN_KEY)
		if (!take_member(&s, &t, x))
			return false;
	return t.type == SCAN_OBJECT_END && scan_next(&s, &t) == SCAN_END;
}

/* ---- what comes of it -------------------------------------------------------------------- */

static void put_asked(struct jsonw *w, const struct sample *x, struct str result)
{
	char text[TOOL_RESULT_BYTES + 256];
	int n = snprintf(text, sizeof text,
		"Explain in a few sentences what this says. It is the result of the tool "
		"\"%s\" of Atlas, a gateway to OpenAI: " STR_FMT,
		x->name, STR_ARG(result));
	jsonw_begin_object(w);
	tell_text(w, STR("role"), "user");
	jsonw_key(w, STR("content"));
	jsonw_string(w, (struct str){text, MIN((size_t)n, sizeof text - 1)});
	jsonw_end_object(w);
}

/* As a JSON string, from malloc. */
static struct str model_of(const struct sample *x)
{
	char buf[8 * EXCHANGE_MODEL_BYTES];
	struct jsonw w;
	struct str json;
	jsonw_init_fixed(&w, buf, sizeof buf);
	jsonw_string(&w, (struct str){x->model, strlen(x->model)});
	must(jsonw_done(&w, &json));
	return str_copy(json);
}

static uint64_t tokens_of(const struct front *f, const char *model, struct str text)
{
	struct context_ratio r = chat_window_ratio(f, model);
	return context_tokens(&r, context_count(text));
}

static void explain(
	struct conn *c, const struct sample *x, struct str result, struct str told)
{
	const struct client *client =
		clients_at(&c->front->process.segment->clients, c->request->client_ix);
	struct chat_run_plan plan = {.told = told, .priority = PRIORITY_NORMAL};
	struct fact_chat_turn *t = &plan.turn;
	struct jsonw asked;
	jsonw_init(&asked, ASKED_BYTES);
	put_asked(&asked, x, result);
	must(jsonw_done(&asked, &plan.asked));
	plan.prompt.model = model_of(x);
	plan.context.window_tokens = chat_window_tokens(c->front, x->model);
	plan.context.tokens = tokens_of(c->front, x->model, plan.asked);
	t->client_id = client ? client->id : 0;
	memcpy(t->model, x->model, sizeof t->model);
	snprintf(t->title, sizeof t->title, "What %s says", x->name);
	chat_session_make(t->session);
	chat_run_begin(c, &plan);
	chat_prompt_free(&plan.prompt);
	jsonw_fini(&asked);
}

static void on_result(struct conn *c, void *arg, struct str result)
{
	struct sample *x = arg;
	struct evbuffer *list = evbuffer_new();
	must(list != NULL);
	chat_tell_tool(
		list, &(struct chat_tool_told){.name = {x->name, strlen(x->name)},
			      .args = {x->args, x->n_args},
			      .result = result,
			      .took_ns = clock_mono_ns() - x->begun_ns});
	size_t n = evbuffer_get_length(list);
	struct str told = {(const char *)evbuffer_pullup(list, -1), n};
	if (x->wants_words)
		explain(c, x, result, told);
	else
		answer_json(c, 200, told);
	evbuffer_free(list);
	free(x);
}

static void on_left(struct front *f, void *arg)
{
	(void)f;
	free(arg);
}

static void run(struct conn *c, const struct sample *wanted)
{
	struct sample *x = malloc(sizeof *x);
	must(x != NULL);
	*x = *wanted;
	tools_run(c, &(struct tool_ask){.name = {x->name, strlen(x->name)},
			     .args = {x->args, x->n_args},
			     .mask = x->tool,
			     .done = on_result,
			     .left = on_left,
			     .arg = x});
}

void tool_sample_handle(struct conn *c)
{
	struct apierr e;
	struct sample x = {.tool = tools_named(c->front, router_tail(c)) & tools_of(c),
		.begun_ns = clock_mono_ns()};
	if (x.tool == 0) {
		answer_error(c, APIERR_NOT_FOUND);
		return;
	}
	struct str sample = tools_sample(c->front, x.tool);
	struct str name = tools_name(c->front, x.tool);
	memcpy(x.name, name.p, name.n);
	memcpy(x.args, sample.p, sample.n);
	x.n_args = sample.n;
	memcpy(x.model, explainer, sizeof explainer);
	if (read_body((struct str){c->request->body, c->request->n_body}, &x)) {
		run(c, &x);
		return;
	}
	(void)apierr_set(&e, APIERR_INVALID_VALUE, NULL,
		"Send {\"arguments\": {…}, \"explain\": true, \"model\": \"…\"}, any part of "
		"it, or nothing.");
	answer_apierr(c, &e);
}
