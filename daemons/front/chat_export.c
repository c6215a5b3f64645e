/*
 * GET /chat/sessions/ID/export: a chat as a document for people, in Markdown, as its newest
 * branch tells it. The whole of it, branches and figures, is /chat/sessions/ID.
 *
 *	# TITLE
 *	**You**, 2026-11-26T03:00:00Z
 *	…
 *	**gpt-4o-mini**
 *	…
 */
#include "base/clock.h"
#include "front/answer.h"
#include "front/chat_sessions_parts.h"
#include "front/router.h"
#include "text/messages.h"
#include "text/talk.h"

#include <event2/buffer.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	EXPORT_TURNS = 4096,     /* the newest of the branch */
	EXPORT_BYTES = 32 << 20, /* of their texts */
};

/* A turn that has been read; its text is behind it. */
struct said {
	struct said *next; /* which was said later */
	struct chat_turn turn;
	size_t n;
	char text[];
};

struct export
{
	uint64_t client_id;
	char session[EXCHANGE_SESSION_BYTES];
	bool is_looked_up, is_found, is_cut;
	struct chat chat;
	struct chats_place at;
	struct said *first; /* the walk goes backwards in time */
	size_t n_turns, n_bytes;
};

static void drop(void *arg)
{
	struct export *x = arg;
	for (struct said *p = x->first, *next; p != NULL; p = next) {
		next = p->next;
		free(p);
	}
	free(x);
}

/* ---- reading -------------------------------------------------------------------------- */

static bool on_turn(void *arg, const struct chat_turn *t, struct str text)
{
	struct export *x = arg;
	if (x->n_turns == EXPORT_TURNS || text.n > EXPORT_BYTES - x->n_bytes) {
		x->is_cut = true;
		return false;
	}
	struct said *p = malloc(sizeof *p + text.n);
	must(p != NULL);
	*p = (struct said){.next = x->first, .turn = *t, .n = text.n};
	memcpy(p->text, text.p, text.n);
	x->first = p;
	x->n_turns++;
	x->n_bytes += text.n;
	return true;
}

static enum query_verdict slice(struct walk *w, struct err *e)
{
	struct export *x = w->state;
	struct store *s = w->conn->front->store;
	if (!x->is_looked_up) {
		if (!chats_find(s, x->client_id, x->session, &x->chat, &x->is_found, e))
			return QUERY_FAILED;
		if (!x->is_found)
			return QUERY_DONE;
		memcpy(x->at.id, x->chat.newest, sizeof x->at.id);
		x->is_looked_up = true;
	}
	enum query_verdict v =
		chats_path(s, x->client_id, x->session, &x->at, on_turn, x, e);
	return v == QUERY_MORE && x->is_cut ? QUERY_DONE : v;
}

/* ---- writing ---------------------------------------------------------------------------- */

ATTR_PRINTF(2, 3)
static void put(struct evbuffer *out, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	must(evbuffer_add_vprintf(out, fmt, ap) >= 0);
	va_end(ap);
}

static bool is_role(const struct message_words *w, const char *role)
{
	return w->role.n == strlen(role) && memcmp(w->role.p, role, w->role.n) == 0;
}

static void put_you(struct evbuffer *out, uint64_t asked_ms)
{
	char when[CLOCK_RFC3339_BYTES];
	clock_rfc3339(asked_ms, when);
	put(out, "**You**, %s\n\n", when);
}

/* What tools said is not for people, nor is what was said to call them. */
static void put_message(
	struct evbuffer *out, const struct chat_turn *t, const struct message_words *w)
{
	if (w->words.n == 0 || is_role(w, "tool"))
		return;
	if (is_role(w, "assistant"))
		put(out, "**%.*s**\n\n", (int)sizeof t->model, t->model);
	else if (is_role(w, "user"))
		put_you(out, t->asked_ms);
	else
		put(out, "**" STR_FMT "**\n\n", STR_ARG(w->role));
	must(evbuffer_add(out, w->words.p, w->words.n) == 0);
	put(out, "\n\n");
	if (is_role(w, "assistant") && t->outcome != CHAT_WHOLE)
		put(out, "*(%s before its end)*\n\n",
			chat_outcome_name((enum chat_outcome)t->outcome));
}

static void put_said(struct evbuffer *out, const struct said *p)
{
	struct messages m;
	struct message_words w;
	char *buf = malloc(p->n + 1);
	must(buf != NULL);
	messages_init(&m, (struct str){p->text, p->n}, buf);
	while (messages_next(&m, &w))
		put_message(out, &p->turn, &w);
	free(buf);
}

static void answer(struct conn *c, const struct export *x, struct evbuffer *out)
{
	char buf[HTTP_REPLY_BYTES], name[EXCHANGE_SESSION_BYTES + 48];
	struct http_reply h;
	size_t n = evbuffer_get_length(out);
	const char *p = (const char *)evbuffer_pullup(out, -1);
	must(p != NULL);
	snprintf(name, sizeof name, "attachment; filename=\"%s.md\"", x->session);
	conn_reply_begin(c, &h, buf, 200);
	http_reply_add(&h, STR("Content-Type"), STR("text/markdown; charset=utf-8"));
	http_reply_add(
		&h, STR("Content-Disposition"), (struct str){name, strlen(name)});
	http_reply_add(&h, STR("Cache-Control"), STR("no-store"));
	conn_reply_whole(c, &h, (struct str){p, n});
}

static void finish(struct walk *walk)
{
	const struct export *x = walk->state;
	if (!x->is_found) {
		answer_error(walk->conn, APIERR_NOT_FOUND);
		return;
	}
	struct evbuffer *out = evbuffer_new();
	must(out != NULL);
	put(out, "# %.*s\n\n", (int)sizeof x->chat.title, x->chat.title);
	if (x->is_cut)
		put(out, "*(What was said before is left out: it is too long.)*\n\n");
	for (const struct said *p = x->first; p != NULL; p = p->next)
		put_said(out, p);
	answer(walk->conn, x, out);
	evbuffer_free(out);
}

void chat_export_handle(struct conn *c)
{
	struct str id = router_tail(c);
	struct export *x = calloc(1, sizeof *x);
	must(x != NULL);
	x->client_id = chat_sessions_client(c);
	if (talk_is_session(id)) /* any other is none of a chat */
		memcpy(x->session, id.p, id.n);
	walk_begin(
		c, &(struct walk){
			   .slice = slice, .finish = finish, .drop = drop, .state = x});
}
