/*
 * The body of a change to a client token: a name and a role for a new one, and limits by
 * their names. Strict: what it does not know, and what stands twice, is an error. Pure.
 */
#ifndef FRONT_ADMIN_BODY_H
#define FRONT_ADMIN_BODY_H

#include "segment/tokens.h"
#include "text/apierr.h"

struct admin_body {
	enum client_role role;
	char name[CLIENT_NAME_BYTES];
	struct token_change change;
};

/* is_new: name and role must be there; else they may not, and a limit must. */
bool admin_body_read(struct admin_body *b, struct str body, bool is_new,
	struct apierr *e) ATTR_UNUSED_RESULT;

#endif
