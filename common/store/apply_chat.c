/* Facts of chats into tables. */
#include "store/apply.h"
#include "store/chats.h"

#include <stdlib.h>
#include <string.h>

static enum ledger_verdict fail(struct batch *b, int rc)
{
	if (b->rc == 0)
		b->rc = rc;
	return LEDGER_FAILED;
}

#define COPY_TEXT(dst, src)                                                            \
	memcpy(dst, src, strnlen(src, MIN(sizeof(dst), sizeof(src)) - 1))

/* Its chat as it stands, or a fresh one. */
static int get_chat(struct batch *b, const struct key *k,
	const struct fact_chat_turn *f, struct chat *c)
{
	struct str stored;
	int rc = table_get(b->store, b->txn, TABLE_CHATS, k, &stored);
	if (rc == 0 && chat_open(c, stored, k))
		return 0;
	*c = (struct chat){.client_id = f->client_id, .created_ms = f->asked_ms};
	COPY_TEXT(c->session, f->session);
	COPY_TEXT(c->title, f->title);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

static int put_chat(struct batch *b, const struct key *k, struct chat *c)
{
	chat_seal(c, k);
	return table_put(b->store, b->txn, TABLE_CHATS, k,
		(struct str){(const char *)c, sizeof *c});
}

static struct chat_turn turn_of_fact(const struct fact_chat_turn *f)
{
	struct chat_turn t = {.asked_ms = f->asked_ms,
		.done_ms = f->head.wall_ms,
		.prompt_tokens = f->prompt_tokens,
		.cached_tokens = f->cached_tokens,
		.completion_tokens = f->completion_tokens,
		.reasoning_tokens = f->reasoning_tokens,
		.cost_nanousd = f->cost_nanousd,
		.queue_ns = f->queue_ns,
		.first_token_ns = f->first_token_ns,
		.duration_ns = f->duration_ns,
		.text_bytes = f->text_bytes,
		.retries = f->retries,
		.outcome = f->outcome,
		.rate_limited = f->rate_limited,
		.estimated = f->estimated,
		.unpriced = f->unpriced};
	memcpy(t.id, f->id, sizeof t.id);
	memcpy(t.parent, f->parent, sizeof t.parent);
	COPY_TEXT(t.model, f->model);
	return t;
}

/* Head and text under one seal. MDB_KEYEXIST = it is there already. */
static int add_turn(struct batch *b, const struct key *chat,
	const struct fact_chat_turn *f, struct str text)
{
	struct key k = key_of_turn(chat, f->id);
	struct chat_turn t = turn_of_fact(f);
	char *record = malloc(sizeof t + text.n);
	must(record != NULL);
	memcpy(record, &t, sizeof t);
	memcpy(record + sizeof t, text.p, text.n);
	seal_close(record, sizeof t + text.n, CHATS_VERSION, chat_place(&k));
	int rc = table_add(b->store, b->txn, TABLE_TURNS, &k,
		(struct str){record, sizeof t + text.n});
	free(record);
	return rc;
}

static bool is_possible_turn(const struct fact_chat_turn *f, struct str text)
{
	return f->outcome < CHAT_OUTCOMES && f->session[0] != '\0' && text.n > 0 &&
	       text.n == f->text_bytes && text.n <= CHAT_TEXT_MAX_BYTES;
}

enum ledger_verdict apply_chat_turn(
	struct batch *b, const struct fact_chat_turn *f, struct str text)
{
	struct chat c;
	if (!is_possible_turn(f, text))
		return LEDGER_BAD;
	struct key k = key_of_chat(f->client_id, f->session);
	int rc = add_turn(b, &k, f, text);
	if (rc == MDB_KEYEXIST)
		return LEDGER_REPEATED;
	if (rc == 0)
		rc = get_chat(b, &k, f, &c);
	if (rc == 0) {
		c.n_turns++;
		c.updated_ms = f->head.wall_ms;
		c.total_tokens += f->prompt_tokens + f->completion_tokens;
		c.cost_nanousd += f->cost_nanousd;
		memcpy(c.newest, f->id, sizeof c.newest);
		memset(c.model, 0, sizeof c.model);
		COPY_TEXT(c.model, f->model);
		rc = put_chat(b, &k, &c);
	}
	if (rc != 0)
		return fail(b, rc);
	b->state.sequence++;
	return LEDGER_APPLIED;
}

/* The first key of that chat's turns; MDB_NOTFOUND = there is none (any more). */
static int first_turn(struct batch *b, const struct key *chat, struct key *out)
{
	static const uint8_t before[EXCHANGE_ID_BYTES];
	MDB_cursor *c;
	struct str key, value;
	struct key from = key_of_turn(chat, before);
	int rc = table_walk(b->store, b->txn, TABLE_TURNS, &c);
	if (rc != 0)
		return rc;
	rc = walk_seek(c, &from, &key, &value);
	while (rc == 0 && key_has_prefix(key, chat, chat->n) && key.n != from.n)
		rc = walk_step(c, MDB_NEXT, &key, &value);
	if (rc == 0 && key_has_prefix(key, chat, chat->n)) {
		out->n = key.n;
		memcpy(out->bytes, key.p, key.n);
	} else if (rc == 0) {
		rc = MDB_NOTFOUND;
	}
	mdb_cursor_close(c);
	return rc;
}

static int remove_chat(struct batch *b, const struct key *chat)
{
	struct key turn;
	int rc;
	while ((rc = first_turn(b, chat, &turn)) == 0) {
		rc = table_delete(b->store, b->txn, TABLE_TURNS, &turn);
		if (rc != 0)
			return rc;
	}
	if (rc != MDB_NOTFOUND)
		return rc;
	return table_delete(b->store, b->txn, TABLE_CHATS, chat);
}

static int rename_chat(
	struct batch *b, const struct key *k, struct str stored, const char *title)
{
	struct chat c;
	if (!chat_open(&c, stored, k))
		return MDB_CORRUPTED;
	memset(c.title, 0, sizeof c.title);
	memcpy(c.title, title, strnlen(title, sizeof c.title - 1));
	return put_chat(b, k, &c);
}

enum ledger_verdict apply_chat_change(struct batch *b, const struct fact_chat_change *f)
{
	struct str stored;
	struct key k = key_of_chat(f->client_id, f->session);
	int rc = table_get(b->store, b->txn, TABLE_CHATS, &k, &stored);
	if (rc == MDB_NOTFOUND)
		return LEDGER_IGNORED;
	if (rc == 0 && f->title[0] != '\0')
		rc = rename_chat(b, &k, stored, f->title);
	else if (rc == 0)
		rc = remove_chat(b, &k);
	if (rc == MDB_CORRUPTED)
		return LEDGER_BAD;
	if (rc != 0)
		return fail(b, rc);
	b->state.sequence++;
	return LEDGER_APPLIED;
}
