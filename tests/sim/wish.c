/* What somebody wishes a reply to be. */
#include "wish.h"

#include <string.h>

/* value = number × scale, cut to an integer. */
static const struct {
	const char *key;
	enum wish_field field;
	double scale;
} keys[] = {
	{"ttft", WISH_TTFT_MS, 1},
	{"ttft_ms", WISH_TTFT_MS, 1},
	{"tps", WISH_MILLI_TPS, 1000},
	{"retry_after", WISH_RETRY_AFTER_MS, 1000},
	{"tokens", WISH_TOKENS, 1},
	{"prompt", WISH_PROMPT, 1},
	{"cached", WISH_CACHED, 1},
	{"reasoning", WISH_REASONING, 1},
};

bool wish_set(struct wish *w, struct slice key, struct slice value)
{
	if (slice_is(key, "mode")) {
		uint64_t arg = 0;
		bool has_arg;
		w->mode = mode_find(value, &arg, &has_arg);
		w->has[WISH_ARG] = has_arg;
		w->value[WISH_ARG] = arg;
		return w->mode != NULL;
	}
	for (size_t i = 0; i < N_ELEMENTS(keys); i++) {
		double number;
		if (!slice_is(key, keys[i].key))
			continue;
		if (!parse_double(value, &number) || number > 1e9)
			return false;
		w->value[keys[i].field] = (uint64_t)(number * keys[i].scale + 0.5);
		w->has[keys[i].field] = true;
		return true;
	}
	return false;
}

bool wish_parse(struct wish *w, struct slice text)
{
	for (;;) {
		struct slice word = slice_word(&text);
		if (word.n == 0)
			return true;
		struct slice key = SLICE("mode"), value = word;
		const char *equals = memchr(word.p, '=', word.n);
		if (equals != NULL) {
			key = (struct slice){word.p, (size_t)(equals - word.p)};
			value = (struct slice){equals + 1, word.n - key.n - 1};
		}
		if (!wish_set(w, key, value))
			return false;
	}
}

void wish_fill(struct wish *w, const struct wish *from)
{
	bool takes_mode = w->mode == NULL;
	if (takes_mode)
		w->mode = from->mode;
	for (size_t i = 0; i < WISH_FIELDS; i++) {
		/* a number belongs to the mode it was given with */
		bool open = i == WISH_ARG ? takes_mode : !w->has[i];
		if (!open)
			continue;
		w->has[i] = from->has[i];
		w->value[i] = from->value[i];
	}
}

uint64_t wish_get(const struct wish *w, enum wish_field field, uint64_t fallback)
{
	return w->has[field] ? w->value[field] : fallback;
}
