/*
 * What a request cost: the usage of its reply at the rates of the model that served it,
 * in integer nano-dollars. Pure; dispatch calls it at each settle, atlasctl again when
 * it checks or asks what if.
 *
 *	struct price_request q = {model, tier, wall_ms};
 *	uint64_t nanousd;
 *	enum price_verdict v = price_compute(&q, &usage.tokens, &nanousd, &rates);
 *
 * cost = plain × input + cached × cached input + cache write × cache write
 *      + audio in × audio input + text out × output + audio out × audio output
 *
 *	prompt       plain │ cached │ cache write │ audio
 *	completion   text (reasoning is in it) │ audio
 *
 * summed in pico-dollars and rounded half up to a nano-dollar once, at the end. The parts
 * of a total are disjoint: usage does not say which of the cached tokens were audio, so
 * audio is taken off first and the others are cut to what is left, which is then said.
 * A cache write is priced at the rate of the short retention; usage names no other. The
 * sum stops at the end of its range (some 18 million dollars) instead of wrapping.
 *
 * Not in it: what is not counted in tokens (tool calls, images, searches, hours of
 * storage) and surcharges for a region.
 */
#ifndef INSIGHT_PRICE_H
#define INSIGHT_PRICE_H

#include "base/attr.h"
#include "conf/models.h"
#include "segment/rates.h"
#include "text/usage.h"

enum price_verdict {
	PRICE_EXACT,
	/* A rate was not in the catalogue and the nearest one was taken: a tier without
	 * a rate of its own, audio tokens at the text's, cached audio at the audio's. */
	PRICE_ASSUMED,
	/* The model is unknown: the cost is 0 and must be shown as unpriced. */
	PRICE_UNPRICED,
};

struct price_request {
	const struct model *model; /* of models_find(), hence perhaps NULL */
	struct str tier;           /* the reply's service_tier, "" when it has none */
	uint64_t wall_ms;          /* when it was sent: a price change is no surprise */
};

/* by: the rates it came about by, all zero when the model is unknown; NULL = nobody asks,
 * here and below. */
enum price_verdict price_compute(const struct price_request *q,
	const struct usage_tokens *usage, uint64_t *nanousd,
	struct rates *by) ATTR_UNUSED_RESULT;

/* The most that prompt and completion tokens can come to, whichever tier serves them and
 * of whatever kind they are; 0 when the model is unknown. q's tier is not looked at: what
 * is billed is the tier that the answer names, and nobody promises that it is the one
 * asked for, or a cheaper one. */
uint64_t price_highest(const struct price_request *q, uint64_t prompt,
	uint64_t completion, struct rates *by);

#endif
