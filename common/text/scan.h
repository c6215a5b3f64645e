/*
 * A strict scanner for strangers' JSON (RFC 8259): one token a call, in place.
 *
 *	struct scan s;
 *	struct scan_token t;
 *	scan_init(&s, body, SCAN_MAX_DEPTH);
 *	while (scan_next(&s, &t) > SCAN_ERROR)
 *		...
 *	if (t.type == SCAN_ERROR)
 *		... scan_error_text(s.error), s.at
 *
 * It allocates nothing, does not recurse, reads each byte once and never looks behind
 * the text's length. One value with white space around it is accepted, nothing else: no
 * comments, no byte order mark, no NaN, no raw control characters, no malformed UTF-8.
 * It accepts exactly what JavaScript's JSON.parse accepts up to the depth limit, hence
 * also a lone surrogate written as an escape ("\ud800"), which decodes to U+FFFD.
 * Duplicate keys are the caller's business: only it knows which keys it reads.
 *
 * When full: nesting beyond max_depth is the error SCAN_ERROR_DEPTH.
 */
#ifndef TEXT_SCAN_H
#define TEXT_SCAN_H

#include "base/attr.h"

enum { SCAN_MAX_DEPTH = 64 }; /* one bit of struct scan's stack for each level */

/* All types above SCAN_ERROR are tokens of the text. */
enum scan_type {
	SCAN_END,   /* the value was whole and only white space followed */
	SCAN_ERROR, /* struct scan's error and at say what and where; it stays so */
	SCAN_OBJECT_BEGIN,
	SCAN_OBJECT_END,
	SCAN_ARRAY_BEGIN,
	SCAN_ARRAY_END,
	SCAN_KEY, /* its colon has been read too */
	SCAN_STRING,
	SCAN_NUMBER,
	SCAN_TRUE,
	SCAN_FALSE,
	SCAN_NULL,
};

#define SCAN_REASON(name, text) SCAN_ERROR_##name,
enum scan_error {
	SCAN_FINE,
#include "text/scan_errors.def"
	SCAN_ERROR_N
};
#undef SCAN_REASON

struct scan_token {
	enum scan_type type;
	bool is_escaped; /* KEY, STRING: raw holds at least one backslash */
	size_t offset;   /* of the token's first byte */
	struct str raw;  /* KEY, STRING: between the quotes; NUMBER: all of it */
	size_t n_chars;  /* KEY, STRING: code points when decoded */
};

enum scan_expect {
	SCAN_EXPECT_VALUE,
	SCAN_EXPECT_VALUE_OR_CLOSE,
	SCAN_EXPECT_KEY,
	SCAN_EXPECT_KEY_OR_CLOSE,
	SCAN_EXPECT_COMMA_OR_CLOSE,
	SCAN_EXPECT_END,
};

struct scan {
	struct str text;
	size_t at; /* behind the last token; after an error the offending byte */
	enum scan_error error;
	enum scan_expect expect;
	unsigned depth, max_depth;
	uint64_t objects; /* bit 0 is the innermost level: 1 = object, 0 = array */
};

/* Begin at the first byte of text, which must live as long as the tokens are used.
 * max_depth is at most SCAN_MAX_DEPTH. */
void scan_init(struct scan *s, struct str text, unsigned max_depth);

/* Fill *t with the next token and give its type. After END or ERROR: the same again. */
enum scan_type scan_next(struct scan *s, struct scan_token *t);

/* first is the first token of a value (from scan_next): read up to its end. False on an
 * error in the text. */
bool scan_skip(struct scan *s, const struct scan_token *first) ATTR_UNUSED_RESULT;

/* Whether the KEY or STRING means literal, however it is spelled ("m\u006fdel"). */
bool scan_equals(const struct scan_token *t, struct str literal) ATTR_UNUSED_RESULT;

/* The same, inline: most keys differ from most names by their length already. */
static inline bool scan_is(const struct scan_token *t, struct str literal)
{
	return (t->is_escaped || t->raw.n == literal.n) && scan_equals(t, literal);
}

/* The NUMBER as an integer. False for a fraction, an exponent, or outside int64_t. */
bool scan_int64(const struct scan_token *t, int64_t *out) ATTR_UNUSED_RESULT;

/* Decode the KEY or STRING into buf (not NUL-terminated, may hold NULs); *out views it.
 * When it does not fit, what is there ends with a whole code point, and false. */
bool scan_text(const struct scan_token *t, char *buf, size_t cap, struct str *out);

/* "a comma is missing": what is wrong, to follow a colon. */
const char *scan_error_text(enum scan_error error);

/* "an object", "a string", …: a value's type for people, from its first token. */
const char *scan_type_text(enum scan_type type);

#endif
