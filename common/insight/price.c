/* The cost of one usage, in integers. */
#include "insight/price.h"

#include "base/num.h"

enum { PICO_PER_NANO = 1000 };

static const struct model_rate *pick_rate(
	const struct price_request *q, uint64_t prompt_tokens, bool *is_exact)
{
	const struct model_price *p = model_price_at(q->model, q->wall_ms);
	bool is_long = p->longer[MODEL_TIER_DEFAULT].is_given &&
		       prompt_tokens >= p->long_from_tokens;
	const struct model_rate *rates = is_long ? p->longer : p->usual;
	enum model_tier tier;
	*is_exact = model_tier_parse(q->tier, &tier) && rates[tier].is_given;
	return *is_exact ? &rates[tier] : &rates[MODEL_TIER_DEFAULT];
}

enum price_verdict price_compute(const struct price_request *q,
	const struct usage_tokens *usage, uint64_t *nanousd)
{
	*nanousd = 0;
	if (q->model == NULL)
		return PRICE_UNPRICED;
	bool is_exact;
	const struct model_rate *rate = pick_rate(q, usage->prompt, &is_exact);
	uint64_t cached = MIN(usage->cached, usage->prompt);
	uint64_t pico = num_mul_sat(usage->prompt - cached, rate->input);
	pico = num_add_sat(pico, num_mul_sat(cached, rate->cached));
	pico = num_add_sat(pico, num_mul_sat(usage->completion, rate->output));
	*nanousd = pico / PICO_PER_NANO + (pico % PICO_PER_NANO >= PICO_PER_NANO / 2);
	if (usage->prompt_audio > 0 || usage->completion_audio > 0)
		is_exact = false;
	return is_exact ? PRICE_EXACT : PRICE_ASSUMED;
}
