/* A table of sketches by model. */
#include "decide/history.h"

#include "base/num.h"

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

/* Of a few the longest, as many times as it would take of them to be enough: the first
 * answer says ten times as much as it wrote, the fifth twice. */
static uint64_t usual_of_few(const struct quantile *q, uint32_t n)
{
	return num_mul_sat(quantile_at(q, 1000), HISTORY_ENOUGH) / n;
}

static uint64_t usual_of(const struct quantile *q)
{
	uint32_t n = quantile_count(q);
	if (n == 0)
		return 0;
	return MAX(n < HISTORY_ENOUGH ? usual_of_few(q, n)
				      : quantile_at(q, HISTORY_PERMILLE),
		1);
}

uint64_t history_usual(const struct history *h, const char *model)
{
	size_t i = find(h, model);
	return is_of(h, i, model) ? usual_of(&h->of[i].written) : 0;
}

bool history_is_empty(const struct history *h)
{
	for (size_t i = 0; i < HISTORY_MODELS; i++)
		if (quantile_count(&h->of[i].written) > 0)
			return false;
	return true;
}

void history_tell(const struct history *h, struct history_told *out)
{
	out->n = 0;
	for (size_t i = 0; i < HISTORY_MODELS; i++) {
		uint64_t usual = usual_of(&h->of[i].written);
		if (usual == 0)
			continue;
		memcpy(out->of[out->n].model, h->of[i].model, HISTORY_NAME_BYTES);
		out->of[out->n++].usual = usual;
	}
}

uint64_t history_told_usual(const struct history_told *t, const char *model)
{
	for (uint64_t i = 0; i < MIN(t->n, (uint64_t)HISTORY_MODELS); i++)
		if (strncmp(t->of[i].model, model, HISTORY_NAME_BYTES - 1) == 0)
			return t->of[i].usual;
	return 0;
}
