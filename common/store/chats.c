/* Chats, read. */
#include "store/chats.h"

#include "base/hash.h"
#include "store/slice.h"

#include <string.h>

enum { TURNS_A_SLICE = 64 }; /* their texts may be large */

uint64_t chat_place(const struct key *k)
{
	return hash_fast64(k->bytes, k->n, 0);
}

bool chat_id_is_none(const uint8_t id[static EXCHANGE_ID_BYTES])
{
	static const uint8_t none[EXCHANGE_ID_BYTES];
	return memcmp(id, none, sizeof none) == 0;
}

void chat_seal(struct chat *c, const struct key *k)
{
	seal_close(c, sizeof *c, CHATS_VERSION, chat_place(k));
}

bool chat_open(struct chat *c, struct str stored, const struct key *k)
{
	return seal_open(stored, c, sizeof *c, CHATS_VERSION, chat_place(k));
}

/* The seal is of head and text; the text stays where it is. */
bool chat_turn_open(
	struct chat_turn *t, struct str *text, struct str stored, const struct key *k)
{
	if (stored.n < sizeof *t)
		return false;
	memcpy(t, stored.p, sizeof *t);
	*text = (struct str){stored.p + sizeof *t, stored.n - sizeof *t};
	return text->n == t->text_bytes &&
	       seal_is_whole(stored, CHATS_VERSION, chat_place(k));
}

bool chats_find(struct store *s, uint64_t client_id,
	const char session[static EXCHANGE_SESSION_BYTES], struct chat *out,
	bool *found, struct err *e)
{
	MDB_txn *txn;
	struct str stored;
	struct key k = key_of_chat(client_id, session);
	int rc = tables_begin_read(s, &txn);
	if (rc != 0)
		return tables_err(e, rc, "read");
	rc = table_get(s, txn, TABLE_CHATS, &k, &stored);
	*found = rc == 0 && chat_open(out, stored, &k);
	tables_end_read(s, txn);
	return rc == 0 || rc == MDB_NOTFOUND || tables_err(e, rc, "read");
}

static struct key key_of_stored(struct str stored)
{
	struct key k = {.n = MIN(stored.n, sizeof k.bytes)};
	memcpy(k.bytes, stored.p, k.n);
	return k;
}

bool chat_is_whole(struct str stored, struct str key)
{
	struct key k = key_of_stored(key);
	return seal_is_whole(stored, CHATS_VERSION, chat_place(&k));
}

/* ---- walks ----------------------------------------------------------------------- */

/* At the first key of the prefix, or behind the one that was last. */
static int go_to(struct slice *sl, const struct key *from, bool is_behind,
	struct str *key, struct str *value)
{
	int rc = slice_seek(sl, from, key, value);
	if (rc == 0 && is_behind && key_has_prefix(*key, from, from->n) &&
		key->n == from->n)
		rc = slice_next(sl, key, value);
	return rc;
}

static bool give_chat(struct chats_place *at, struct str key, struct str value,
	chats_fn *fn, void *arg)
{
	struct chat c;
	struct key k = key_of_stored(key);
	if (chat_open(&c, value, &k))
		return fn(arg, &c);
	at->n_bad++;
	return true;
}

enum query_verdict chats_list(struct store *s, uint64_t client_id,
	struct chats_place *at, chats_fn *fn, void *arg, struct err *e)
{
	struct slice sl;
	struct str key, value;
	struct key own = key_of_number(client_id);
	struct key from = key_of_chat(client_id, at->session);
	int rc = slice_begin(&sl, s, TABLE_CHATS, QUERY_SLICE_ROWS);
	if (rc == 0)
		rc = go_to(&sl, &from, at->has_begun, &key, &value);
	for (; rc == 0; rc = slice_next(&sl, &key, &value)) {
		size_t n = key.n - own.n;
		if (!key_has_prefix(key, &own, own.n) || n >= sizeof at->session) {
			rc = MDB_NOTFOUND;
			break;
		}
		at->has_begun = true;
		memset(at->session, 0, sizeof at->session);
		memcpy(at->session, key.p + own.n, n);
		bool go_on = give_chat(at, key, value, fn, arg);
		if (slice_is_full(&sl) || !go_on)
			break;
	}
	return slice_end(&sl, rc, e);
}

static bool give_turn(struct chats_place *at, const struct key *k, struct str value,
	chats_turn_fn *fn, void *arg)
{
	struct chat_turn t;
	struct str text;
	if (chat_turn_open(&t, &text, value, k))
		return fn(arg, &t, text);
	at->n_bad++;
	return true;
}

enum query_verdict chats_turns(struct store *s, uint64_t client_id,
	const char session[static EXCHANGE_SESSION_BYTES], struct chats_place *at,
	chats_turn_fn *fn, void *arg, struct err *e)
{
	struct slice sl;
	struct str key, value;
	struct key own = key_of_chat(client_id, session);
	struct key from = key_of_turn(&own, at->id);
	int rc = slice_begin(&sl, s, TABLE_TURNS, TURNS_A_SLICE);
	if (rc == 0)
		rc = go_to(&sl, &from, at->has_begun, &key, &value);
	for (; rc == 0; rc = slice_next(&sl, &key, &value)) {
		if (!key_has_prefix(key, &own, own.n)) {
			rc = MDB_NOTFOUND;
			break;
		}
		if (key.n != from.n)
			continue; /* of a chat whose name only begins like this */
		struct key k = key_of_stored(key);
		at->has_begun = true;
		memcpy(at->id, key.p + own.n, sizeof at->id);
		bool go_on = give_turn(at, &k, value, fn, arg);
		if (slice_is_full(&sl) || !go_on)
			break;
	}
	return slice_end(&sl, rc, e);
}

/* Which chat and turn a key of that client's is; false = none. */
static bool read_place(struct chats_place *at, struct str key, size_t n_own)
{
	size_t n = key.n - n_own;
	if (n < sizeof at->id || n - sizeof at->id >= sizeof at->session)
		return false;
	n -= sizeof at->id;
	memset(at->session, 0, sizeof at->session);
	memcpy(at->session, key.p + n_own, n);
	memcpy(at->id, key.p + n_own + n, sizeof at->id);
	return true;
}

enum query_verdict chats_all(struct store *s, uint64_t client_id,
	struct chats_place *at, chats_turn_fn *fn, void *arg, struct err *e)
{
	struct slice sl;
	struct str key, value;
	struct key own = key_of_number(client_id);
	struct key chat = key_of_chat(client_id, at->session);
	struct key from = at->has_begun ? key_of_turn(&chat, at->id) : own;
	int rc = slice_begin(&sl, s, TABLE_TURNS, TURNS_A_SLICE);
	if (rc == 0)
		rc = go_to(&sl, &from, at->has_begun, &key, &value);
	for (; rc == 0; rc = slice_next(&sl, &key, &value)) {
		if (!key_has_prefix(key, &own, own.n)) {
			rc = MDB_NOTFOUND;
			break;
		}
		if (!read_place(at, key, own.n))
			continue;
		struct key k = key_of_stored(key);
		at->has_begun = true;
		bool go_on = give_turn(at, &k, value, fn, arg);
		if (slice_is_full(&sl) || !go_on)
			break;
	}
	return slice_end(&sl, rc, e);
}

/* The turn at->id, and at->id becomes the one that it follows. */
static int path_step(struct slice *sl, const struct key *own, struct chats_place *at,
	struct chat_turn *t, struct str *text)
{
	struct str stored;
	struct key k = key_of_turn(own, at->id);
	if (chat_id_is_none(at->id))
		return MDB_NOTFOUND;
	int rc = table_get(sl->store, sl->txn, TABLE_TURNS, &k, &stored);
	if (rc != 0)
		return rc;
	if (!chat_turn_open(t, text, stored, &k)) {
		at->n_bad++;
		return MDB_NOTFOUND;
	}
	/* Ids sort by time: whoever follows itself or the future is not ours. */
	if (memcmp(t->parent, t->id, sizeof t->id) >= 0)
		memset(t->parent, 0, sizeof t->parent);
	memcpy(at->id, t->parent, sizeof at->id);
	return 0;
}

enum query_verdict chats_path(struct store *s, uint64_t client_id,
	const char session[static EXCHANGE_SESSION_BYTES], struct chats_place *at,
	chats_turn_fn *fn, void *arg, struct err *e)
{
	struct slice sl;
	struct chat_turn t;
	struct str text;
	struct key own = key_of_chat(client_id, session);
	int rc = slice_begin(&sl, s, TABLE_TURNS, TURNS_A_SLICE);
	while (rc == 0) {
		rc = path_step(&sl, &own, at, &t, &text);
		if (rc != 0)
			break;
		bool go_on = fn(arg, &t, text);
		if (slice_is_full(&sl) || !go_on)
			break;
	}
	return slice_end(&sl, rc, e);
}
