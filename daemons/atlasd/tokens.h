/*
 * Client tokens on the master's side: the first admin token in its file, and the facts
 * that make or void a token. Record is who keeps them; the master only knows a token for
 * as long as it takes to hand it out. Run by the master.
 *
 *	atlas-admin-<64 hex digits>     32 random bytes; only their SHA-256 is kept
 *
 * A fact is pushed and then waited for: a token exists once record's committed position
 * covers it and the table has it.
 */
#ifndef ATLASD_TOKENS_H
#define ATLASD_TOKENS_H

#include "atlasd/account.h"
#include "segment/segment.h"

struct master;

enum { TOKEN_BYTES = 96 };

struct admin_token {
	uint8_t hash[HASH_SHA256_BYTES];
};

/* data_dir/admin-token: read it, or make it (0600, synced) and print it on stdout, this
 * once. False when it is unreadable, another's, open to others or no token. */
bool tokens_load_admin(
	struct admin_token *t, const char *data_dir, struct err *e) ATTR_UNUSED_RESULT;

/* Tell record of it: into every new segment. Record ignores a hash it knows, revoked
 * ones too. */
void tokens_push_admin(struct master *m);

/* A token under way to the ledger. */
struct token_wait {
	uint64_t position; /* of our fact lane, behind its fact */
	uint64_t id;
	uint8_t hash[HASH_SHA256_BYTES];
};

/* Make a token and push its fact. False when the name is taken or none, the table or
 * the lane is full. */
bool tokens_create(struct master *m, enum client_role role, struct str name,
	char text[static TOKEN_BYTES], struct token_wait *w,
	struct err *e) ATTR_UNUSED_RESULT;
bool tokens_is_created(const struct master *m, const struct token_wait *w);

/* By id (16 hex digits) or name; *ix is its row. False when there is none, or it is
 * revoked already. */
bool tokens_revoke(struct master *m, struct str which, uint32_t *ix,
	struct err *e) ATTR_UNUSED_RESULT;
bool tokens_is_revoked(const struct master *m, uint32_t ix);

#endif
