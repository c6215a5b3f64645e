/* Rules about money: what the same traffic would cost otherwise. */
#include "insight/advice_rules.h"

#include "base/num.h"
#include "insight/price.h"

#include <stdio.h>
#include <string.h>

enum {
	SAVES_LEAST_PERCENT = 5, /* of the period's cost, to be worth a word */
	SHORT_ANSWER_TOKENS = 200,
	CACHED_FROM_TOKENS = 1024, /* shorter prompts are never cached */
	CACHED_LITTLE_PERCENT = 20,
	CACHED_WELL_PERCENT = 50 /* what a stable beginning of prompts brings */
};

static uint64_t mean(uint64_t sum, uint64_t n)
{
	return num_nearest(sum, 1, n);
}

static bool is_worth_it(const struct advice_facts *f, uint64_t saves)
{
	return saves > 0 && advice_reaches(saves, f->survey->total.cost_nanousd,
				    SAVES_LEAST_PERCENT);
}

/* What as many average requests would cost; 0 = not known. Not the sums at once: so long
 * a prompt would be at the rates of long contexts. */
static uint64_t cost_at(const struct advice_facts *f, const struct model *model,
	const struct totals *t, uint64_t cached)
{
	uint64_t nanousd;
	struct price_request q = {
		.model = model, .tier = STR(""), .wall_ms = f->now_ms};
	struct usage_tokens usage = {.prompt = mean(t->prompt_tokens, t->requests),
		.completion = mean(t->completion_tokens, t->requests),
		.cached = mean(cached, t->requests)};
	if (price_compute(&q, &usage, &nanousd, NULL) == PRICE_UNPRICED)
		return 0;
	return num_mul_sat(nanousd, t->requests);
}

/* The same part of what was surely spent: what nobody knows to have been cannot be saved. */
static uint64_t saved_of(const struct totals *t, uint64_t own, uint64_t other)
{
	return num_nearest(num_sub_sat(t->cost_nanousd, t->unknown_nanousd),
		num_sub_sat(own, other), own);
}

/* NAME-mini or NAME-nano, of a name without its date. */
static const struct model *sibling(const struct models *models, const struct model *m)
{
	static const char *const smaller[] = {"mini", "nano"};
	char name[MODELS_NAME_BYTES + 8];
	for (size_t i = 0; i < N_ELEMENTS(smaller); i++) {
		snprintf(name, sizeof name, "%s-%s", m->name, smaller[i]);
		const struct model *s =
			models_find(models, (struct str){name, strlen(name)});
		if (s != NULL)
			return s;
	}
	return NULL;
}

static uint64_t saved_by_sibling(
	const struct advice_facts *f, const struct group *x, const struct model **found)
{
	const struct totals *t = &x->totals;
	const struct model *m =
		models_find(f->models, (struct str){x->name, x->n_name});
	if (m == NULL || t->requests < ADVICE_LEAST ||
		mean(t->completion_tokens, t->requests) > SHORT_ANSWER_TOKENS ||
		(*found = sibling(f->models, m)) == NULL)
		return 0;
	uint64_t own = cost_at(f, m, t, t->cached_tokens);
	uint64_t other = cost_at(f, *found, t, t->cached_tokens);
	return other > 0 ? saved_of(t, own, other) : 0;
}

bool advise_cheaper_model(const struct advice_facts *f, struct advice *a)
{
	const struct groups *models = f->survey->by[DIM_MODEL];
	const struct group *best = NULL;
	const struct model *to = NULL, *other;
	for (uint32_t i = 0; i < groups_listed(models); i++) {
		uint64_t saves = saved_by_sibling(f, groups_at(models, i), &other);
		if (saves <= a->saves_nanousd)
			continue;
		a->saves_nanousd = saves;
		best = groups_at(models, i);
		to = other;
	}
	if (best == NULL || !is_worth_it(f, a->saves_nanousd))
		return false;
	uint64_t tokens = mean(best->totals.completion_tokens, best->totals.requests);
	advice_note(a, "requests", ADVICE_COUNT, best->totals.requests);
	advice_note(a, "tokens_an_answer", ADVICE_TOKENS, tokens);
	advice_say(a,
		"try %s where %s answers in few words: its %llu requests wrote %s%llu "
		"tokens each on average",
		to->name, best->name, (unsigned long long)best->totals.requests,
		best->totals.unknown_requests > 0 ? "at most " : "",
		(unsigned long long)tokens);
	return true;
}

/* If half of the prompts' tokens were read from the cache. */
static uint64_t saved_by_cache(const struct advice_facts *f, const struct group *x)
{
	const struct totals *t = &x->totals;
	const struct model *m =
		models_find(f->models, (struct str){x->name, x->n_name});
	if (m == NULL || t->requests < ADVICE_LEAST ||
		mean(t->prompt_tokens, t->requests) < CACHED_FROM_TOKENS ||
		advice_reaches(
			t->cached_tokens, t->prompt_tokens, CACHED_LITTLE_PERCENT))
		return 0;
	uint64_t well = t->prompt_tokens / 100 * CACHED_WELL_PERCENT;
	return saved_of(t, cost_at(f, m, t, t->cached_tokens), cost_at(f, m, t, well));
}

bool advise_caching(const struct advice_facts *f, struct advice *a)
{
	const struct groups *models = f->survey->by[DIM_MODEL];
	const struct group *best = NULL;
	for (uint32_t i = 0; i < groups_listed(models); i++) {
		uint64_t saves = saved_by_cache(f, groups_at(models, i));
		if (saves <= a->saves_nanousd)
			continue;
		a->saves_nanousd = saves;
		best = groups_at(models, i);
	}
	if (best == NULL || !is_worth_it(f, a->saves_nanousd))
		return false;
	const struct totals *t = &best->totals;
	advice_note(a, "tokens_a_prompt", ADVICE_TOKENS,
		mean(t->prompt_tokens, t->requests));
	advice_note(a, "cached", ADVICE_PERCENT,
		num_percent(t->cached_tokens, t->prompt_tokens));
	advice_say(a,
		"begin the prompts for %s with what is always the same: they have %llu "
		"tokens on average, and only %llu %% of them are read from the cache",
		best->name, (unsigned long long)a->figure[0].value,
		(unsigned long long)a->figure[1].value);
	return true;
}
