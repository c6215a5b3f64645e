/*
 * The models and what a token of each costs, from prices.def. Money is whole nano-dollars:
 * every listed price per token is one, so a cost is exact.
 */
#ifndef SIM_PRICES_H
#define SIM_PRICES_H

#include "tokens.h"

struct price {
	const char *name, *served;
	uint64_t in, cached, out; /* nano-dollars a token */
	bool reasons;             /* has reasoning tokens */
};

/* By name or by the dated name it is served under; NULL when unknown. */
const struct price *price_find(struct slice model);

/* Row i, or NULL behind the last. */
const struct price *price_at(size_t i);

/* (prompt - cached) x in + cached x cached price + completion x out. */
uint64_t price_cost_nanousd(const struct price *p, const struct usage *u);

#endif
