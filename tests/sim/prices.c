/* The models and what a token of each costs. */
#include "prices.h"

struct rate {
	const char *name;
	uint64_t key; /* a tier; the length of a prompt */
	uint64_t in, cached, out;
};

#define MODEL(n, s, u, i, c, o, r)                                                     \
	{.name = (n),                                                                  \
		.served = (s),                                                         \
		.use = USE_##u,                                                        \
		.in = (i),                                                             \
		.cached = (c),                                                         \
		.out = (o),                                                            \
		.reasons = (r)},
#define TIER(n, t, i, c, o)
#define LONG(n, from, i, c, o)
static const struct price rows[] = {
#include "prices.def"
};
#undef MODEL
#undef TIER

#define MODEL(n, s, u, i, c, o, r)
#define TIER(n, t, i, c, o) {(n), TIER_##t, (i), (c), (o)},
static const struct rate tiers[] = {
#include "prices.def"
};
#undef TIER
#undef LONG

#define TIER(n, t, i, c, o)
#define LONG(n, from, i, c, o) {(n), (from), (i), (c), (o)},
static const struct rate longs[] = {
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

static const struct rate *find_tier(const struct price *p, enum price_tier tier)
{
	for (size_t i = 0; i < N_ELEMENTS(tiers); i++)
		if (tiers[i].key == tier && slice_is(slice_of(p->name), tiers[i].name))
			return &tiers[i];
	return NULL;
}

static const struct rate *find_long(const struct price *p, uint64_t prompt_tokens)
{
	for (size_t i = 0; i < N_ELEMENTS(longs); i++)
		if (prompt_tokens > longs[i].key &&
			slice_is(slice_of(p->name), longs[i].name))
			return &longs[i];
	return NULL;
}

enum price_tier price_tier_served(const struct price *p, enum price_tier asked)
{
	return find_tier(p, asked) != NULL ? asked : TIER_DEFAULT;
}

static const char *const tier_names[] = {"default", "flex", "priority"};

bool price_tier_parse(struct slice name, enum price_tier *out)
{
	*out = TIER_DEFAULT;
	if (slice_is(name, "auto"))
		return true;
	for (size_t i = 0; i < N_ELEMENTS(tier_names); i++) {
		if (!slice_is(name, tier_names[i]))
			continue;
		*out = (enum price_tier)i;
		return true;
	}
	return false;
}

const char *price_tier_name(enum price_tier t)
{
	return tier_names[t];
}

bool price_is_long(const struct price *p, uint64_t prompt_tokens)
{
	return find_long(p, prompt_tokens) != NULL;
}

uint64_t price_cost_nanousd(
	const struct price *p, enum price_tier tier, const struct usage *u)
{
	struct rate rate = {p->name, 0, p->in, p->cached, p->out};
	const struct rate *other = find_long(p, u->prompt);
	if (other == NULL)
		other = find_tier(p, tier);
	if (other != NULL)
		rate = *other;
	uint64_t pico = (u->prompt - u->cached) * rate.in + u->cached * rate.cached +
			u->completion * rate.out;
	return (pico + 500) / 1000;
}
