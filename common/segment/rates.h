/*
 * The rates by which one cost came about, out of the catalogue as it was then: with the
 * tokens beside them the cost can be multiplied out again, whatever the catalogue has
 * become. insight/price.h says how; dispatch tells them in its facts, the ledger keeps
 * each of them once (store/rates_kept.h).
 */
#ifndef SEGMENT_RATES_H
#define SEGMENT_RATES_H

#include "conf/models.h"

/* Rates in pico-dollars a token. All zero = there are none: nothing was priced. Never
 * changes once told; padding is named, for equal rates are equal bytes. */
struct rates {
	uint64_t input, cached, cache_write, output;
	uint64_t audio_input, audio_output;
	uint64_t from_ms; /* wall: since when that price held; 0 = the model's first */
	uint64_t long_from_tokens; /* a prompt of so many has the long rates;
	                              UINT64_MAX = the model has none */
	uint8_t has_audio;         /* else audio tokens are priced as text */
	uint8_t tier;              /* enum model_tier, of the rates */
	uint8_t is_long;           /* they are those of long prompts */
	uint8_t is_highest; /* the dearest of all tiers and kinds, for an upper end */
	uint8_t unused[4];
	char model[MODELS_NAME_BYTES]; /* as the catalogue calls it, zeros behind it */
};

_Static_assert(sizeof(struct rates) == 72 + MODELS_NAME_BYTES, "no hidden padding");

#endif
