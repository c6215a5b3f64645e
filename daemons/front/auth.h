/*
 * Who asks, and may they: one bearer token, hashed before anything else looks at it,
 * found in the client table; the Host header; and what a browser says about the page
 * that sends the request. No cookies, no other credential, no CORS.
 */
#ifndef FRONT_AUTH_H
#define FRONT_AUTH_H

#include "front/conn.h"
#include "front/router.h"
#include "text/apierr.h"

/* Does Host name a listen address, localhost, or one of [server] host_names? */
bool auth_host_is_ours(const struct conn *c);

/* False for a request that a browser sends from another site's page. */
bool auth_is_same_site(const struct conn *c);

/* May this request use a route of that role? Sets request->client_ix. False: *reason is
 * APIERR_INVALID_API_KEY or APIERR_INSUFFICIENT_ROLE, or APIERR_LEDGER_UNAVAILABLE while
 * nobody can tell: the tokens are in the ledger, and record cannot read that. */
bool auth_may(struct conn *c, enum route_role role,
	enum apierr_reason *reason) ATTR_UNUSED_RESULT;

/* May whoever auth_may() has found see figures of nobody but itself? Then *client_id is
 * its own. */
bool auth_sees_own_only(const struct conn *c, uint64_t *client_id) ATTR_UNUSED_RESULT;

/* The role of whoever auth_may() has found. */
const char *auth_role_name(const struct conn *c);

/* "monitor or admin": those that may use a route of that role. Returns out. */
enum { AUTH_ROLES_BYTES = 48 };
const char *auth_roles_that_may(
	enum route_role role, char out[static AUTH_ROLES_BYTES]);

#endif
