/*
 * GET, PATCH and DELETE of /chat/sessions/ID: a chat of the token that asks, and of nobody
 * else's; another's is 404 like one that is not there.
 */
#include "base/clock.h"
#include "base/num.h"
#include "front/answer.h"
#include "front/chat_claim.h"
#include "front/chat_keep.h"
#include "front/chat_sessions_parts.h"
#include "front/router.h"
#include "store/chats.h"
#include "text/jsonw.h"
#include "text/scan.h"
#include "text/talk.h"

#include <stdlib.h>
#include <string.h>

enum {
	CHAT_ANSWER_MAX = 32 << 20, /* of one chat with its turns */
};

/* ---- one of them -------------------------------------------------------------------------- */

/* GET writes it; PATCH and DELETE only want to know whether it is there. A DELETE holds
 * the chat until it is done: a turn that ended behind it would bring the chat back. */
struct one {
	struct chat_claim claim;
	uint64_t client_id;
	char session[EXCHANGE_SESSION_BYTES];
	char title[CHAT_TITLE_BYTES];
	struct chats_place at;
	bool is_found, is_looked_up;
	struct chat chat;
	struct jsonw w;
};

static void drop_one(void *arg)
{
	struct one *o = arg;
	jsonw_fini(&o->w);
	chat_claim_drop(&o->claim);
	free(o);
}

static struct one *new_one(struct conn *c)
{
	struct str id = router_tail(c);
	struct one *o = calloc(1, sizeof *o);
	must(o != NULL);
	o->client_id = chat_sessions_client(c);
	if (talk_is_session(id)) /* any other is none of a chat */
		memcpy(o->session, id.p, id.n);
	jsonw_init(&o->w, CHAT_ANSWER_MAX);
	return o;
}

static enum query_verdict look_up(struct walk *w, struct err *e)
{
	struct one *o = w->state;
	bool done = chats_find(w->conn->front->store, o->client_id, o->session,
		&o->chat, &o->is_found, e);
	return done ? QUERY_DONE : QUERY_FAILED;
}

static void write_turn(struct jsonw *w, const struct chat_turn *t, struct str text)
{
	jsonw_begin_object(w);
	chat_tell_id(w, STR("id"), t->id);
	chat_tell_id(w, STR("after"), t->parent);
	tell_text(w, STR("model"), t->model);
	tell_text(w, STR("outcome"), chat_outcome_name((enum chat_outcome)t->outcome));
	tell_time(w, STR("asked_at"), t->asked_ms);
	tell_time(w, STR("done_at"), t->done_ms);
	jsonw_key(w, STR("messages"));
	jsonw_begin_array(w);
	jsonw_members(w, text);
	jsonw_end_array(w);
	jsonw_key(w, STR("usage"));
	jsonw_begin_object(w);
	tell_u64(w, STR("prompt_tokens"), t->prompt_tokens);
	tell_u64(w, STR("cached_tokens"), t->cached_tokens);
	tell_u64(w, STR("completion_tokens"), t->completion_tokens);
	tell_u64(w, STR("reasoning_tokens"), t->reasoning_tokens);
	tell_u64(w, STR("total_tokens"), t->prompt_tokens + t->completion_tokens);
	jsonw_key(w, STR("cost_usd"));
	jsonw_usd(w, t->cost_nanousd);
	tell_u64(w, STR("queue_ms"), t->queue_ns / NS_PER_MS);
	tell_u64(w, STR("first_token_ms"), t->first_token_ns / NS_PER_MS);
	tell_u64(w, STR("duration_ms"), t->duration_ns / NS_PER_MS);
	tell_u64(w, STR("retries"), t->retries);
	jsonw_end_object(w);
	jsonw_end_object(w);
}

static bool on_turn(void *arg, const struct chat_turn *t, struct str text)
{
	struct one *o = arg;
	write_turn(&o->w, t, text);
	return true;
}

static enum query_verdict read_slice(struct walk *w, struct err *e)
{
	struct one *o = w->state;
	if (!o->is_looked_up) {
		enum query_verdict v = look_up(w, e);
		if (v != QUERY_DONE || !o->is_found)
			return v;
		o->is_looked_up = true;
		jsonw_begin_object(&o->w);
		chat_sessions_tell(&o->w, &o->chat);
		jsonw_key(&o->w, STR("turns"));
		jsonw_begin_array(&o->w);
	}
	return chats_turns(
		w->conn->front->store, o->client_id, o->session, &o->at, on_turn, o, e);
}

static void read_finish(struct walk *walk)
{
	struct one *o = walk->state;
	if (!o->is_found) {
		answer_error(walk->conn, APIERR_NOT_FOUND);
		return;
	}
	jsonw_end_array(&o->w);
	jsonw_end_object(&o->w);
	answer_jsonw(walk->conn, &o->w);
}

void chat_session_handle(struct conn *c)
{
	walk_begin(c, &(struct walk){.slice = read_slice,
			      .finish = read_finish,
			      .drop = drop_one,
			      .state = new_one(c)});
}

/* ---- changes -------------------------------------------------------------------------------- */

static void on_changed(struct conn *c, void *arg)
{
	(void)arg;
	answer_json(c, 200, STR("{\"changed\":true}"));
}

static void drop_claim(void *arg)
{
	struct chat_claim *claim = arg;
	chat_claim_drop(claim);
	free(claim);
}

/* The claim outlives the walk, up to the commit. */
static void hand_over(struct chat_keep_plan *plan, struct chat_claim *claim)
{
	struct chat_claim *own = malloc(sizeof *own);
	must(own != NULL);
	*own = *claim;
	*claim = (struct chat_claim){0};
	plan->drop = drop_claim;
	plan->arg = own;
}

static void change_finish(struct walk *walk)
{
	struct one *o = walk->state;
	struct front *f = walk->conn->front;
	struct chat_keep_plan plan = {.kept = on_changed};
	struct fact_chat_change *change = &plan.fact.chat_change;
	if (!o->is_found) {
		answer_error(walk->conn, APIERR_NOT_FOUND);
		return;
	}
	fact_begin(&change->head, FACT_CHAT_CHANGE, sizeof *change, f->process.now_ms);
	change->client_id = o->client_id;
	memcpy(change->session, o->session, sizeof change->session);
	memcpy(change->title, o->title, sizeof change->title);
	hand_over(&plan, &o->claim);
	chat_keep(f, walk->conn, &plan);
}

static void begin_change(struct conn *c, struct one *o)
{
	walk_begin(c, &(struct walk){.slice = look_up,
			      .finish = change_finish,
			      .drop = drop_one,
			      .state = o});
}

void chat_remove_handle(struct conn *c)
{
	struct one *o = new_one(c);
	if (o->session[0] == '\0' ||
		chat_claim_take(c, o->client_id, o->session, &o->claim))
		begin_change(c, o);
	else
		drop_one(o);
}

/* {"title": "…"} */
static bool read_title(struct str body, char out[static CHAT_TITLE_BYTES])
{
	char text[4 * CHAT_TITLE_BYTES];
	struct scan s;
	struct scan_token begin, key, v, end;
	struct str title;
	scan_init(&s, body, 4);
	if (scan_next(&s, &begin) != SCAN_OBJECT_BEGIN ||
		scan_next(&s, &key) != SCAN_KEY || !scan_is(&key, STR("title")) ||
		scan_next(&s, &v) != SCAN_STRING ||
		scan_next(&s, &end) != SCAN_OBJECT_END ||
		scan_next(&s, &end) != SCAN_END)
		return false;
	(void)scan_text(&v, text, sizeof text, &title);
	talk_title(title, out);
	return out[0] != '\0';
}

void chat_rename_handle(struct conn *c)
{
	struct apierr e;
	struct one *o = new_one(c);
	struct str body = {c->request->body, c->request->n_body};
	if (read_title(body, o->title)) {
		begin_change(c, o);
		return;
	}
	drop_one(o);
	(void)apierr_set(&e, APIERR_INVALID_VALUE, "title",
		"Send {\"title\": \"…\"} with a title that is not empty.");
	answer_apierr(c, &e);
}
