/*
 * The models and what a token of each costs, from prices.def. Prices are whole
 * pico-dollars a token; a cost is summed in them and rounded half up to a nano-dollar
 * once, at its end.
 */
#ifndef SIM_PRICES_H
#define SIM_PRICES_H

#include "tokens.h"

/* What a model is for: chat completions and responses, completions, embeddings. */
enum price_use { USE_CHAT, USE_TEXT, USE_VECTOR };

/* The service tiers a request is served by. */
enum price_tier { TIER_DEFAULT, TIER_FLEX, TIER_PRIORITY };

struct price {
	const char *name, *served;
	enum price_use use;
	uint64_t in, cached, out; /* pico-dollars a token, by default */
	bool reasons;             /* has reasoning tokens */
};

/* By name or by the dated name it is served under; NULL when unknown. */
const struct price *price_find(struct slice model);

/* Row i, or NULL behind the last. */
const struct price *price_at(size_t i);

/* The tier a model serves who asks for this one. */
enum price_tier price_tier_served(const struct price *p, enum price_tier asked);

/* "auto" is TIER_DEFAULT; false when there is no such tier. */
bool price_tier_parse(struct slice name, enum price_tier *out);
const char *price_tier_name(enum price_tier t);

/* Is this prompt in the model's long-context range? */
bool price_is_long(const struct price *p, uint64_t prompt_tokens);

/* (prompt - cached) x in + cached x cached price + completion x out, all three at the
 * tier's price, or at the long-context price where the prompt is long. */
uint64_t price_cost_nanousd(
	const struct price *p, enum price_tier tier, const struct usage *u);

#endif
