/*
 * A request that costs something: judge it as OpenAI would (key, body, model, limits),
 * ask the weather, and hand it to its exchange.
 */
#ifndef SIM_ASK_H
#define SIM_ASK_H

#include "endpoint.h"
#include "sim.h"

void ask_handle(struct sim *s, const struct endpoint *endpoint, struct http_conn *conn,
	const struct http_request *req);

/* The bearer token, empty when there is none. */
struct slice ask_bearer(const struct http_request *req);

/* False with *e filled: no key, or not one of ours. */
bool ask_authorize(const struct sim *s, struct slice bearer, struct openai_error *e);

#endif
