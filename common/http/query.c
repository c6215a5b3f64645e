/* Query strings, decoded pair by pair. Pure; run by the fronts. */
#include "http/query.h"

#include "http/chars.h"

/* One byte of s, decoded; false when it is malformed. *i moves behind it. */
static bool decode_byte(struct str s, size_t *i, bool plus_is_space, char *out)
{
	char c = s.p[*i];
	unsigned byte = (unsigned char)c;
	if (c == '%') {
		if (s.n - *i < 3 || !http_char_is(s.p[*i + 1], HTTP_CHAR_HEX) ||
			!http_char_is(s.p[*i + 2], HTTP_CHAR_HEX))
			return false;
		byte = http_hex_value(s.p[*i + 1]) * 16 + http_hex_value(s.p[*i + 2]);
		*i += 2;
	} else if (c == '+' && plus_is_space) {
		byte = ' ';
	}
	*i += 1;
	*out = (char)byte;
	return byte >= 0x20 && byte != 0x7f;
}

/* False when s is malformed or does not fit; *out then is not touched. */
static bool decode(
	struct str s, bool plus_is_space, char *text, size_t cap, struct str *out)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; n++) {
		char c;
		if (!decode_byte(s, &i, plus_is_space, &c) || n == cap)
			return false;
		text[n] = c;
	}
	*out = (struct str){text, n};
	return true;
}

static bool is_well_formed(struct str s)
{
	char c;
	for (size_t i = 0; i < s.n;)
		if (!decode_byte(s, &i, true, &c))
			return false;
	return true;
}

/* raw must be well formed. */
static bool decodes_to(struct str raw, struct str text)
{
	size_t n = 0;
	for (size_t i = 0; i < raw.n; n++) {
		char c;
		if (!decode_byte(raw, &i, true, &c) || n == text.n || c != text.p[n])
			return false;
	}
	return n == text.n;
}

static size_t find_byte(struct str s, char c)
{
	size_t i = 0;
	while (i < s.n && s.p[i] != c)
		i++;
	return i;
}

/* The next pair, still encoded. */
static enum http_query_result take_pair(
	struct http_query *q, struct str *key, struct str *value)
{
	if (q->rest.n == 0)
		return HTTP_QUERY_ABSENT;
	struct str pair = {q->rest.p, find_byte(q->rest, '&')};
	size_t mark = find_byte(pair, '=');
	if (mark == 0 || mark == pair.n)
		return HTTP_QUERY_MALFORMED;
	if (pair.n + 1 == q->rest.n)
		return HTTP_QUERY_MALFORMED; /* a '&' with nothing behind it */
	*key = (struct str){pair.p, mark};
	*value = (struct str){pair.p + mark + 1, pair.n - mark - 1};
	size_t step = MIN(pair.n + 1, q->rest.n);
	q->rest = (struct str){q->rest.p + step, q->rest.n - step};
	return HTTP_QUERY_FOUND;
}

enum http_query_result http_query_next(struct http_query *q, char *text, size_t cap,
	struct str *key, struct str *value)
{
	struct str raw_key, raw_value;
	enum http_query_result r = take_pair(q, &raw_key, &raw_value);
	if (r != HTTP_QUERY_FOUND)
		return r;
	if (!decode(raw_key, true, text, cap, key) ||
		!decode(raw_value, true, text + key->n, cap - key->n, value))
		return HTTP_QUERY_MALFORMED;
	return HTTP_QUERY_FOUND;
}

enum http_query_result http_query_get(
	struct str query, struct str key, char *text, size_t cap, struct str *value)
{
	struct http_query q = {query};
	struct str raw_key, raw_value, found = {NULL, 0};
	enum http_query_result r;
	bool doubled = false;
	while ((r = take_pair(&q, &raw_key, &raw_value)) == HTTP_QUERY_FOUND) {
		if (!is_well_formed(raw_key) || !is_well_formed(raw_value))
			return HTTP_QUERY_MALFORMED;
		if (!decodes_to(raw_key, key))
			continue;
		doubled = doubled || found.p != NULL;
		found = raw_value;
	}
	if (r == HTTP_QUERY_MALFORMED)
		return r;
	if (found.p == NULL)
		return HTTP_QUERY_ABSENT;
	if (doubled)
		return HTTP_QUERY_DUPLICATE;
	return decode(found, true, text, cap, value) ? HTTP_QUERY_FOUND
						     : HTTP_QUERY_MALFORMED;
}

bool http_segment_decode(struct str s, char *text, size_t cap, struct str *out)
{
	return decode(s, false, text, cap, out);
}
