/* The cost of one usage, in integers. */
#include "insight/price.h"

#include "base/num.h"

enum { PICO_PER_NANO = 1000 };

static bool is_long(const struct model_price *p, uint64_t prompt_tokens)
{
	return p->longer[MODEL_TIER_DEFAULT].is_given &&
	       prompt_tokens >= p->long_from_tokens;
}

static const struct model_rate *pick_rate(
	const struct price_request *q, uint64_t prompt_tokens, bool *is_exact)
{
	const struct model_price *p = model_price_at(q->model, q->wall_ms);
	const struct model_rate *rates =
		is_long(p, prompt_tokens) ? p->longer : p->usual;
	enum model_tier tier;
	*is_exact = model_tier_parse(q->tier, &tier) && rates[tier].is_given;
	return *is_exact ? &rates[tier] : &rates[MODEL_TIER_DEFAULT];
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
	const struct usage_tokens *usage, uint64_t *nanousd)
{
	*nanousd = 0;
	if (q->model == NULL)
		return PRICE_UNPRICED;
	bool is_exact;
	const struct model_rate *rate = pick_rate(q, usage->prompt, &is_exact);
	*nanousd = to_nano(sum_up(rate, usage, &is_exact));
	return is_exact ? PRICE_EXACT : PRICE_ASSUMED;
}

static uint64_t highest_of(
	const struct model_rate *rates, uint64_t prompt, uint64_t completion)
{
	uint64_t most = 0;
	for (unsigned tier = 0; tier < MODEL_TIERS; tier++) {
		const struct model_rate *r = &rates[tier];
		uint64_t in = MAX(
			MAX(r->input, r->cached), MAX(r->cache_write, r->audio_input));
		uint64_t out = MAX(r->output, r->audio_output);
		uint64_t pico = num_mul_sat(prompt, in);
		most = MAX(most, add_product(pico, completion, out));
	}
	return most;
}

uint64_t price_highest(
	const struct price_request *q, uint64_t prompt, uint64_t completion)
{
	if (q->model == NULL)
		return 0;
	const struct model_price *p = model_price_at(q->model, q->wall_ms);
	uint64_t most = highest_of(p->usual, prompt, completion);
	if (is_long(p, prompt))
		most = MAX(most, highest_of(p->longer, prompt, completion));
	return to_nano(most);
}
