/*
 * Model catalogues: whatever the text, it is refused with FILE:LINE and a sentence, or
 * every model in it can be found and priced, and reading it again gives the same
 * version.
 */
#include "conf/models.h"

#include <string.h>

static void check_rates(const struct model_rate rates[static MODEL_TIERS])
{
	for (size_t i = 0; i < MODEL_TIERS; i++) {
		must(rates[i].input < UINT64_C(1000000000000));
		must(rates[i].cached < UINT64_C(1000000000000));
		must(rates[i].cache_write < UINT64_C(1000000000000));
		must(rates[i].output < UINT64_C(1000000000000));
		must(rates[i].audio_input < UINT64_C(1000000000000));
		must(rates[i].audio_output < UINT64_C(1000000000000));
	}
}

static void check_model(const struct models *m, const struct model *model)
{
	must(models_find(m, (struct str){model->name, strlen(model->name)}) != NULL);
	must(model->n_prices >= 1 && model->n_prices <= MODELS_PRICES_MAX);
	must(model_price_at(model, 0) == &model->price[0]);
	for (size_t i = 0; i < model->n_prices; i++) {
		const struct model_price *p = &model->price[i];
		must(model_price_at(model, p->from_ms) == p);
		must(p->usual[MODEL_TIER_DEFAULT].is_given);
		must(p->longer[MODEL_TIER_DEFAULT].is_given ==
			(p->long_from_tokens != UINT64_MAX));
		check_rates(p->usual);
		check_rates(p->longer);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = {(const char *)data, size};
	struct err e = {0};
	struct models *m = models_parse(text, "fuzz.json", &e);
	must((m == NULL) == (e.text[0] != '\0'));
	if (m == NULL) {
		must(strncmp(e.text, "fuzz.json:", 10) == 0);
		return 0;
	}
	for (size_t i = 0; i < models_count(m); i++)
		check_model(m, models_get(m, i));
	struct models *again = models_parse(text, "fuzz.json", NULL);
	must(again != NULL && models_price_version(again) == models_price_version(m));
	models_free(again);
	models_free(m);
	return 0;
}
