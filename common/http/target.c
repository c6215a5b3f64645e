/* Request targets, taken apart. Pure; run by the fronts; decodes nothing. */
#include "http/target.h"

#include "http/chars.h"

#include <string.h>

static struct http_span span(size_t at, size_t n)
{
	return (struct http_span){(uint16_t)at, (uint16_t)n};
}

static bool escape_at(struct str s, size_t i, unsigned *byte)
{
	if (s.n - i < 3 || !http_char_is(s.p[i + 1], HTTP_CHAR_HEX) ||
		!http_char_is(s.p[i + 2], HTTP_CHAR_HEX))
		return false;
	*byte = http_hex_value(s.p[i + 1]) * 16 + http_hex_value(s.p[i + 2]);
	return true;
}

/* %00 is refused here, once for all, because what follows it vanishes for anything that
 * takes the decoded text for a C string. */
static bool escapes_are_sound(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned byte;
		if (s.p[i] == '%' && (!escape_at(s, i, &byte) || byte == 0))
			return false;
	}
	return true;
}

static size_t find_byte(struct str s, size_t from, char c)
{
	while (from < s.n && s.p[from] != c)
		from++;
	return from;
}

bool http_authority_split(
	const char *p, struct http_span where, struct http_span *host, uint16_t *port)
{
	struct str s = http_str(p, where);
	size_t end = 0;
	if (s.n > 0 && s.p[0] == '[') {
		end = find_byte(s, 0, ']');
		if (end == s.n || end == 1)
			return false;
		for (size_t i = 1; i < end; i++)
			if (!http_char_is(s.p[i], HTTP_CHAR_HEX) && s.p[i] != ':' &&
				s.p[i] != '.')
				return false;
		end++;
	} else {
		while (end < s.n && http_char_is(s.p[end], HTTP_CHAR_HOST))
			end++;
	}
	if (end == 0)
		return false;
	unsigned number = 0;
	if (end < s.n) {
		if (s.p[end] != ':' || s.n - end < 2 || s.n - end > 6)
			return false;
		for (size_t i = end + 1; i < s.n; i++) {
			if (!http_char_is(s.p[i], HTTP_CHAR_DIGIT))
				return false;
			number = number * 10 + http_hex_value(s.p[i]);
		}
		if (number == 0 || number > UINT16_MAX)
			return false;
	}
	*host = span(where.at, end);
	*port = (uint16_t)number;
	return true;
}

/* The target from path_at on is a path and perhaps a query. */
static void split_query(struct http_head *h, struct str target, size_t path_at)
{
	size_t mark = find_byte(target, path_at, '?');
	h->path = span(h->target.at + path_at, mark - path_at);
	if (mark < target.n)
		h->query = span(h->target.at + mark + 1, target.n - mark - 1);
}

static size_t scheme_bytes(struct str target)
{
	if (target.n >= 7 &&
		http_equal_nocase((struct str){target.p, 7}, STR("http://")))
		return 7;
	if (target.n >= 8 &&
		http_equal_nocase((struct str){target.p, 8}, STR("https://")))
		return 8;
	return 0;
}

static enum http_verdict split_absolute(struct http_head *h, const char *p)
{
	struct str t = http_str(p, h->target);
	size_t scheme = scheme_bytes(t);
	if (scheme == 0)
		return HTTP_BAD_TARGET;
	size_t end = scheme;
	while (end < t.n && t.p[end] != '/' && t.p[end] != '?')
		end++;
	if (!http_authority_split(
		    p, span(h->target.at + scheme, end - scheme), &h->host, &h->port))
		return HTTP_BAD_TARGET;
	split_query(h, t, end);
	/* an empty path means "/": the scheme's second slash stands in for it */
	if (h->path.n == 0)
		h->path = span(h->target.at + scheme - 1, 1);
	return HTTP_DONE;
}

enum http_verdict http_target_split(struct http_head *h, const char *p)
{
	struct str t = http_str(p, h->target);
	if (!http_chars_all(t, HTTP_CHAR_TARGET))
		return HTTP_BAD_TARGET;
	if (memchr(t.p, '%', t.n) != NULL && !escapes_are_sound(t))
		return HTTP_BAD_ESCAPE;
	if (t.p[0] == '/') {
		split_query(h, t, 0);
		return HTTP_DONE;
	}
	if (t.n == 1 && t.p[0] == '*') {
		h->path = h->target;
		return h->method == HTTP_METHOD_OPTIONS ? HTTP_DONE : HTTP_BAD_TARGET;
	}
	return split_absolute(h, p);
}

/* Escapes that another spelling could do without, and those that routers disagree on:
 * unreserved bytes, the path's own delimiters, controls. */
static bool escape_is_needed(unsigned byte)
{
	char c = (char)byte;
	if (byte < 0x20 || byte == 0x7f)
		return false;
	return !http_char_is(c, HTTP_CHAR_HOST) && c != '~' && c != '/' && c != '\\' &&
	       c != ';' && c != '%';
}

static bool segment_is_plain(struct str s, size_t at, size_t n, bool last)
{
	if (n == 0)
		return last;
	bool dots = s.p[at] == '.' && (n == 1 || (n == 2 && s.p[at + 1] == '.'));
	return !dots;
}

bool http_path_is_canonical(struct str path)
{
	if (path.n == 0 || path.p[0] != '/')
		return false;
	size_t segment = 1;
	for (size_t i = 1; i < path.n; i++) {
		unsigned byte;
		if (path.p[i] == ';' || path.p[i] == '\\')
			return false;
		if (path.p[i] == '%' &&
			(!escape_at(path, i, &byte) || !escape_is_needed(byte)))
			return false;
		if (path.p[i] == '/') {
			if (!segment_is_plain(path, segment, i - segment, false))
				return false;
			segment = i + 1;
		}
	}
	return segment_is_plain(path, segment, path.n - segment, true);
}
