/*
 * How many tokens a request will be counted for before anybody knows. Pure.
 *
 * The provider's own formula: "the maximum of max_tokens and the estimated number of
 * tokens based on the character count of your request" (OpenAI's rate limit guide), with
 * four characters a token. Where the client names no max_tokens, what is reserved until
 * the end is known goes by what the model's requests have used so far.
 */
#ifndef RATE_ESTIMATE_H
#define RATE_ESTIMATE_H

#include "base/attr.h"

enum estimate_rule {
	ESTIMATE_MAX_TOKENS_OR_CHARACTERS, /* as the provider counts */
	ESTIMATE_PREDICTED                 /* the prompt and what will be written */
};

struct estimate_request {
	enum estimate_rule rule;
	uint64_t prompt_chars;
	uint64_t body_bytes;
	bool has_unseen_prompt;        /* part of the prompt is not in the body */
	uint64_t model_context_tokens; /* the most the model reads, 0 = not known */
	uint64_t max_tokens;           /* 0 = the client named none */
	uint64_t n_choices;            /* at least 1 */
	uint64_t model_max_tokens;     /* the most the model writes, 0 = not known */
	bool writes_nothing;           /* embeddings: a prompt is all there is */
	uint64_t usual_tokens;   /* a high quantile of what it wrote, 0 = not known */
	uint64_t smallest_limit; /* a guess is never larger than it, 0 = none */
};

/* What the limits are charged at admission, at least 1. */
uint64_t estimate_tokens(const struct estimate_request *r);

/* What the provider counts whatever the request comes to, at least 1: the part of the
 * charge that is no guess of ours. */
uint64_t estimate_counted(const struct estimate_request *r);

/* No bill can be higher than this: a token is at least one byte of the body, prompt that
 * is not in the body fits the model's context, no choice is longer than what was asked
 * for, nor than what the model can write, and there are no more of them than the API has.
 * A model that is not known is taken to read and write so much. */
enum {
	ESTIMATE_MAX_PROMPT = 1 << 20,
	ESTIMATE_MAX_OUTPUT = 131072,
	ESTIMATE_MAX_CHOICES = 128
};
uint64_t estimate_high_prompt(const struct estimate_request *r);
uint64_t estimate_high_completion(const struct estimate_request *r);

/* Tokens of a text of that many characters, rounded up. */
uint64_t estimate_of_chars(uint64_t chars);

#endif
