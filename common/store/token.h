/*
 * A client token as the ledger keeps it: never the token, only its SHA-256. Revoked ones
 * stay, so that a name in an old row can still be told.
 */
#ifndef STORE_TOKEN_H
#define STORE_TOKEN_H

#include "segment/clients.h"
#include "store/seal.h"

enum { TOKEN_VERSION = 2 };

/* As it is stored, under its id. */
struct token {
	struct seal seal;
	uint64_t id;
	uint64_t created_ms, revoked_ms; /* wall; revoked 0 = live */
	uint8_t hash[HASH_SHA256_BYTES];
	char name[CLIENT_NAME_BYTES]; /* ends with a NUL */
	uint8_t role;                 /* enum client_role */
	uint8_t unused[7];
	struct client_limits limits;
};

void token_seal(struct token *t);
bool token_open(struct token *t, struct str stored, uint64_t id) ATTR_UNUSED_RESULT;

#endif
