/*
 * POST /v1/chat/completions: judge a request as OpenAI would (key, body, model, limits),
 * ask the weather, and hand it to its exchange.
 */
#ifndef SIM_CHAT_H
#define SIM_CHAT_H

#include "sim.h"

void chat_handle(struct sim *s, struct http_conn *conn, const struct http_request *req);

/* The bearer token, empty when there is none. */
struct slice chat_bearer(const struct http_request *req);

struct openai_error;

/* False with *e filled: no key, or not one of ours. */
bool chat_authorize(const struct sim *s, struct slice bearer, struct openai_error *e);

#endif
