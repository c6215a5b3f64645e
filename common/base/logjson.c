/* From key=value to JSON. */
#include "base/logjson.h"

#include <stdio.h>
#include <string.h>

enum { NUMBER_DIGITS = 15 }; /* what every reader of JSON keeps */

struct out {
	char *p;
	size_t n, cap;
	bool is_full;
};

static void put(struct out *o, const char *p, size_t n)
{
	if (o->is_full || n > o->cap - o->n) {
		o->is_full = true;
		return;
	}
	memcpy(o->p + o->n, p, n);
	o->n += n;
}

static int hex(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
				      : -1;
}

static void put_char(struct out *o, unsigned char c)
{
	char text[8];
	if (c == '"' || c == '\\')
		put(o, (char[]){'\\', (char)c}, 2);
	else if (c < 0x20 || c > 0x7e)
		put(o, text, (size_t)snprintf(text, sizeof text, "\\u00%02x", c));
	else
		put(o, (const char *)&c, 1);
}

static void put_string(struct out *o, struct str s)
{
	put(o, "\"", 1);
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c == '\\' && i + 3 < s.n && s.p[i + 1] == 'x' &&
			hex(s.p[i + 2]) >= 0 && hex(s.p[i + 3]) >= 0) {
			c = (unsigned char)(hex(s.p[i + 2]) * 16 + hex(s.p[i + 3]));
			i += 3;
		}
		put_char(o, c);
	}
	put(o, "\"", 1);
}

static bool is_number(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n > 0 && s.n <= NUMBER_DIGITS && (s.p[0] != '0' || s.n == 1);
}

static size_t key_length(const char *p)
{
	size_t n = 0;
	while ((p[n] >= 'a' && p[n] <= 'z') || (p[n] >= '0' && p[n] <= '9') ||
		p[n] == '_')
		n++;
	return n;
}

static bool is_pair(const char *p)
{
	size_t n = key_length(p);
	return n > 0 && p[n] == '=';
}

/* The value at p, without its quotes; *end behind it. */
static struct str take_value(const char *p, const char **end)
{
	if (*p != '"') {
		size_t n = strcspn(p, " ");
		*end = p + n;
		return (struct str){p, n};
	}
	const char *q = ++p;
	while (*q != '\0' &&
		!(*q == '"' && (q[1] == '\0' || (q[1] == ' ' && is_pair(q + 2)))))
		q++;
	*end = *q == '"' ? q + 1 : q;
	return (struct str){p, (size_t)(q - p)};
}

static void put_member(struct out *o, struct str key, struct str value, bool is_quoted)
{
	put(o, ",", 1);
	put_string(o, key);
	put(o, ":", 1);
	if (!is_quoted && is_number(value))
		put(o, value.p, value.n);
	else
		put_string(o, value);
}

size_t logjson_members(const char *pairs, char *out, size_t cap)
{
	struct out o = {.p = out, .cap = cap};
	size_t n_whole = 0;
	for (const char *p = pairs; *p != '\0' && !o.is_full;) {
		struct str key = {p, key_length(p)};
		if (!is_pair(p)) {
			p += MAX(strcspn(p, " "), (size_t)1);
			continue;
		}
		const char *at = p + key.n + 1;
		struct str value = take_value(at, &p);
		put_member(&o, key, value, *at == '"');
		if (!o.is_full)
			n_whole = o.n;
	}
	return n_whole;
}

size_t logjson_string(struct str text, char *out, size_t cap)
{
	struct out o = {.p = out, .cap = cap};
	put_string(&o, text);
	return o.is_full ? 0 : o.n;
}
