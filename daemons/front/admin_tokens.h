/*
 * /admin/tokens: client tokens over HTTP, as `atlasctl tokens` has them. A change is a fact
 * in this front's own lane; the connection waits until record has committed it and the
 * table shows it, so that what is answered holds for the next request on any front.
 *
 *	GET    /admin/tokens?limit=N&after=ID     {"object":"list","data":[…],"has_more"}
 *	POST   /admin/tokens   {"name","role", limits…}     201, the token itself this once
 *	PATCH  /admin/tokens/NAME|ID   {limits…}            what changed, old and new
 *	DELETE /admin/tokens/NAME|ID                        revoked
 *
 * A limit is a number or a text as atlasctl takes it; null = as [client] has it. Full: a
 * full fact lane is 503, and so is a change that record has not written down in
 * ADMIN_WAIT_MS; it may still come to hold.
 */
#ifndef FRONT_ADMIN_TOKENS_H
#define FRONT_ADMIN_TOKENS_H

#include "front/front.h"

enum { ADMIN_WAIT_MS = 3000 };

/* Each turn: answer what is done; true = there was something. */
bool admin_tokens_turn(struct front *f);

/* Could something be done? */
bool admin_tokens_have_work(const struct front *f);

/* At the end of the process. */
void admin_tokens_close(struct front *f);

#endif
