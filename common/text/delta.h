/*
 * The piece of text in one chunk of a streamed chat completion, as it stands there: still
 * escaped, so that it can go on into other JSON unread. Pure; run by fronts.
 */
#ifndef TEXT_DELTA_H
#define TEXT_DELTA_H

#include "text/scan.h"

/* choices[0].delta.content of a chunk's JSON, between its quotes; false = it has none. */
bool delta_content(struct str chunk, struct str *raw) ATTR_UNUSED_RESULT;

/* Any member of it: its first token, with the scanner behind that. */
bool delta_find(struct str chunk, struct str name, struct scan *s,
	struct scan_token *value) ATTR_UNUSED_RESULT;

#endif
