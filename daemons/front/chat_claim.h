/*
 * One at a time in a chat: a turn, from before it looks at what was said to when its words
 * are in the ledger, or the chat's removal. In whichever front: segment/claims.h.
 */
#ifndef FRONT_CHAT_CLAIM_H
#define FRONT_CHAT_CLAIM_H

#include "front/front.h"

/* All zero = nothing is held. */
struct chat_claim {
	const struct claims *of;
	struct claim claim;
};

/* False = somebody else is at work there, or there is no room, and c has been answered. */
bool chat_claim_take(struct conn *c, uint64_t client_id, const char *session,
	struct chat_claim *out) ATTR_UNUSED_RESULT;

void chat_claim_drop(struct chat_claim *c);

#endif
