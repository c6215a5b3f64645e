/*
 * The model catalogue: what each model costs and can do, from etc/models.json. Loaded
 * once and at each reload, read-only from then on; dispatch prices with it, fronts
 * answer GET /v1/models from it, atlasctl shows it.
 *
 *	struct models *m = models_load("etc/models.json", e);
 *	const struct model *model = models_find(m, served_name);
 *	if (model != NULL)
 *		… model_price_at(model, wall_ms) …
 *	models_free(m);
 *
 * Prices are integers of pico-dollars (1e-12 $) a token: $1 per million tokens is
 * 1,000,000 of them, so a price with six decimals, as the smallest real one ($0.0025
 * per million), is exact. No price ever passes through floating point.
 *
 *	{"unit": "USD per million tokens",
 *	 "models": [{
 *		"name": "o3", "display": "o3", "aliases": ["o3-high"],
 *		"released": "2025-04-16",
 *		"apis": ["responses", "chat"],
 *		"context_tokens": 200000, "max_output_tokens": 100000,
 *		"prices": [
 *			{"default": {"input": 10, "cached": 2.5, "output": 40}},
 *			{"from": "2025-06-10",
 *			 "long_context_from": 100000,
 *			 "default": {"input": 2, "cached": 0.5, "output": 8,
 *				     "long": {"input": 4, "output": 12}},
 *			 "flex": {"input": 1, "cached": 0.25, "output": 4}}]}]}
 *
 * The first of apis is the one the model was made for. aliases, released, the two token counts,
 * long_context_from and all tiers but default may be left out; of a rate, cached and
 * cache_write (else: input) and the pair audio_input, audio_output (else: audio costs
 * what text does, and whoever prices it is told). A member that is unknown is an error.
 */
#ifndef CONF_MODELS_H
#define CONF_MODELS_H

#include "base/attr.h"
#include "base/err.h"

enum {
	MODELS_NAME_BYTES = 64,
	MODELS_PRICES_MAX = 8,   /* of one model, one behind the other in time */
	MODELS_NAMES_MAX = 4096, /* with aliases; one more is an error */
	MODELS_MAX_BYTES = 1 << 20,
};

enum model_api {
	MODEL_API_CHAT = 1,
	MODEL_API_RESPONSES = 2,
	MODEL_API_COMPLETIONS = 4,
	MODEL_API_EMBEDDINGS = 8,
};

/* OpenAI's service_tier, as the reply names it. */
enum model_tier {
	MODEL_TIER_DEFAULT,
	MODEL_TIER_FLEX,
	MODEL_TIER_PRIORITY, /* since July 2026 also called "fast" */
	MODEL_TIER_BATCH,
	MODEL_TIER_ULTRAFAST,
	MODEL_TIERS
};

/* Pico-dollars a token. */
struct model_rate {
	bool is_given;
	bool has_audio; /* else audio_… are those of text */
	uint64_t input, cached, cache_write, output;
	uint64_t audio_input, audio_output;
};

/* What held from one moment until the next price's. A prompt of long_from_tokens or
 * more puts the whole request at the long rates. */
struct model_price {
	uint64_t from_ms;          /* wall clock; the first price has 0 */
	uint64_t long_from_tokens; /* UINT64_MAX and no longer[] = no long rates */
	struct model_rate usual[MODEL_TIERS], longer[MODEL_TIERS];
};

struct model {
	char name[MODELS_NAME_BYTES], display[MODELS_NAME_BYTES];
	uint64_t released_ms;       /* wall clock, 0 = not known */
	unsigned apis;              /* a set of enum model_api */
	uint64_t context_tokens;    /* 0 = not known */
	uint64_t max_output_tokens; /* 0 = not known, or none */
	size_t n_prices;            /* at least one */
	struct model_price price[MODELS_PRICES_MAX];
};

struct models;

/* Read and check a catalogue. NULL on an error, with e beginning "PATH:LINE: ". Pairs
 * with models_free(), which takes NULL. */
struct models *models_load(const char *path, struct err *e) ATTR_UNUSED_RESULT;
struct models *models_parse(
	struct str text, const char *path, struct err *e) ATTR_UNUSED_RESULT;
void models_free(struct models *m);

/* The model of a name as a reply has it, NULL when the catalogue has none. In order:
 * the name or an alias; NAME of "NAME-YYYY-MM-DD"; and for the fine-tuned
 * "ft:NAME:ORGANIZATION:…" what "ft:NAME" gives, never NAME itself. */
const struct model *models_find(const struct models *m, struct str served_name);

/* All models in the file's order: 0 ≤ ix < models_count(). */
size_t models_count(const struct models *m);
const struct model *models_get(const struct models *m, size_t ix);

/* All names, aliases too: 0 ≤ ix < models_names_count(). */
size_t models_names_count(const struct models *m);
struct str models_name(const struct models *m, size_t ix);

/* XXH3 of everything that makes a price (names, aliases, dates, rates), whatever the
 * order and the layout of the file: a cost with its version can be computed again. */
uint64_t models_price_version(const struct models *m);

/* The price that holds at wall_ms. */
const struct model_price *model_price_at(const struct model *model, uint64_t wall_ms);

/* "default", "flex", "priority" or "fast", "batch", "ultrafast"; "" and "auto" are the
 * default. */
bool model_tier_parse(struct str s, enum model_tier *out) ATTR_UNUSED_RESULT;
const char *model_tier_name(enum model_tier tier);

#endif
