/* The cost of one usage, in integers. */
#include "insight/price.h"

#include "base/num.h"

#include <string.h>

enum { PICO_PER_NANO = 1000 };

static bool is_long(const struct model_price *p, uint64_t prompt_tokens)
{
	return p->longer[MODEL_TIER_DEFAULT].is_given &&
	       prompt_tokens >= p->long_from_tokens;
}

/* Where in the catalogue a rate stands. */
struct pick {
	const struct model *model;
	const struct model_price *price;
	bool is_long;
	enum model_tier tier;
};

static const struct model_rate *rate_of(const struct pick *k)
{
	return k->is_long ? &k->price->longer[k->tier] : &k->price->usual[k->tier];
}

static struct pick pick_rate(
	const struct price_request *q, uint64_t prompt_tokens, bool *is_exact)
{
	const struct model_price *p = model_price_at(q->model, q->wall_ms);
	struct pick k = {q->model, p, is_long(p, prompt_tokens), MODEL_TIER_DEFAULT};
	*is_exact = model_tier_parse(q->tier, &k.tier) && rate_of(&k)->is_given;
	if (!*is_exact)
		k.tier = MODEL_TIER_DEFAULT;
	return k;
}

static void tell_rates(const struct pick *k, struct rates *by)
{
	const struct model_rate *r = rate_of(k);
	*by = (struct rates){.input = r->input,
		.cached = r->cached,
		.cache_write = r->cache_write,
		.output = r->output,
		.audio_input = r->audio_input,
		.audio_output = r->audio_output,
		.from_ms = k->price->from_ms,
		.long_from_tokens = k->price->long_from_tokens,
		.has_audio = r->has_audio,
		.tier = (uint8_t)k->tier,
		.is_long = k->is_long};
	memcpy(by->model, k->model->name, strlen(k->model->name));
}

static uint64_t add_product(uint64_t sum, uint64_t tokens, uint64_t rate)
{
	return num_add_sat(sum, num_mul_sat(tokens, rate));
}

static uint64_t to_nano(uint64_t pico)
{
	return pico / PICO_PER_NANO + (pico % PICO_PER_NANO >= PICO_PER_NANO / 2);
}

/* Pico-dollars; *is_exact becomes false where audio has no rate of its own. */
static uint64_t sum_up(
	const struct model_rate *rate, const struct usage_tokens *usage, bool *is_exact)
{
	uint64_t audio = rate->has_audio ? MIN(usage->prompt_audio, usage->prompt) : 0;
	uint64_t plain = usage->prompt - audio;
	uint64_t cached = MIN(usage->cached, plain);
	plain -= cached;
	uint64_t written = MIN(usage->cache_write, plain);
	plain -= written;
	uint64_t spoken = MIN(usage->completion_audio, usage->completion);
	if (audio > 0 && (cached < usage->cached || written < usage->cache_write))
		*is_exact = false;
	if ((usage->prompt_audio > 0 || spoken > 0) && !rate->has_audio)
		*is_exact = false;
	uint64_t pico = num_mul_sat(plain, rate->input);
	pico = add_product(pico, cached, rate->cached);
	pico = add_product(pico, written, rate->cache_write);
	pico = add_product(pico, audio, rate->audio_input);
	pico = add_product(pico, usage->completion - spoken, rate->output);
	return add_product(pico, spoken, rate->audio_output);
}

enum price_verdict price_compute(const struct price_request *q,
	const struct usage_tokens *usage, uint64_t *nanousd, struct rates *by)
{
	*nanousd = 0;
	if (by != NULL)
		*by = (struct rates){.input = 0};
	if (q->model == NULL)
		return PRICE_UNPRICED;
	bool is_exact;
	struct pick k = pick_rate(q, usage->prompt, &is_exact);
	*nanousd = to_nano(sum_up(rate_of(&k), usage, &is_exact));
	if (by != NULL)
		tell_rates(&k, by);
	return is_exact ? PRICE_EXACT : PRICE_ASSUMED;
}

static uint64_t dearest_in(const struct model_rate *r)
{
	return MAX(MAX(r->input, r->cached), MAX(r->cache_write, r->audio_input));
}

static uint64_t dearest_out(const struct model_rate *r)
{
	return MAX(r->output, r->audio_output);
}

/* Keep the dearest of them and of what *most and *at are already. */
static void look_for_dearest(
	struct pick k, const uint64_t tokens[static 2], uint64_t *most, struct pick *at)
{
	for (unsigned tier = 0; tier < MODEL_TIERS; tier++) {
		k.tier = (enum model_tier)tier;
		uint64_t pico = num_mul_sat(tokens[0], dearest_in(rate_of(&k)));
		pico = add_product(pico, tokens[1], dearest_out(rate_of(&k)));
		if (pico > *most) {
			*most = pico;
			*at = k;
		}
	}
}

/* Of whatever kind a token is. */
static void tell_dearest(const struct pick *k, struct rates *by)
{
	const struct model_rate *r = rate_of(k);
	tell_rates(k, by);
	by->input = by->cached = by->cache_write = by->audio_input = dearest_in(r);
	by->output = by->audio_output = dearest_out(r);
	by->has_audio = true;
	by->is_highest = true;
}

uint64_t price_highest(const struct price_request *q, uint64_t prompt,
	uint64_t completion, struct rates *by)
{
	const uint64_t tokens[] = {prompt, completion};
	uint64_t most = 0;
	if (by != NULL)
		*by = (struct rates){.input = 0};
	if (q->model == NULL)
		return 0;
	struct pick k = {
		.model = q->model, .price = model_price_at(q->model, q->wall_ms)};
	struct pick at = k;
	look_for_dearest(k, tokens, &most, &at);
	k.is_long = is_long(k.price, prompt);
	if (k.is_long)
		look_for_dearest(k, tokens, &most, &at);
	if (by != NULL)
		tell_dearest(&at, by);
	return to_nano(most);
}
