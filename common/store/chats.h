/*
 * Chats: what clients have talked about through /chat, each a tree of turns. A turn
 * follows another of its chat or none; what was regenerated or edited keeps its older
 * branch. A chat belongs to the client whose token made it and to nobody else.
 *
 *	chats_list()   all chats of a client
 *	chats_turns()  all turns of a chat, oldest first
 *	chats_path()   from a turn back along those it follows: what a model is told
 *	chats_all()    all turns of all chats of a client: to search them
 *
 * The text of a turn is its messages as JSON objects with commas between them, the
 * answer last: several of them are put together without reading one.
 */
#ifndef STORE_CHATS_H
#define STORE_CHATS_H

#include "segment/facts.h"
#include "store/keys.h"
#include "store/query.h"
#include "store/seal.h"

enum { CHATS_VERSION = 2 };

/* As it is stored. */
struct chat {
	struct seal seal;
	uint64_t client_id;
	uint64_t created_ms, updated_ms; /* wall */
	uint64_t n_turns;
	uint64_t total_tokens, cost_nanousd;
	uint8_t newest[EXCHANGE_ID_BYTES];
	char session[EXCHANGE_SESSION_BYTES];
	char model[EXCHANGE_MODEL_BYTES]; /* of the newest turn */
	char title[CHAT_TITLE_BYTES];
};

/* As it is stored, its text behind it. */
struct chat_turn {
	struct seal seal;
	uint8_t id[EXCHANGE_ID_BYTES], parent[EXCHANGE_ID_BYTES];
	uint64_t asked_ms, done_ms; /* wall */
	uint64_t prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens;
	uint64_t cost_nanousd;
	uint64_t queue_ns, first_token_ns, duration_ns;
	uint64_t text_bytes;
	uint32_t retries;
	uint8_t outcome; /* enum chat_outcome */
	uint8_t rate_limited, estimated, unpriced;
	char model[EXCHANGE_MODEL_BYTES];
};

/* Where a walk goes on. Zeroed = at its beginning. */
struct chats_place {
	bool has_begun;
	char session[EXCHANGE_SESSION_BYTES];
	uint8_t id[EXCHANGE_ID_BYTES];
	uint64_t n_bad; /* damaged records passed by */
};

/* Callbacks as in query.h: they copy, and never wait; false = stop behind this one. */
typedef bool chats_fn(void *arg, const struct chat *c);
typedef bool chats_turn_fn(void *arg, const struct chat_turn *t, struct str text);

/* One chat; false = it cannot be read. *found says whether it is there. */
bool chats_find(struct store *s, uint64_t client_id,
	const char session[static EXCHANGE_SESSION_BYTES], struct chat *out,
	bool *found, struct err *e) ATTR_UNUSED_RESULT;

enum query_verdict chats_list(struct store *s, uint64_t client_id,
	struct chats_place *at, chats_fn *fn, void *arg,
	struct err *e) ATTR_UNUSED_RESULT;

enum query_verdict chats_turns(struct store *s, uint64_t client_id,
	const char session[static EXCHANGE_SESSION_BYTES], struct chats_place *at,
	chats_turn_fn *fn, void *arg, struct err *e) ATTR_UNUSED_RESULT;

/* fn is told of which chat a turn is in at->session. */
enum query_verdict chats_all(struct store *s, uint64_t client_id,
	struct chats_place *at, chats_turn_fn *fn, void *arg,
	struct err *e) ATTR_UNUSED_RESULT;

/* From at->id (all zeros: there is nothing) to a first turn. One that is not there or
 * damaged ends it. */
enum query_verdict chats_path(struct store *s, uint64_t client_id,
	const char session[static EXCHANGE_SESSION_BYTES], struct chats_place *at,
	chats_turn_fn *fn, void *arg, struct err *e) ATTR_UNUSED_RESULT;

/* Inside store/: records on their way to the disk and back. place: a hash of the key. */
void chat_seal(struct chat *c, const struct key *k);
bool chat_open(struct chat *c, struct str stored, const struct key *k);
bool chat_turn_open(
	struct chat_turn *t, struct str *text, struct str stored, const struct key *k);
uint64_t chat_place(const struct key *k);

/* A chat or a turn that a walk has found under that key: is it what was written? */
bool chat_is_whole(struct str stored, struct str key);

/* No turn has this id. */
bool chat_id_is_none(const uint8_t id[static EXCHANGE_ID_BYTES]);

#endif
