/*
 * POST /chat/stream and /chat/complete: what is said, with what was said before it.
 *
 *	body ──► read ──► walk along the chat's turns, newest first ──► request upstream
 *	                  until the model's window is full
 *
 * The texts of turns are put together as they are stored; nothing is parsed again.
 */
#include "base/num.h"
#include "base/str.h"
#include "front/answer.h"
#include "front/chat_run.h"
#include "front/router.h"
#include "front/tools.h"
#include "front/walk.h"
#include "store/chats.h"
#include "text/talk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	CONTEXT_TURNS = 1024,    /* the most that go along */
	CONTEXT_BYTES = 3 << 20, /* of them */
};

#define FIRST_MODEL "gpt-4o-mini"

static struct str text_of(const char *s)
{
	return (struct str){s, strlen(s)};
}

struct chat_ask {
	struct talk talk; /* its texts lie in the request's body */
	struct chat_run_plan plan;
	bool has_place; /* the newest turn has been looked up */
	struct chats_place at;
	struct context_ratio ratio;
	uint64_t room;  /* tokens of the window that are left */
	size_t n_bytes; /* of what goes along */
	uint32_t n;
	struct str text[CONTEXT_TURNS]; /* newest first; from malloc */
};

static void drop(void *arg)
{
	struct chat_ask *a = arg;
	for (uint32_t i = 0; i < a->n; i++)
		str_free(&a->text[i]);
	str_free(&a->plan.asked);
	chat_prompt_free(&a->plan.prompt);
	chat_claim_drop(&a->plan.claim);
	free(a);
}

/* ---- what is asked ------------------------------------------------------------------- */

static bool read_id(
	const char *text, uint8_t id[static EXCHANGE_ID_BYTES], struct apierr *e)
{
	if (text[0] == '\0' || exchange_id_parse(text_of(text), id))
		return true;
	return apierr_set(e, APIERR_INVALID_VALUE, "after",
		"after must be the id of a turn, or empty to begin anew.");
}

static bool read_priority(
	const struct talk *t, enum exchange_priority *p, struct apierr *e)
{
	*p = PRIORITY_NORMAL;
	if (t->priority[0] == '\0' || exchange_priority_parse(text_of(t->priority), p))
		return true;
	return apierr_set(e, APIERR_INVALID_VALUE, "priority",
		"priority must be low, normal, high or urgent.");
}

/* Those that are wanted and that the caller may use. */
static bool fill_tools(struct conn *c, struct chat_ask *a, struct apierr *e)
{
	const struct talk *t = &a->talk;
	uint32_t named = t->tools.p == NULL ? UINT32_MAX : 0;
	char name[TALK_WORD_BYTES];
	for (size_t at = 0; talk_next_tool(t, &at, name);) {
		uint32_t one = tools_named(c->front, text_of(name));
		if (one == 0)
			return apierr_set(e, APIERR_INVALID_VALUE, "tools",
				"There is no tool %s; see GET /tools.", name);
		named |= one;
	}
	a->plan.prompt.tools = t->wants_tools ? named & tools_of(c) : 0;
	return true;
}

/* What the functions that may be called take of the window. */
static size_t tools_bytes(const struct front *f, uint32_t tools)
{
	struct jsonw w;
	struct str told;
	if (tools == 0)
		return 0;
	jsonw_init(&w, TOOLS_MAX * TOOL_RESULT_BYTES);
	tools_write(&w, f, tools, API_CHAT_COMPLETIONS);
	must(jsonw_done(&w, &told));
	size_t n = told.n;
	jsonw_fini(&w);
	return n;
}

/* Everything but the history takes its part of the window first. */
static void measure(const struct front *f, struct chat_ask *a)
{
	struct chat_context *x = &a->plan.context;
	const char *model = a->plan.turn.model;
	a->ratio = chat_window_ratio(f, model);
	x->window_tokens = chat_window_tokens(f, model);
	x->tokens = context_tokens(&a->ratio, context_count(a->plan.asked)) +
		    context_tokens(&a->ratio, context_count(a->talk.system)) +
		    context_tokens(&a->ratio,
			    (struct context_text){
				    .n_chars = tools_bytes(f, a->plan.prompt.tools)});
	a->room = num_sub_sat(
		chat_window_room(f, model, a->talk.n_max_tokens), x->tokens);
}

/* A raw string with its quotes, which stand around it in the request's body. */
static struct str quoted(struct str raw)
{
	if (raw.p == NULL)
		return (struct str){NULL, 0};
	return str_copy((struct str){raw.p - 1, raw.n + 2});
}

static bool fill(struct conn *c, struct chat_ask *a, struct apierr *e)
{
	const struct front *f = c->front;
	const struct client *client =
		clients_at(&f->process.segment->clients, c->request->client_ix);
	struct fact_chat_turn *t = &a->plan.turn;
	struct talk *talk = &a->talk;
	if (!read_priority(talk, &a->plan.priority, e) ||
		!read_id(talk->after, a->at.id, e) || !fill_tools(c, a, e))
		return false;
	a->has_place = talk->has_after;
	a->plan.has_priority = talk->priority[0] != '\0';
	t->client_id = client ? client->id : 0;
	memcpy(t->title, talk->title, sizeof t->title);
	if (t->title[0] == '\0')
		snprintf(t->title, sizeof t->title, "New chat");
	snprintf(t->model, sizeof t->model, "%s",
		talk->model[0] != '\0' ? talk->model : FIRST_MODEL);
	if (talk->session[0] != '\0')
		memcpy(t->session, talk->session, sizeof t->session);
	else
		chat_session_make(t->session);
	size_t n = talk_size(talk);
	char *asked = malloc(n);
	must(asked != NULL);
	talk_write(talk, asked);
	a->plan.asked = (struct str){asked, n};
	a->plan.prompt.model = talk->model_raw.n > 0
				       ? quoted(talk->model_raw)
				       : str_copy(STR("\"" FIRST_MODEL "\""));
	a->plan.prompt.system = quoted(talk->system);
	a->plan.prompt.temperature = str_copy(talk->temperature);
	a->plan.prompt.max_tokens = str_copy(talk->max_tokens);
	measure(f, a);
	return true;
}

/* ---- the request upstream ------------------------------------------------------------------ */

/* Of what was said before, all that goes along: oldest first. */
static struct str join(const struct chat_ask *a)
{
	size_t n = 0;
	for (uint32_t i = 0; i < a->n; i++)
		n += a->text[i].n + 1;
	if (n == 0)
		return (struct str){NULL, 0};
	char *all = malloc(n), *at = all;
	must(all != NULL);
	for (uint32_t i = a->n; i > 0; i--) {
		memcpy(at, a->text[i - 1].p, a->text[i - 1].n);
		at += a->text[i - 1].n;
		*at++ = ',';
	}
	return (struct str){all, n - 1};
}

static void begin(struct conn *c, struct chat_ask *a)
{
	a->plan.prompt.before = join(a);
	a->plan.context.n_turns = a->n;
	chat_run_begin(c, &a->plan);
}

/* ---- what was said before ---------------------------------------------------------------- */

static bool on_turn(void *arg, const struct chat_turn *t, struct str text)
{
	struct chat_ask *a = arg;
	(void)t;
	uint64_t tokens = context_tokens(&a->ratio, context_count(text));
	if (tokens > a->room || text.n > CONTEXT_BYTES - a->n_bytes ||
		a->n == CONTEXT_TURNS) {
		a->plan.context.is_trimmed = true;
		return false;
	}
	a->text[a->n++] = str_copy(text);
	a->n_bytes += text.n;
	a->room -= tokens;
	a->plan.context.tokens += tokens;
	return true;
}

static enum query_verdict slice(struct walk *w, struct err *e)
{
	struct chat_ask *a = w->state;
	struct fact_chat_turn *t = &a->plan.turn;
	struct store *s = w->conn->front->store;
	struct chat chat;
	bool found;
	if (!a->has_place) {
		if (!chats_find(s, t->client_id, t->session, &chat, &found, e))
			return QUERY_FAILED;
		if (found)
			memcpy(a->at.id, chat.newest, sizeof a->at.id);
		a->has_place = true;
	}
	if (a->n == 0)
		memcpy(t->parent, a->at.id, sizeof t->parent);
	enum query_verdict v =
		chats_path(s, t->client_id, t->session, &a->at, on_turn, a, e);
	return v == QUERY_MORE && a->plan.context.is_trimmed ? QUERY_DONE : v;
}

static void finish(struct walk *w)
{
	struct chat_ask *a = w->state;
	struct apierr e;
	bool is_lost = !chat_id_is_none(a->plan.turn.parent) && a->n == 0 &&
		       !a->plan.context.is_trimmed;
	if (!is_lost) {
		begin(w->conn, a);
		return;
	}
	(void)apierr_set(
		&e, APIERR_INVALID_VALUE, "after", "after names no turn of this chat.");
	answer_apierr(w->conn, &e);
}

/* ---- begin ------------------------------------------------------------------------------------- */

static void handle(struct conn *c, bool is_stream)
{
	struct apierr e;
	struct str body = {c->request->body, c->request->n_body};
	struct chat_ask *a = calloc(1, sizeof *a);
	must(a != NULL);
	a->plan.is_stream = is_stream;
	if (!talk_parse(body, &a->talk, &e) || !fill(c, a, &e)) {
		answer_apierr(c, &e);
		drop(a);
	} else if (!chat_claim_take(c, a->plan.turn.client_id, a->plan.turn.session,
			   &a->plan.claim)) {
		drop(a);
	} else {
		walk_begin(c, &(struct walk){.slice = slice,
				      .finish = finish,
				      .drop = drop,
				      .state = a});
	}
}

void chat_stream_handle(struct conn *c)
{
	handle(c, true);
}

void chat_complete_handle(struct conn *c)
{
	handle(c, false);
}
