/*
 * Client tokens on the master's side: the first admin token in its file, and the facts
 * that make or void a token. Record is who keeps them; the master only knows a token for
 * as long as it takes to hand it out. Run by the master.
 *
 * What is common to this and to the fronts' /admin/tokens: segment/tokens.h.
 */
#ifndef ATLASD_TOKENS_H
#define ATLASD_TOKENS_H

#include "atlasd/account.h"
#include "segment/segment.h"
#include "segment/tokens.h"

struct master;

struct admin_token {
	uint8_t hash[HASH_SHA256_BYTES];
};

/* data_dir/admin-token: read it, or make it (0600, synced) and print it on stdout, this
 * once. False when it is unreadable, another's, open to others or no token. */
bool tokens_load_admin(
	struct admin_token *t, const char *data_dir, struct err *e) ATTR_UNUSED_RESULT;

/* Tell record of it: into every new segment. Record ignores a hash it knows, revoked
 * ones too, and calls it admin-2, admin-3 … where a live token is called admin: what is
 * in the file holds. */
void tokens_push_admin(struct master *m);

/* Make a token and push its fact; void one; change the limits of one. `which` is an id
 * (16 hex digits) or a name. False when that cannot be, or the lane is full; else w is
 * for tokens_look(). */
bool tokens_create(struct master *m, const struct token_order *o,
	char text[static TOKEN_BYTES], struct token_wait *w,
	struct err *e) ATTR_UNUSED_RESULT;
bool tokens_revoke(struct master *m, struct str which, struct token_wait *w,
	struct err *e) ATTR_UNUSED_RESULT;
bool tokens_update(struct master *m, struct str which,
	const struct token_change *change, struct token_wait *w,
	struct err *e) ATTR_UNUSED_RESULT;

/* What has become of it. */
enum token_outcome tokens_look(const struct master *m, const struct token_wait *w);

#endif
