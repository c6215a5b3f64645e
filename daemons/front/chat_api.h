/*
 * Which API a chat is held by: chat completions, but the Responses API for a model that the
 * catalogue has for nothing else. An upstream that says it does not have that is asked by
 * chat completions from then on, model by model, until the settings change.
 *
 * Each front finds out for itself. Full: the oldest of CHAT_LACKS_MAX is forgotten, and
 * found out again.
 */
#ifndef FRONT_CHAT_API_H
#define FRONT_CHAT_API_H

#include "base/attr.h"
#include "segment/exchange.h"

enum { CHAT_LACKS_MAX = 64 };

struct front;

struct chat_lacks {
	uint32_t n; /* ever noted */
	char model[CHAT_LACKS_MAX][EXCHANGE_MODEL_BYTES];
};

enum exchange_api chat_api_of(const struct front *f, const char *model);

/* An answer to a request to that API: does it say that there is no such API? */
bool chat_api_is_lacking(enum exchange_api api, unsigned status, struct str body);

void chat_api_note_lack(struct front *f, const char *model);
void chat_api_forget(struct front *f);

#endif
