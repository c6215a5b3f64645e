/* Keys out of text, in place: what is written is never longer than what is read. */
#include "text/scrub.h"

#include <string.h>

static const char prefix[] = "sk-";
static const char masked[] = "sk-***";

enum {
	PREFIX_BYTES = sizeof prefix - 1,
	MASKED_BYTES = sizeof masked - 1,
	MIN_KEY_BYTES = MASKED_BYTES - PREFIX_BYTES, /* so that a mask always fits */
	MIN_KEY_BYTES_IN_WORD = 16
};

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9');
}

static bool is_key(char c)
{
	return is_word(c) || c == '-' || c == '_' || c == '*';
}

/* The length of the key that begins at p[at]; 0 when none does. */
static size_t key_length(const char *p, size_t at, size_t n)
{
	if (n - at < PREFIX_BYTES || memcmp(p + at, prefix, PREFIX_BYTES) != 0)
		return 0;
	size_t end = at + PREFIX_BYTES;
	while (end < n && is_key(p[end]))
		end++;
	bool is_in_word = at > 0 && is_word(p[at - 1]);
	size_t least = is_in_word ? MIN_KEY_BYTES_IN_WORD : MIN_KEY_BYTES;
	return end - at - PREFIX_BYTES < least ? 0 : end - at;
}

size_t scrub_keys(char *p, size_t n)
{
	size_t out = 0;
	for (size_t at = 0; at < n;) {
		size_t length = key_length(p, at, n);
		if (length == 0) {
			p[out++] = p[at++];
			continue;
		}
		memcpy(p + out, masked, MASKED_BYTES);
		out += MASKED_BYTES;
		at += length;
	}
	return out;
}
