/* What somebody wishes a reply to be. */
#include "wish.h"

#include <string.h>

#include "json.h"

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

/* ---- calls ---------------------------------------------------------------------- */

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

/* A separator that no name and no JSON begins with. */
enum { CALL_END = ';' };

bool wish_take_call(struct slice *text, struct slice *name, struct slice *args)
{
	const char *p = text->p, *end = p + text->n;
	while (p < end && is_name(*p))
		p++;
	*name = (struct slice){text->p, (size_t)(p - text->p)};
	*args = (struct slice){NULL, 0};
	if (name->n == 0)
		return false;
	if (p < end && *p == '(') {
		struct json j = json_read((struct slice){p + 1, (size_t)(end - p - 1)});
		if (!json_skip(&j) || json_peek(&j) != ')')
			return false;
		*args = slice_trim((struct slice){p + 1, (size_t)(j.p - p - 1)});
		p = j.p + 1;
	}
	if (p < end && *p == CALL_END)
		p++;
	*text = (struct slice){p, (size_t)(end - p)};
	return true;
}

/* One call and nothing behind it. */
static bool add_call(struct wish *w, struct slice call)
{
	struct slice rest = call, name, args;
	if (!wish_take_call(&rest, &name, &args) || rest.n > 0 ||
		w->calls_n + call.n + 1 > sizeof w->calls)
		return false;
	memcpy(w->calls + w->calls_n, call.p, call.n);
	w->calls_n += call.n;
	w->calls[w->calls_n++] = CALL_END;
	return true;
}

/* ---- words ---------------------------------------------------------------------- */

/* The value is the name's place in its list: that of an enum. */
static const struct {
	const char *key;
	enum wish_field field;
	const char *names[6];
} choices[] = {
	{"tier", WISH_TIER, {"default", "flex", "priority"}},
	{"retry_as", WISH_RETRY_AS,
		{"both", "ms", "seconds", "date", "message", "none"}},
	{"should_retry", WISH_SHOULD_RETRY, {"false", "true"}},
	{"limits", WISH_LIMITS,
		{"true", "missing", "minus-one", "zero", "project", "garbage"}},
};

/* False when the key is none of these; *ok says whether the value was. */
static bool set_choice(struct wish *w, struct slice key, struct slice value, bool *ok)
{
	size_t i = 0, k = 0;
	while (i < N_ELEMENTS(choices) && !slice_is(key, choices[i].key))
		i++;
	if (i == N_ELEMENTS(choices))
		return false;
	while (k < N_ELEMENTS(choices[i].names) && choices[i].names[k] != NULL &&
		!slice_is(value, choices[i].names[k]))
		k++;
	*ok = k < N_ELEMENTS(choices[i].names) && choices[i].names[k] != NULL;
	w->has[choices[i].field] = *ok;
	w->value[choices[i].field] = k;
	return true;
}

bool wish_set(struct wish *w, struct slice key, struct slice value)
{
	if (slice_is(key, "call"))
		return add_call(w, value);
	bool ok;
	if (set_choice(w, key, value, &ok))
		return ok;
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

/* The one word that may hold blanks. */
static bool parse_call(struct wish *w, struct slice *text)
{
	struct slice name, args, call = {text->p + 5, text->n - 5};
	struct slice rest = call;
	if (!wish_take_call(&rest, &name, &args))
		return false;
	*text = rest;
	return add_call(w, (struct slice){call.p, call.n - rest.n});
}

bool wish_parse(struct wish *w, struct slice text)
{
	for (;;) {
		while (text.n > 0 && *text.p == ' ')
			text.p++, text.n--;
		if (text.n > 5 && memcmp(text.p, "call=", 5) == 0) {
			if (!parse_call(w, &text))
				return false;
			continue;
		}
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
	if (w->calls_n == 0) {
		memcpy(w->calls, from->calls, from->calls_n);
		w->calls_n = from->calls_n;
	}
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
