/* Chunks of a chat completion. */
#include "text/delta.h"

/* The value of that key in the object whose "{" has just been read. */
static bool find_member(struct scan *s, struct str name, struct scan_token *value)
{
	struct scan_token key;
	while (scan_next(s, &key) == SCAN_KEY) {
		bool is_it = scan_is(&key, name);
		if (scan_next(s, value) <= SCAN_ERROR)
			return false;
		if (is_it)
			return true;
		if (!scan_skip(s, value))
			return false;
	}
	return false;
}

static bool find_choice(struct str chunk, struct scan *s)
{
	struct scan_token t;
	scan_init(s, chunk, SCAN_MAX_DEPTH);
	return scan_next(s, &t) == SCAN_OBJECT_BEGIN &&
	       find_member(s, STR("choices"), &t) && t.type == SCAN_ARRAY_BEGIN &&
	       scan_next(s, &t) == SCAN_OBJECT_BEGIN;
}

bool delta_find(
	struct str chunk, struct str name, struct scan *s, struct scan_token *value)
{
	struct scan_token t;
	return find_choice(chunk, s) && find_member(s, STR("delta"), &t) &&
	       t.type == SCAN_OBJECT_BEGIN && find_member(s, name, value);
}

static void keep_string(const struct scan_token *v, struct str *to)
{
	if (v->type == SCAN_STRING && v->raw.n > 0)
		*to = v->raw;
}

static bool read_delta(struct scan *s, struct delta *d)
{
	struct scan_token key, v;
	while (scan_next(s, &key) == SCAN_KEY) {
		if (scan_next(s, &v) <= SCAN_ERROR)
			return false;
		if (scan_is(&key, STR("content")) ||
			(scan_is(&key, STR("refusal")) && d->words.p == NULL))
			keep_string(&v, &d->words);
		else if (scan_is(&key, STR("tool_calls")))
			d->has_calls = v.type == SCAN_ARRAY_BEGIN;
		if (!scan_skip(s, &v))
			return false;
	}
	return key.type == SCAN_OBJECT_END;
}

bool delta_read(struct str chunk, struct delta *out)
{
	struct scan s;
	struct scan_token key, v;
	*out = (struct delta){.has_calls = false};
	if (!find_choice(chunk, &s))
		return false;
	while (scan_next(&s, &key) == SCAN_KEY) {
		if (scan_next(&s, &v) <= SCAN_ERROR)
			return false;
		if (scan_is(&key, STR("delta")) && v.type == SCAN_OBJECT_BEGIN) {
			if (!read_delta(&s, out))
				return false;
			continue;
		}
		if (scan_is(&key, STR("finish_reason")))
			keep_string(&v, &out->finish);
		if (!scan_skip(&s, &v))
			return false;
	}
	return key.type == SCAN_OBJECT_END;
}
