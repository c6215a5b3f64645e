/*
 * How much of a chat fits a model's window, before anybody has counted its tokens: by the
 * characters a token that the model's requests have had so far, else by four. Pure.
 *
 *	context_learn(&ratio, chars, tokens);          of each prompt that was counted
 *	room = context_room(window, answer);
 *	room -= context_tokens(&ratio, context_count(text));
 *
 * Where nothing has been learnt, a character beyond ASCII counts as a token of its own: texts
 * of such are the ones that four characters a token do no justice.
 */
#ifndef DECIDE_CONTEXT_H
#define DECIDE_CONTEXT_H

#include "base/attr.h"

/* What was counted lately. All zero = nothing. */
struct context_ratio {
	uint64_t chars, tokens;
};

/* Prompts of that many characters and tokens. Older ones fade. */
void context_learn(struct context_ratio *r, uint64_t chars, uint64_t tokens);

struct context_text {
	uint64_t n_chars, n_wide; /* code points; of them, those beyond ASCII */
};
struct context_text context_count(struct str utf8);

/* An estimate, rounded up. */
uint64_t context_tokens(const struct context_ratio *r, struct context_text t);

/* Of a window, what a prompt may fill when an answer of that many tokens must still fit,
 * less a sixteenth: it is filled by estimates. */
uint64_t context_room(uint64_t window_tokens, uint64_t answer_tokens);

#endif
