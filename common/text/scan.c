/*
 * The scanner's automaton: what may stand here, and what it was. Strings' meaning
 * (escapes, comparison) is in scan_string.c. Runs in front and dispatch on every body;
 * never allocates, never recurses, never reads a byte twice.
 */
#include "text/scan.h"

#include "base/num.h"
#include "text/chars.h"
#include "text/scan_string.h"

#include <string.h>

#define SCAN_REASON(name, text) [SCAN_ERROR_##name] = text,
static const char *const error_texts[SCAN_ERROR_N] = {
	[SCAN_FINE] = "nothing is wrong",
#include "text/scan_errors.def"
};
#undef SCAN_REASON

static enum scan_type fail(struct scan *s, struct scan_token *t, enum scan_error error)
{
	s->error = error;
	*t = (struct scan_token){.type = SCAN_ERROR, .offset = s->at};
	return SCAN_ERROR;
}

static bool is_at_end(const struct scan *s)
{
	return s->at == s->text.n;
}

static void skip_space(struct scan *s)
{
	size_t at = s->at;
	for (; at < s->text.n; at++) {
		char c = s->text.p[at];
		if (c > ' ' || (c != ' ' && c != '\n' && c != '\t' && c != '\r'))
			break;
	}
	s->at = at;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The byte at `at`, or a NUL, which no rule of the grammar takes, at the end. */
static char peek(struct str text, size_t at)
{
	return at < text.n ? text.p[at] : '\0';
}

static bool skip_char(struct scan *s, char c)
{
	if (peek(s->text, s->at) != c)
		return false;
	s->at++;
	return true;
}

static bool skip_digits(struct str text, size_t *at)
{
	size_t begin = *at;
	while (is_digit(peek(text, *at)))
		++*at;
	return *at > begin;
}

/* [ "-" ] ( "0" | 1*DIGIT without a leading 0 ) [ "." 1*DIGIT ] [ e [ +- ] 1*DIGIT ] */
static bool skip_number(struct str text, size_t *at)
{
	*at += peek(text, *at) == '-';
	if (peek(text, *at) == '0') {
		++*at;
		if (is_digit(peek(text, *at)))
			return false;
	} else if (!skip_digits(text, at)) {
		return false;
	}
	if (peek(text, *at) == '.') {
		++*at;
		if (!skip_digits(text, at))
			return false;
	}
	if ((peek(text, *at) | 0x20) != 'e')
		return true;
	++*at;
	*at += peek(text, *at) == '+' || peek(text, *at) == '-';
	return skip_digits(text, at);
}

/* A scalar or a whole container has been read: what may follow it. */
static enum scan_type value_done(struct scan *s, struct scan_token *t)
{
	s->expect = s->depth > 0 ? SCAN_EXPECT_COMMA_OR_CLOSE : SCAN_EXPECT_END;
	return t->type;
}

static enum scan_type read_number(struct scan *s, struct scan_token *t)
{
	size_t at = s->at;
	bool is_number = skip_number(s->text, &at);
	s->at = at;
	if (!is_number)
		return fail(s, t, is_at_end(s) ? SCAN_ERROR_CUT : SCAN_ERROR_NUMBER);
	t->type = SCAN_NUMBER;
	t->raw = (struct str){s->text.p + t->offset, s->at - t->offset};
	return value_done(s, t);
}

static enum scan_type read_string(struct scan *s, struct scan_token *t)
{
	enum scan_error error = scan_string(s->text, &s->at, t);
	if (error != SCAN_FINE)
		return fail(s, t, error);
	t->type = SCAN_STRING;
	return value_done(s, t);
}

static enum scan_type read_key(struct scan *s, struct scan_token *t)
{
	if (s->text.p[s->at] != '"')
		return fail(s, t, SCAN_ERROR_KEY);
	enum scan_error error = scan_string(s->text, &s->at, t);
	if (error != SCAN_FINE)
		return fail(s, t, error);
	skip_space(s);
	if (is_at_end(s))
		return fail(s, t, SCAN_ERROR_CUT);
	if (!skip_char(s, ':'))
		return fail(s, t, SCAN_ERROR_COLON);
	s->expect = SCAN_EXPECT_VALUE;
	t->type = SCAN_KEY;
	return SCAN_KEY;
}

static enum scan_type read_word(
	struct scan *s, struct scan_token *t, enum scan_type type, struct str word)
{
	size_t n = MIN(word.n, s->text.n - s->at);
	if (memcmp(s->text.p + s->at, word.p, n) != 0)
		return fail(s, t, SCAN_ERROR_LITERAL);
	s->at += n;
	if (n < word.n)
		return fail(s, t, SCAN_ERROR_CUT);
	t->type = type;
	return value_done(s, t);
}

static enum scan_type open_level(struct scan *s, struct scan_token *t, bool is_object)
{
	if (s->depth == s->max_depth)
		return fail(s, t, SCAN_ERROR_DEPTH);
	s->at++;
	s->depth++;
	s->objects = s->objects << 1 | is_object;
	s->expect = is_object ? SCAN_EXPECT_KEY_OR_CLOSE : SCAN_EXPECT_VALUE_OR_CLOSE;
	t->type = is_object ? SCAN_OBJECT_BEGIN : SCAN_ARRAY_BEGIN;
	return t->type;
}

static enum scan_type close_level(struct scan *s, struct scan_token *t, bool is_object)
{
	switch (s->expect) {
	case SCAN_EXPECT_END:
		return fail(s, t, SCAN_ERROR_TRAILING);
	case SCAN_EXPECT_VALUE:
		return fail(s, t, SCAN_ERROR_VALUE);
	case SCAN_EXPECT_KEY:
		return fail(s, t, SCAN_ERROR_KEY);
	default:
		break;
	}
	if ((s->objects & 1) != is_object)
		return fail(s, t, SCAN_ERROR_BRACKET);
	s->at++;
	s->depth--;
	s->objects >>= 1;
	t->type = is_object ? SCAN_OBJECT_END : SCAN_ARRAY_END;
	return value_done(s, t);
}

/* RFC 8259, 8.1: nobody may send one, so we pass none on. */
static bool begins_with_mark(const struct scan *s)
{
	static const struct str mark = STR("\xef\xbb\xbf");
	return s->at == 0 && s->text.n >= mark.n &&
	       memcmp(s->text.p, mark.p, mark.n) == 0;
}

static enum scan_type read_value(struct scan *s, struct scan_token *t)
{
	char c = s->text.p[s->at];
	switch (c) {
	case '"':
		return read_string(s, t);
	case '{':
		return open_level(s, t, true);
	case '[':
		return open_level(s, t, false);
	case 't':
		return read_word(s, t, SCAN_TRUE, STR("true"));
	case 'f':
		return read_word(s, t, SCAN_FALSE, STR("false"));
	case 'n':
		return read_word(s, t, SCAN_NULL, STR("null"));
	case ',':
	case ':':
		return fail(s, t, SCAN_ERROR_VALUE);
	default:
		if (c == '-' || is_digit(c))
			return read_number(s, t);
		return fail(s, t,
			begins_with_mark(s) ? SCAN_ERROR_MARK : SCAN_ERROR_LITERAL);
	}
}

static enum scan_type at_text_end(struct scan *s, struct scan_token *t)
{
	if (s->expect == SCAN_EXPECT_END)
		return SCAN_END;
	return fail(s, t,
		s->depth == 0 && s->expect == SCAN_EXPECT_VALUE ? SCAN_ERROR_EMPTY
								: SCAN_ERROR_CUT);
}

void scan_init(struct scan *s, struct str text, unsigned max_depth)
{
	must(max_depth <= SCAN_MAX_DEPTH);
	*s = (struct scan){.text = text, .max_depth = max_depth};
}

enum scan_type scan_next(struct scan *s, struct scan_token *t)
{
	if (s->error != SCAN_FINE)
		return fail(s, t, s->error);
	skip_space(s);
	if (s->expect == SCAN_EXPECT_COMMA_OR_CLOSE && skip_char(s, ',')) {
		s->expect = s->objects & 1 ? SCAN_EXPECT_KEY : SCAN_EXPECT_VALUE;
		skip_space(s);
	}
	*t = (struct scan_token){.type = SCAN_END, .offset = s->at};
	if (is_at_end(s))
		return at_text_end(s, t);
	char c = s->text.p[s->at];
	if (c == '}' || c == ']')
		return close_level(s, t, c == '}');
	switch (s->expect) {
	case SCAN_EXPECT_KEY:
	case SCAN_EXPECT_KEY_OR_CLOSE:
		return read_key(s, t);
	case SCAN_EXPECT_VALUE:
	case SCAN_EXPECT_VALUE_OR_CLOSE:
		return read_value(s, t);
	case SCAN_EXPECT_COMMA_OR_CLOSE:
		return fail(s, t, SCAN_ERROR_COMMA);
	case SCAN_EXPECT_END:
		break;
	}
	return fail(s, t, SCAN_ERROR_TRAILING);
}

bool scan_skip(struct scan *s, const struct scan_token *first)
{
	if (first->type != SCAN_OBJECT_BEGIN && first->type != SCAN_ARRAY_BEGIN)
		return first->type != SCAN_ERROR;
	unsigned outside = s->depth - 1;
	struct scan_token t;
	while (s->depth > outside)
		if (scan_next(s, &t) == SCAN_ERROR)
			return false;
	return true;
}

bool scan_int64(const struct scan_token *t, int64_t *out)
{
	if (t->type != SCAN_NUMBER)
		return false;
	struct str digits = t->raw;
	bool is_negative = digits.p[0] == '-';
	if (is_negative) {
		digits.p++;
		digits.n--;
	}
	uint64_t magnitude;
	if (!num_parse_u64(digits, &magnitude) ||
		magnitude > (uint64_t)INT64_MAX + is_negative)
		return false;
	*out = (int64_t)(is_negative ? 0 - magnitude : magnitude);
	return true;
}

const char *scan_error_text(enum scan_error error)
{
	must(error < SCAN_ERROR_N);
	return error_texts[error];
}

const char *scan_type_text(enum scan_type type)
{
	switch (type) {
	case SCAN_OBJECT_BEGIN:
		return "an object";
	case SCAN_ARRAY_BEGIN:
		return "an array";
	case SCAN_STRING:
		return "a string";
	case SCAN_NUMBER:
		return "a number";
	case SCAN_TRUE:
	case SCAN_FALSE:
		return "a boolean";
	case SCAN_NULL:
		return "null";
	default:
		return "something else";
	}
}
