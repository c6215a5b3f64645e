/*
 * GET /chat/sessions: the chats of the token that asks, newest first; with ?search=TEXT
 * those whose title or messages have it, whatever the case of ASCII letters.
 *
 * There is no index of words: a search reads all turns of the token's chats, slice by
 * slice as every walk does.
 */
#include "front/answer.h"
#include "front/chat_sessions_parts.h"
#include "front/router.h"
#include "text/messages.h"

#include <stdlib.h>
#include <string.h>

enum { LIST_CHATS = 1000, /* the newest */ LIST_BYTES = 2 << 20, SEARCH_BYTES = 128 };

uint64_t chat_sessions_client(const struct conn *c)
{
	const struct client *client =
		clients_at(&c->front->process.segment->clients, c->request->client_ix);
	return client ? client->id : 0;
}

void chat_tell_id(struct jsonw *w, struct str key, const uint8_t *id)
{
	char text[EXCHANGE_ID_TEXT_BYTES];
	if (!chat_id_is_none(id)) {
		exchange_id_format(id, text);
		tell_text(w, key, text);
		return;
	}
	jsonw_key(w, key);
	jsonw_null(w);
}

void chat_sessions_tell(struct jsonw *w, const struct chat *c)
{
	tell_text(w, STR("session_id"), c->session);
	tell_text(w, STR("title"), c->title);
	tell_text(w, STR("model"), c->model);
	tell_time(w, STR("created_at"), c->created_ms);
	tell_time(w, STR("updated_at"), c->updated_ms);
	tell_u64(w, STR("turn_count"), c->n_turns);
	chat_tell_id(w, STR("newest"), c->newest);
	tell_u64(w, STR("total_tokens"), c->total_tokens);
	tell_usd(w, STR("total_cost_usd"), c->cost_nanousd);
}

struct list {
	uint64_t client_id;
	struct chats_place at;
	bool is_listed;            /* now their turns are searched */
	size_t n_search;           /* 0 = all are wanted */
	char search[SEARCH_BYTES]; /* folded */
	size_t n, last;            /* last: the chat of the turn before */
	struct chat chat[LIST_CHATS];
	bool is_found[LIST_CHATS];
};

/* ---- which ----------------------------------------------------------------------------- */

static int by_age(const void *a, const void *b)
{
	const struct chat *x = a, *y = b;
	return (x->updated_ms < y->updated_ms) - (x->updated_ms > y->updated_ms);
}

/* Full: the oldest of what was found goes. */
static bool on_chat(void *arg, const struct chat *c)
{
	struct list *l = arg;
	if (l->n == LIST_CHATS) {
		qsort(l->chat, l->n, sizeof l->chat[0], by_age);
		if (l->chat[l->n - 1].updated_ms >= c->updated_ms)
			return true;
		l->n--;
	}
	l->chat[l->n++] = *c;
	return true;
}

static bool has(const struct list *l, char *text, size_t n)
{
	messages_fold(text, n);
	return memmem(text, n, l->search, l->n_search) != NULL;
}

static void look_at_titles(struct list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		char title[CHAT_TITLE_BYTES];
		memcpy(title, l->chat[i].title, sizeof title);
		l->is_found[i] = has(l, title, strnlen(title, sizeof title));
	}
}

/* The chat that the turn at hand is in; false = it is not listed, or found already. */
static bool is_open(struct list *l, size_t *ix)
{
	const char *session = l->at.session;
	if (l->last < l->n && strcmp(l->chat[l->last].session, session) == 0) {
		*ix = l->last;
		return !l->is_found[*ix];
	}
	for (*ix = 0; *ix < l->n; ++*ix)
		if (strcmp(l->chat[*ix].session, session) == 0) {
			l->last = *ix;
			return !l->is_found[*ix];
		}
	return false;
}

static bool on_turn(void *arg, const struct chat_turn *t, struct str text)
{
	struct list *l = arg;
	struct messages m;
	struct message_words w;
	size_t ix;
	(void)t;
	if (!is_open(l, &ix))
		return true;
	char *buf = malloc(text.n + 1);
	must(buf != NULL);
	messages_init(&m, text, buf);
	while (!l->is_found[ix] && messages_next(&m, &w))
		l->is_found[ix] = has(l, buf, w.words.n);
	free(buf);
	return true;
}

static enum query_verdict list_slice(struct walk *w, struct err *e)
{
	struct list *l = w->state;
	struct store *s = w->conn->front->store;
	if (l->is_listed)
		return chats_all(s, l->client_id, &l->at, on_turn, l, e);
	enum query_verdict v = chats_list(s, l->client_id, &l->at, on_chat, l, e);
	if (v != QUERY_DONE)
		return v;
	qsort(l->chat, l->n, sizeof l->chat[0], by_age);
	if (l->n_search == 0)
		return QUERY_DONE;
	look_at_titles(l);
	l->at = (struct chats_place){.has_begun = false};
	l->is_listed = true;
	return QUERY_MORE;
}

/* ---- answering --------------------------------------------------------------------------- */

static void list_finish(struct walk *walk)
{
	struct list *l = walk->state;
	struct jsonw w;
	jsonw_init(&w, LIST_BYTES);
	jsonw_begin_object(&w);
	jsonw_key(&w, STR("sessions"));
	jsonw_begin_array(&w);
	for (size_t i = 0; i < l->n; i++) {
		if (l->n_search > 0 && !l->is_found[i])
			continue;
		jsonw_begin_object(&w);
		chat_sessions_tell(&w, &l->chat[i]);
		jsonw_end_object(&w);
	}
	jsonw_end_array(&w);
	jsonw_end_object(&w);
	answer_jsonw(walk->conn, &w);
	jsonw_fini(&w);
}

static bool take_search(void *to, struct str value)
{
	struct list *l = to;
	if (value.n == 0 || value.n > sizeof l->search)
		return false;
	memcpy(l->search, value.p, value.n);
	messages_fold(l->search, value.n);
	l->n_search = value.n;
	return true;
}

void chat_sessions_handle(struct conn *c)
{
	struct apierr e;
	struct list *l = calloc(1, sizeof *l);
	must(l != NULL);
	struct monitoring_param search = {STR("search"), take_search, l,
		"search must have 1 to 128 bytes: what the chats must have in them."};
	if (!monitoring_read(c, &search, 1, &e)) {
		free(l);
		answer_apierr(c, &e);
		return;
	}
	l->client_id = chat_sessions_client(c);
	walk_begin(c,
		&(struct walk){.slice = list_slice, .finish = list_finish, .state = l});
}
