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

bool delta_find(
	struct str chunk, struct str name, struct scan *s, struct scan_token *value)
{
	struct scan_token t;
	scan_init(s, chunk, SCAN_MAX_DEPTH);
	return scan_next(s, &t) == SCAN_OBJECT_BEGIN &&
	       find_member(s, STR("choices"), &t) && t.type == SCAN_ARRAY_BEGIN &&
	       scan_next(s, &t) == SCAN_OBJECT_BEGIN &&
	       find_member(s, STR("delta"), &t) && t.type == SCAN_OBJECT_BEGIN &&
	       find_member(s, name, value);
}

bool delta_content(struct str chunk, struct str *raw)
{
	struct scan s;
	struct scan_token t;
	if (!delta_find(chunk, STR("content"), &s, &t) || t.type != SCAN_STRING)
		return false;
	*raw = t.raw;
	return t.raw.n > 0;
}
