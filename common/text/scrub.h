/*
 * Takes API keys out of text that others wrote, before it is relayed or logged. OpenAI
 * names the key it refuses; some compatible servers echo the whole header.
 *
 *	n = scrub_keys(message, n);
 *
 * Pure, in place. It works on decoded text: a key spelled with JSON escapes in a raw
 * body is not seen, so relay what upstream_error_parse() gives, never the raw body.
 */
#ifndef TEXT_SCRUB_H
#define TEXT_SCRUB_H

#include "base/attr.h"

/* Replace each key ("sk-" and at least 3 of A-Z a-z 0-9 _ - * behind it; inside a word,
 * as in "ask-me-anything", at least 16) by "sk-***". Gives the length, at most n. */
size_t scrub_keys(char *p, size_t n) ATTR_UNUSED_RESULT;

#endif
