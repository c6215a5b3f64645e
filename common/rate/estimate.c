/* Estimates from the few numbers the scanner found. */
#include "rate/estimate.h"

#include "base/num.h"

enum { CHARS_PER_TOKEN = 4 };

uint64_t estimate_of_chars(uint64_t chars)
{
	return chars / CHARS_PER_TOKEN + (chars % CHARS_PER_TOKEN != 0);
}

uint64_t estimate_tokens(const struct estimate_request *r)
{
	uint64_t by_chars = estimate_of_chars(r->prompt_chars);
	return MAX(MAX(r->max_tokens, by_chars), 1);
}

uint64_t estimate_high_prompt(const struct estimate_request *r)
{
	uint64_t most =
		r->model_context_tokens ? r->model_context_tokens : ESTIMATE_MAX_PROMPT;
	return r->has_unseen_prompt ? MAX(r->body_bytes, most) : r->body_bytes;
}

uint64_t estimate_high_completion(const struct estimate_request *r)
{
	uint64_t most = r->max_tokens ? r->max_tokens : r->model_max_tokens;
	return num_mul_sat(most ? most : ESTIMATE_MAX_OUTPUT, MAX(r->n_choices, 1));
}
