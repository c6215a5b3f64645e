/*
 * The body of POST /v1/chat/completions: the few fields the simulator reads, checked as
 * OpenAI would. Everything else must be JSON and is passed over.
 */
#ifndef SIM_CHAT_REQUEST_H
#define SIM_CHAT_REQUEST_H

#include "openai.h"

struct chat_request {
	struct slice model;
	bool stream, include_usage;
	uint64_t max_completion; /* UINT64_MAX = none; max_completion_tokens wins */
	uint64_t chars;          /* of all message texts */
	uint64_t n_messages;
	uint64_t hash; /* of roles and contents as written */
	struct slice
		directive; /* inside [[sim …]] of the last user message, or empty */
};

/* False with *e filled when OpenAI would answer 400. */
bool chat_request_parse(struct slice body, uint64_t seed, struct chat_request *out,
	struct openai_error *e);

#endif
