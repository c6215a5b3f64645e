/* A table of sketches by model. */
#include "decide/history.h"

#include <stdio.h>
#include <string.h>

static bool is_of(const struct history *h, size_t i, const char *model)
{
	return strncmp(h->of[i].model, model, HISTORY_NAME_BYTES - 1) == 0;
}

/* Its row, or the one that knows least. */
static size_t find(const struct history *h, const char *model)
{
	size_t least = 0;
	for (size_t i = 0; i < HISTORY_MODELS; i++) {
		if (is_of(h, i, model))
			return i;
		if (quantile_count(&h->of[i].written) <
			quantile_count(&h->of[least].written))
			least = i;
	}
	return least;
}

void history_note(struct history *h, const char *model, uint64_t tokens)
{
	size_t i = find(h, model);
	if (!is_of(h, i, model)) {
		h->of[i].written = (struct quantile){0};
		snprintf(h->of[i].model, sizeof h->of[i].model, "%s", model);
	}
	quantile_add(&h->of[i].written, tokens);
}

uint64_t history_usual(const struct history *h, const char *model)
{
	size_t i = find(h, model);
	if (!is_of(h, i, model) || quantile_count(&h->of[i].written) < HISTORY_ENOUGH)
		return 0;
	return MAX(quantile_at(&h->of[i].written, HISTORY_PERMILLE), 1);
}
