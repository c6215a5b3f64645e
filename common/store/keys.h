/*
 * The keys of the ledger's tables. Numbers stand big-endian, so that the order of the
 * bytes is the order of the numbers and a walk along a table is a walk along time.
 *
 *	rows, open      sequence
 *	attempts        request id · attempt number
 *	sessions        session
 *	points          tier · dimension · start · name
 *	times           tier · start
 *	clients         client id
 *	chain           number of the link
 *	chats           client id · session
 *	turns           client id · session · request id
 *	rates           number, of what they are
 */
#ifndef STORE_KEYS_H
#define STORE_KEYS_H

#include "segment/exchange.h"

enum {
	KEY_NAME_BYTES =
		EXCHANGE_MODEL_BYTES, /* the longest name there is, with a NUL */
	KEY_MAX_BYTES = KEY_NAME_BYTES + 24
};

_Static_assert(
	(int)KEY_NAME_BYTES >= (int)EXCHANGE_SESSION_BYTES, "sessions have room");

struct key {
	size_t n;
	uint8_t bytes[KEY_MAX_BYTES];
};

struct key key_of_number(uint64_t number); /* a sequence, a client */
struct key key_of_attempt(const uint8_t id[static EXCHANGE_ID_BYTES], uint32_t attempt);

/* session: NUL-terminated within its array; "" has no key and gives n = 0. */
struct key key_of_session(const char session[static EXCHANGE_SESSION_BYTES]);

/* A point of a rollup: rollup.h says which tiers and dimensions there are. */
struct key key_of_point(uint8_t tier, uint8_t dim, uint64_t start, struct str name);
struct key key_of_times(uint8_t tier, uint64_t start);

/* A chat is its client's own; session: NUL-terminated within its array. */
struct key key_of_chat(
	uint64_t client_id, const char session[static EXCHANGE_SESSION_BYTES]);
struct key key_of_turn(
	const struct key *chat, const uint8_t id[static EXCHANGE_ID_BYTES]);

/* The start and the name of a stored point's key; name views it. */
bool key_point(struct str key, uint64_t *start, struct str *name) ATTR_UNUSED_RESULT;

/* The number of an attempt's stored key. */
bool key_attempt(struct str key, uint32_t *attempt) ATTR_UNUSED_RESULT;

/* The number that stands in the last 8 bytes of a stored key; false = it has fewer. */
bool key_number(struct str key, uint64_t *number) ATTR_UNUSED_RESULT;

/* Does a stored key start with the first n bytes of k? */
/* In which order the tables have them: below, at, above 0. */
int key_compare(struct str a, struct str b);

bool key_has_prefix(struct str key, const struct key *k, size_t n);

#endif
