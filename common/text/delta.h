/*
 * What one chunk of a streamed chat completion says: a piece of the text as it stands there,
 * still escaped, so that it can go on into other JSON unread, and why it ends. Pure; run by
 * fronts.
 */
#ifndef TEXT_DELTA_H
#define TEXT_DELTA_H

#include "text/scan.h"

/* Of choices[0]; strings between their quotes, p NULL = not there, or empty. */
struct delta {
	struct str words;  /* of its delta: content, else refusal */
	struct str finish; /* finish_reason */
	bool has_calls;    /* see text/calls.h */
};

/* False = the chunk has no first choice. */
bool delta_read(struct str chunk, struct delta *out) ATTR_UNUSED_RESULT;

/* Any member of choices[0].delta: its first token, with the scanner behind that. */
bool delta_find(struct str chunk, struct str name, struct scan *s,
	struct scan_token *value) ATTR_UNUSED_RESULT;

#endif
