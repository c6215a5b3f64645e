/* The models and what a token of each costs. */
#include "prices.h"

#define PRICE(n, s, i, c, o, r)                                                        \
	{.name = (n),                                                                  \
		.served = (s),                                                         \
		.in = (i),                                                             \
		.cached = (c),                                                         \
		.out = (o),                                                            \
		.reasons = (r)},
static const struct price rows[] = {
#include "prices.def"
};

const struct price *price_at(size_t i)
{
	return i < N_ELEMENTS(rows) ? &rows[i] : NULL;
}

const struct price *price_find(struct slice model)
{
	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		if (slice_is(model, rows[i].name) || slice_is(model, rows[i].served))
			return &rows[i];
	return NULL;
}

uint64_t price_cost_nanousd(const struct price *p, const struct usage *u)
{
	return (u->prompt - u->cached) * p->in + u->cached * p->cached +
	       u->completion * p->out;
}
