/* Estimates from the few numbers the scanner found. */
#include "rate/estimate.h"

#include "base/num.h"

enum {
	CHARS_PER_TOKEN = 4,
	OUTPUT_UNKNOWN = 4096 /* of a model that nobody has described or used */
};

uint64_t estimate_of_chars(uint64_t chars)
{
	return chars / CHARS_PER_TOKEN + (chars % CHARS_PER_TOKEN != 0);
}

/* What one choice will write, as far as anybody can guess. */
static uint64_t guess(const struct estimate_request *r)
{
	if (r->writes_nothing)
		return 0;
	uint64_t most = r->model_max_tokens > 0 ? r->model_max_tokens : UINT64_MAX;
	if (r->usual_tokens > 0)
		return MIN(r->usual_tokens, most);
	return most < UINT64_MAX ? most : OUTPUT_UNKNOWN;
}

static uint64_t all_choices(const struct estimate_request *r, uint64_t tokens)
{
	return num_mul_sat(tokens, MAX(r->n_choices, 1));
}

static uint64_t provider_counts(const struct estimate_request *r)
{
	uint64_t by_chars = estimate_of_chars(r->prompt_chars);
	return MAX(MAX(r->max_tokens, by_chars), 1);
}

static uint64_t predicted(const struct estimate_request *r)
{
	uint64_t output = guess(r);
	if (r->max_tokens > 0)
		output = MIN(output, r->max_tokens);
	return MAX(
		num_add_sat(estimate_of_chars(r->prompt_chars), all_choices(r, output)),
		1);
}

/* A guess must not be what makes a request larger than a whole limit. */
static uint64_t capped(const struct estimate_request *r, uint64_t tokens, uint64_t sure)
{
	if (r->smallest_limit == 0)
		return tokens;
	return MAX(MIN(tokens, r->smallest_limit), sure);
}

uint64_t estimate_tokens(const struct estimate_request *r)
{
	uint64_t sure = provider_counts(r);
	if (r->rule == ESTIMATE_PREDICTED)
		return capped(r, predicted(r), estimate_of_chars(r->prompt_chars));
	if (r->max_tokens > 0)
		return sure;
	return capped(r, MAX(sure, all_choices(r, guess(r))), sure);
}

uint64_t estimate_counted(const struct estimate_request *r)
{
	return r->rule == ESTIMATE_PREDICTED ? estimate_tokens(r) : provider_counts(r);
}

uint64_t estimate_high_prompt(const struct estimate_request *r)
{
	uint64_t most =
		r->model_context_tokens ? r->model_context_tokens : ESTIMATE_MAX_PROMPT;
	return r->has_unseen_prompt ? MAX(r->body_bytes, most) : r->body_bytes;
}

uint64_t estimate_high_completion(const struct estimate_request *r)
{
	uint64_t most = r->model_max_tokens ? r->model_max_tokens : ESTIMATE_MAX_OUTPUT;
	if (r->max_tokens > 0)
		most = MIN(most, r->max_tokens);
	return num_mul_sat(most, MIN(MAX(r->n_choices, 1), ESTIMATE_MAX_CHOICES));
}
