/*
 * What an upstream says when it refuses: {"error":{message, type, param, code}}, as the
 * body of an error status or as one event of a stream; the Responses API has it inside
 * "response", or as an event of type "error" that has the members itself.
 *
 *	struct upstream_error u;
 *	if (upstream_error_parse(body, &u))
 *		... decide by upstream_error_words(&u).code
 *
 * Pure; dispatch runs it. Strings are decoded, bounded and rid of keys, so they may be
 * relayed and logged; the raw body may not. Too long = cut at a whole code point.
 */
#ifndef TEXT_UPSTREAM_ERROR_H
#define TEXT_UPSTREAM_ERROR_H

#include "text/apierr.h"

enum { UPSTREAM_ERROR_MESSAGE_BYTES = 1024, UPSTREAM_ERROR_WORD_BYTES = 64 };

struct upstream_error {
	char message[UPSTREAM_ERROR_MESSAGE_BYTES];
	char type[UPSTREAM_ERROR_WORD_BYTES];
	char param[UPSTREAM_ERROR_WORD_BYTES];
	char code[UPSTREAM_ERROR_WORD_BYTES];
	/* the strings' lengths, a NUL behind each; 0 = absent, null or no string */
	size_t n_message, n_type, n_param, n_code;
};

/* False when body is no JSON object with an error in one of those places that is an object
 * or, as some servers have it, a string, which is then the message. A code that is a
 * number is taken as its digits. */
bool upstream_error_parse(
	struct str body, struct upstream_error *out) ATTR_UNUSED_RESULT;

/* The strings as views into u, absent ones with p == NULL: to compare, to write. */
struct apierr_words upstream_error_words(const struct upstream_error *u);

#endif
