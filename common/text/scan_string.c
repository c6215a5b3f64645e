/*
 * Strings of the scanner: checking one in place, and afterwards comparing or decoding
 * it. Most bytes of a prompt pass through here, so plain bytes go eight at a time and
 * code points are counted on the way, only where something other than plain stands.
 */
#include "text/scan_string.h"

#include "text/chars.h"

#include <string.h>

enum {
	ESCAPE_BYTES = 2, /* backslash and letter */
	UNICODE_BYTES = 6 /* backslash, u and four hex digits */
};

/* The byte that backslash and c stand for; 0 for none of the eight. */
static char escaped_byte(char c)
{
	switch (c) {
	case '"':
	case '\\':
	case '/':
		return c;
	case 'b':
		return '\b';
	case 'f':
		return '\f';
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	default:
		return '\0';
	}
}

/* -1 for anything but a hexadecimal digit. */
static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The code unit of the \uXXXX that begins at p; -1 when there is none. */
static int32_t unicode_escape(const char *p, size_t n)
{
	if (n < UNICODE_BYTES || p[0] != '\\' || p[1] != 'u')
		return -1;
	int32_t unit = 0;
	for (size_t i = 2; i < UNICODE_BYTES; i++) {
		int digit = hex_value(p[i]);
		if (digit < 0)
			return -1;
		unit = unit * 16 + digit;
	}
	return unit;
}

/*
 * The code point of the escape at p[0] == '\\' and, as result, its length: a surrogate
 * pair is one escape of 12 bytes, a lone surrogate stays what it is. 0 = malformed.
 */
static size_t read_escape(const char *p, size_t n, uint32_t *point)
{
	char c = n < ESCAPE_BYTES ? '\0' : escaped_byte(p[1]);
	if (c != '\0') {
		*point = (uint32_t)c;
		return ESCAPE_BYTES;
	}
	int32_t high = unicode_escape(p, n);
	if (high < 0)
		return 0;
	*point = (uint32_t)high;
	if (high < 0xd800 || high > 0xdbff)
		return UNICODE_BYTES;
	int32_t low = unicode_escape(p + UNICODE_BYTES, n - UNICODE_BYTES);
	if (low < 0xdc00 || low > 0xdfff)
		return UNICODE_BYTES;
	*point = 0x10000 + ((uint32_t)(high - 0xd800) << 10 | (uint32_t)(low - 0xdc00));
	return UNICODE_BYTES + UNICODE_BYTES;
}

/* What is wrong with the n bytes that should begin with an escape. */
static enum scan_error escape_error(const char *p, size_t n)
{
	size_t whole = n > 1 && p[1] == 'u' ? UNICODE_BYTES : ESCAPE_BYTES;
	if (n >= whole)
		return SCAN_ERROR_ESCAPE;
	for (size_t i = 2; i < n; i++)
		if (hex_value(p[i]) < 0)
			return SCAN_ERROR_ESCAPE;
	return SCAN_ERROR_CUT;
}

/* Past one byte that is not plain at *at; adds its code points less its bytes. */
static enum scan_error pass_special(struct str text, size_t *at, struct scan_token *t)
{
	const char *p = text.p + *at;
	size_t n = text.n - *at;
	if (*p == '\\') {
		uint32_t point;
		size_t length = read_escape(p, n, &point);
		if (length == 0)
			return escape_error(p, n);
		t->is_escaped = true;
		t->n_chars -= length - 1;
		*at += length;
		return SCAN_FINE;
	}
	if ((uint8_t)*p < 0x20)
		return SCAN_ERROR_CONTROL;
	size_t n_points = 0, length = chars_utf8_run(p, n, &n_points);
	if (length == 0)
		return SCAN_ERROR_UTF8;
	t->n_chars -= length - n_points;
	*at += length;
	return SCAN_FINE;
}

enum scan_error scan_string(struct str text, size_t *at, struct scan_token *t)
{
	size_t begin = ++*at;
	for (;;) {
		*at += chars_plain_run(text.p + *at, text.n - *at);
		if (*at == text.n)
			return SCAN_ERROR_CUT;
		if (text.p[*at] == '"')
			break;
		enum scan_error error = pass_special(text, at, t);
		if (error != SCAN_FINE)
			return error;
	}
	/* n_chars held what must be taken off the bytes, modulo 2^64 */
	t->raw = (struct str){text.p + begin, *at - begin};
	t->n_chars += t->raw.n;
	++*at;
	return SCAN_FINE;
}

/* Decode the first code point of raw, known to be well-formed, and step past it. */
static size_t next_point(struct str *raw, char out[static CHARS_POINT_BYTES])
{
	size_t used = 1, length = 1;
	out[0] = raw->p[0];
	if (raw->p[0] == '\\') {
		uint32_t point = 0;
		used = read_escape(raw->p, raw->n, &point);
		length = chars_encode(point, out);
	} else if ((uint8_t)raw->p[0] >= 0x80) {
		used = length = chars_sequence(raw->p, raw->n);
		memcpy(out, raw->p, length);
	}
	must(used > 0);
	raw->p += used;
	raw->n -= used;
	return length;
}

bool scan_equals(const struct scan_token *t, struct str literal)
{
	if (!t->is_escaped)
		return t->raw.n == literal.n &&
		       memcmp(t->raw.p, literal.p, literal.n) == 0;
	struct str raw = t->raw;
	char point[CHARS_POINT_BYTES];
	while (raw.n > 0 && literal.n > 0) {
		size_t n = next_point(&raw, point);
		if (n > literal.n || memcmp(point, literal.p, n) != 0)
			return false;
		literal.p += n;
		literal.n -= n;
	}
	return raw.n == 0 && literal.n == 0;
}

bool scan_text(const struct scan_token *t, char *buf, size_t cap, struct str *out)
{
	*out = (struct str){buf, 0};
	if (!t->is_escaped && t->raw.n <= cap) {
		memcpy(buf, t->raw.p, t->raw.n);
		out->n = t->raw.n;
		return true;
	}
	struct str raw = t->raw;
	char point[CHARS_POINT_BYTES];
	while (raw.n > 0) {
		size_t n = next_point(&raw, point);
		if (n > cap - out->n)
			return false;
		memcpy(buf + out->n, point, n);
		out->n += n;
	}
	return true;
}
