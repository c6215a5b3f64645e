/*
 * How many tokens a request has, by the simulator's own and deliberately crooked count:
 * near characters / 4, but off by a factor that depends on the text's hash and the seed,
 * so that no estimate can equal it, while the same request always counts the same.
 *
 * cached is part of prompt, reasoning is part of completion.
 */
#ifndef SIM_TOKENS_H
#define SIM_TOKENS_H

#include "wish.h"

struct usage {
	uint64_t prompt, cached, completion, reasoning;
};

/* What is known of a request before it runs. */
struct token_question {
	uint64_t hash; /* of seed, model and messages */
	uint64_t chars, n_messages;
	uint64_t max_completion; /* of a choice; UINT64_MAX = the request sets none */
	uint64_t n_choices;      /* 0 = nothing is written (embeddings) */
	uint64_t seen_permille;  /* how much of the prompt the cache knows */
	bool reasons, caches;
};

/* The final usage when the reply runs to its end; *cut = max_completion ended it. */
struct usage tokens_count(
	const struct token_question *q, const struct wish *w, bool *cut);

/* How many words the visible part of that many tokens is written in: 0.7 to 1.2 a token,
 * at least one. */
uint64_t tokens_pieces(uint64_t hash, uint64_t said);

/* Completion tokens spent when `pieces` of n_pieces words have been written: none before
 * the first, all with the last, never falling in between. */
uint64_t tokens_spent(const struct usage *u, uint64_t pieces, uint64_t n_pieces);

/* What the rate limit counts at admission: max(max_tokens, characters / 4). */
uint64_t tokens_admission(const struct token_question *q);

#endif
