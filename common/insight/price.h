/*
 * What a request cost: the usage of its reply at the rates of the model that served it,
 * in integer nano-dollars. Pure; dispatch calls it at each settle, atlasctl again when
 * it checks or asks what if.
 *
 *	struct price_request q = {model, tier, wall_ms};
 *	uint64_t nanousd;
 *	enum price_verdict v = price_compute(&q, &usage.tokens, &nanousd);
 *
 * cost = (prompt - cached) × input + cached × cached input + completion × output
 *
 * summed in pico-dollars and rounded half up to a nano-dollar once, at the end.
 * Reasoning is part of completion, cached part of prompt: neither is added. The sum
 * stops at the end of its range (some 18 million dollars) instead of wrapping.
 */
#ifndef INSIGHT_PRICE_H
#define INSIGHT_PRICE_H

#include "base/attr.h"
#include "conf/models.h"
#include "text/usage.h"

enum price_verdict {
	PRICE_EXACT,
	/* The rate was not in the catalogue and the nearest one was taken: a tier
	 * without a rate of its own, or audio tokens at the text's. */
	PRICE_ASSUMED,
	/* The model is unknown: the cost is 0 and must be shown as unpriced. */
	PRICE_UNPRICED,
};

struct price_request {
	const struct model *model; /* of models_find(), hence perhaps NULL */
	struct str tier;           /* the reply's service_tier, "" when it has none */
	uint64_t wall_ms;          /* when it was sent: a price change is no surprise */
};

enum price_verdict price_compute(const struct price_request *q,
	const struct usage_tokens *usage, uint64_t *nanousd) ATTR_UNUSED_RESULT;

#endif
