/* Phrases in a body. */
#include "text/phrase.h"

#include "text/scan.h"

#include <stdlib.h>
#include <strings.h>

static bool contains(struct str text, struct str phrase)
{
	for (; text.n >= phrase.n && phrase.n > 0; text.p++, text.n--)
		if (strncasecmp(text.p, phrase.p, phrase.n) == 0)
			return true;
	return false;
}

static bool contains_any(struct str text, const struct str *phrases, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (contains(text, phrases[i]))
			return true;
	return false;
}

bool phrase_is_in(struct str body, const struct str *phrases, size_t n)
{
	struct scan s;
	struct scan_token t = {0};
	char *decoded = NULL;
	bool is_in = false;
	scan_init(&s, body, SCAN_MAX_DEPTH);
	while (!is_in && scan_next(&s, &t) > SCAN_ERROR) {
		struct str text = t.raw;
		if (t.type != SCAN_STRING)
			continue;
		if (t.is_escaped) {
			if (decoded == NULL)
				decoded = malloc(body.n);
			must(decoded != NULL);
			must(scan_text(&t, decoded, body.n, &text));
		}
		is_in = contains_any(text, phrases, n);
	}
	free(decoded);
	return is_in || (t.type == SCAN_ERROR && contains_any(body, phrases, n));
}
