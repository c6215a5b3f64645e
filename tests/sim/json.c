/* A strict JSON reader: a cursor, no tree, no allocation, no recursion. */
#include "json.h"

#include <string.h>

enum { JSON_DEPTH = 256 };

struct json json_read(struct slice text)
{
	return (struct json){.p = text.p, .end = text.p + text.n};
}

static bool fail(struct json *j)
{
	j->bad = true;
	j->p = j->end;
	return false;
}

static void skip_blanks(struct json *j)
{
	while (j->p < j->end &&
		(*j->p == ' ' || *j->p == '\n' || *j->p == '\r' || *j->p == '\t'))
		j->p++;
}

char json_peek(struct json *j)
{
	skip_blanks(j);
	return j->p < j->end ? *j->p : '\0';
}

static bool take(struct json *j, char c)
{
	if (json_peek(j) != c)
		return false;
	j->p++;
	return true;
}

/* Eight bytes at once that need no look: ASCII, no quote, backslash or control. */
static bool is_plain8(const char *p)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), high = ones << 7;
	uint64_t w;
	memcpy(&w, p, 8);
	uint64_t quote = w ^ ones * '"', slash = w ^ ones * '\\';
	uint64_t zero = (quote - ones) & ~quote;
	zero |= (slash - ones) & ~slash;
	return ((zero | (w - ones * 0x20) | w) & high) == 0;
}

/* The length of the UTF-8 sequence at p, or 0 when there is none (RFC 3629). */
static size_t utf8_length(const unsigned char *p, size_t left)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t n;
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		n = 2;
	else if (p[0] >= 0xe0 && p[0] <= 0xef)
		n = 3;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		n = 4;
	else
		return 0;
	if (p[0] == 0xe0)
		low = 0xa0;
	if (p[0] == 0xed)
		high = 0x9f;
	if (p[0] == 0xf0)
		low = 0x90;
	if (p[0] == 0xf4)
		high = 0x8f;
	if (left < n || p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++)
		if (p[i] < 0x80 || p[i] > 0xbf)
			return 0;
	return n;
}

static bool is_hex4(const char *p)
{
	for (int i = 0; i < 4; i++)
		if (p[i] == '\0' || strchr("0123456789abcdefABCDEF", p[i]) == NULL)
			return false;
	return true;
}

/* The length of the escape at p (a backslash), or 0. */
static size_t escape_length(const char *p, size_t left)
{
	if (left < 2 || p[1] == '\0')
		return 0;
	if (p[1] == 'u')
		return left >= 6 && is_hex4(p + 2) ? 6 : 0;
	return strchr("\"\\/bfnrt", p[1]) != NULL ? 2 : 0;
}

bool json_string(struct json *j, struct slice *raw)
{
	if (!take(j, '"'))
		return fail(j);
	const char *start = j->p, *p = start;
	for (;;) {
		while (j->end - p >= 8 && is_plain8(p))
			p += 8;
		if (p == j->end)
			return fail(j);
		unsigned char c = (unsigned char)*p;
		size_t left = (size_t)(j->end - p), n = 1;
		if (c == '"')
			break;
		if (c == '\\')
			n = escape_length(p, left);
		else if (c >= 0x80)
			n = utf8_length((const unsigned char *)p, left);
		else if (c < 0x20)
			n = 0;
		if (n == 0)
			return fail(j);
		p += n;
	}
	*raw = (struct slice){start, (size_t)(p - start)};
	j->p = p + 1;
	return true;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static const char *over_digits(const char *p, const char *end)
{
	while (p < end && is_digit(*p))
		p++;
	return p;
}

/* The end of the number at p, or NULL. */
static const char *number_end(const char *p, const char *end)
{
	if (p < end && *p == '-')
		p++;
	const char *q = over_digits(p, end);
	if (q == p || (*p == '0' && q - p > 1))
		return NULL;
	if (q < end && *q == '.') {
		p = q + 1;
		q = over_digits(p, end);
		if (q == p)
			return NULL;
	}
	if (q < end && (*q == 'e' || *q == 'E')) {
		p = q + 1;
		if (p < end && (*p == '+' || *p == '-'))
			p++;
		q = over_digits(p, end);
		if (q == p)
			return NULL;
	}
	return q;
}

bool json_scalar(struct json *j, struct slice *raw)
{
	static const char *const literals[] = {"true", "false", "null"};
	char c = json_peek(j);
	const char *stop = NULL;
	if (c == '-' || is_digit(c))
		stop = number_end(j->p, j->end);
	for (size_t i = 0; i < N_ELEMENTS(literals); i++) {
		size_t n = strlen(literals[i]);
		if ((size_t)(j->end - j->p) >= n && memcmp(j->p, literals[i], n) == 0)
			stop = j->p + n;
	}
	if (stop == NULL)
		return fail(j);
	*raw = (struct slice){j->p, (size_t)(stop - j->p)};
	j->p = stop;
	return true;
}

bool json_enter(struct json *j, char bracket)
{
	j->fresh = true;
	return take(j, bracket) || fail(j);
}

/* The comma between two, or the closing bracket behind the last. */
static bool goes_on(struct json *j, char close)
{
	bool first = j->fresh;
	j->fresh = false;
	if (take(j, close))
		return false;
	return first || take(j, ',') || fail(j);
}

bool json_member(struct json *j, struct slice *key)
{
	if (j->bad || !goes_on(j, '}'))
		return false;
	return json_string(j, key) && (take(j, ':') || fail(j));
}

bool json_item(struct json *j)
{
	if (j->bad || !goes_on(j, ']'))
		return false;
	return json_peek(j) != '\0' || fail(j);
}

bool json_skip(struct json *j)
{
	bool in_object[JSON_DEPTH];
	size_t depth = 0;
	struct slice ignored;
	do {
		char c = json_peek(j);
		if (c == '{' || c == '[') {
			if (depth == JSON_DEPTH)
				return fail(j);
			in_object[depth++] = c == '{';
			json_enter(j, c);
		} else if (c == '"' ? !json_string(j, &ignored)
				    : !json_scalar(j, &ignored)) {
			return false;
		}
		while (depth > 0 && !(in_object[depth - 1] ? json_member(j, &ignored)
							   : json_item(j)))
			depth--;
	} while (depth > 0);
	return !j->bad;
}

bool json_done(struct json *j)
{
	return json_peek(j) == '\0' && j->p == j->end && !j->bad;
}

/* Bytes that begin a character, eight at a time: all but 10xxxxxx. */
static size_t count_starts(struct slice s)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	size_t n = 0, i = 0;
	for (; i + 8 <= s.n; i += 8) {
		uint64_t w;
		memcpy(&w, s.p + i, 8);
		n += 8 - (size_t)((w >> 7 & ~(w >> 6) & ones) * ones >> 56);
	}
	for (; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

size_t json_chars(struct slice raw)
{
	size_t n = count_starts(raw);
	const char *p = raw.p, *end = raw.p + raw.n;
	while (p < end && (p = memchr(p, '\\', (size_t)(end - p))) != NULL) {
		size_t length = escape_length(p, (size_t)(end - p));
		n -= length - 1;
		p += length;
	}
	return n;
}
