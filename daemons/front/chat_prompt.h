/*
 * What a model is asked in a chat: all parts of the request but the turn's own messages, so
 * that it can be put together again with the results of tools, or for another API.
 *
 *	 model, system │ before: the turns that go along │ the turn │ temperature, tools …
 *
 * The parts are JSON as it came: nothing is decoded, and words are never escaped again.
 */
#ifndef FRONT_CHAT_PROMPT_H
#define FRONT_CHAT_PROMPT_H

#include "front/front.h"

/* Each part from malloc; n 0 = not there. */
struct chat_prompt {
	struct str model, system;           /* strings, with their quotes */
	struct str before;                  /* messages as JSON objects, with commas */
	struct str temperature, max_tokens; /* numbers */
	uint32_t tools;                     /* that may be called, of tools.h */
};

void chat_prompt_free(struct chat_prompt *p);

/* Bytes of its messages together, at most this: more is never asked for. */
enum { CHAT_PROMPT_BYTES = 32 << 20 };

/* The body of a request to that API, from malloc. turn: its messages up to now; is_last:
 * nothing may be called any more. n 0 = a message is none, or it is too long. */
struct str chat_prompt_body(const struct front *f, const struct chat_prompt *p,
	enum exchange_api api, struct str turn, bool is_last);

#endif
