/*
 * Client tokens as the master (for atlasctl) and the fronts (for /admin/tokens) make and
 * change them: alike, and each by a fact in its own lane, which record alone writes down.
 *
 *	atlas-chat-<64 hex digits>     32 random bytes; only their SHA-256 is kept
 *
 *	if (token_check_new(c, order.name, e)) {
 *		token_make(&order, &fact, text);   text is shown once, then wiped
 *		facts_push(&lane, &fact.head);
 *		token_wait_for(&w, c, &fact.head, facts_position(&lane));
 *		… each turn: token_look(c, &w, facts_committed(&lane)) …
 *	}
 *
 * What is checked here may have changed when record reads the fact: two that take the
 * same free name at once both pass, and record keeps the first. So who waits is told
 * what the table says, and not only that record has been there.
 */
#ifndef SEGMENT_TOKENS_H
#define SEGMENT_TOKENS_H

#include "base/err.h"
#include "segment/clients.h"
#include "segment/facts.h"

enum { TOKEN_BYTES = 96 };

/* What is wanted of a new token. */
struct token_order {
	enum client_role role;
	struct str name;
	struct client_limits limits;
	uint64_t wall_ms;
};

/* What is wanted of one that is there: of the limits in `set` those in `limits`. */
struct token_change {
	struct client_limits limits;
	client_limit_set set;
};

/* The text of a fresh token. Whoever has it wipes it. */
void token_text(enum client_role role, char text[static TOKEN_BYTES]);

/* A fresh token: its text, and the fact that makes it. The name must be a good one. */
void token_make(const struct token_order *o, struct fact_token *fact,
	char text[static TOKEN_BYTES]);

/* May a token be called that? */
bool token_check_name(struct str name, struct err *e) ATTR_UNUSED_RESULT;

/* Is it a name, is it free, and is there room? */
bool token_check_new(
	const struct clients *c, struct str name, struct err *e) ATTR_UNUSED_RESULT;

/* By id (16 hex digits) or by name, a live one first; NULL = none. */
const struct client *token_find(const struct clients *c, struct str which);

/* The same for a change: NULL with a sentence when there is none, it is revoked, or the
 * table is not published. */
const struct client *token_find_live(
	const struct clients *c, struct str which, struct err *e);

/* Is this live token an admin's, and no other live one is? */
bool token_is_last_admin(const struct clients *c, const struct client *entry);

/* A change under way to the ledger. */
struct token_wait {
	uint64_t position; /* of the lane, behind its fact */
	uint64_t id;
	uint32_t ix; /* of a change: its row */
	enum fact_kind kind;
	uint8_t hash[HASH_SHA256_BYTES]; /* of a new one */
};

enum token_outcome {
	TOKEN_UNDER_WAY,
	TOKEN_DONE,
	TOKEN_LOST /* record took another change before it, or has no room for it */
};

/* fact is one of FACT_TOKEN…, pushed, and of an entry that is there or new. */
void token_wait_for(struct token_wait *w, const struct clients *c,
	const struct fact_head *fact, uint64_t position);
enum token_outcome token_look(
	const struct clients *c, const struct token_wait *w, uint64_t committed);

enum { TOKEN_ID_BYTES = 17 };
void token_id_format(uint64_t id, char out[static TOKEN_ID_BYTES]);

#endif
