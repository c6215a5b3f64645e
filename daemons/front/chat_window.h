/*
 * How large models' windows are and how much of them a text takes: what this front has seen
 * of their prompts so far decides (decide/context.h).
 *
 * Full: of more than CHAT_WINDOWS_MAX models the one that was learnt first is forgotten.
 */
#ifndef FRONT_CHAT_WINDOW_H
#define FRONT_CHAT_WINDOW_H

#include "decide/context.h"
#include "segment/exchange.h"

enum { CHAT_WINDOWS_MAX = 64 };

struct front;

struct chat_windows {
	uint32_t n; /* ever learnt */
	char model[CHAT_WINDOWS_MAX][EXCHANGE_MODEL_BYTES];
	struct context_ratio ratio[CHAT_WINDOWS_MAX];
};

/* An exchange has ended: its prompt may have been counted. */
void chat_window_learn(struct front *f, const struct exchange *x);

/* Of that model's prompts. */
struct context_ratio chat_window_ratio(const struct front *f, const char *model);

/* Tokens of its window; of a model that nobody knows, a usual one's. */
uint64_t chat_window_tokens(const struct front *f, const char *model);

/* What a prompt may fill of it; max_tokens: of the answer, 0 = not given. */
uint64_t chat_window_room(
	const struct front *f, const char *model, uint64_t max_tokens);

#endif
