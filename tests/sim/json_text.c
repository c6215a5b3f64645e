/* What JSON text stands for, and how it is printed for people. */
#include "json.h"

#include <string.h>

static uint32_t hex4(const char *p)
{
	uint32_t v = 0;
	for (int i = 0; i < 4; i++) {
		unsigned char c = (unsigned char)p[i];
		v = v << 4 | (uint32_t)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
	}
	return v;
}

static void put_utf8(struct buf *out, uint32_t c)
{
	unsigned char lead[] = {0, 0xc0, 0xe0, 0xf0}, bytes[4];
	unsigned more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
	for (unsigned i = more; i > 0; i--, c >>= 6)
		bytes[i] = (unsigned char)(0x80 | (c & 0x3f));
	bytes[0] = (unsigned char)(lead[more] | c);
	buf_put(out, bytes, more + 1);
}

/* The \u at p, with the low half behind it where there is one; how many bytes it took. */
static size_t unescape_u(struct buf *out, const char *p, size_t left)
{
	uint32_t c = hex4(p + 2), low = 0;
	bool high = c >= 0xd800 && c < 0xdc00;
	if (high && left >= 12 && p[6] == '\\' && p[7] == 'u')
		low = hex4(p + 8);
	if (high && low >= 0xdc00 && low < 0xe000) {
		put_utf8(out, 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00));
		return 12;
	}
	put_utf8(out, c >= 0xd800 && c < 0xe000 ? 0xfffd : c);
	return 6;
}

void json_unescape(struct buf *out, struct slice raw)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *p = raw.p, *end = raw.p + raw.n;
	while (p < end) {
		const char *slash = memchr(p, '\\', (size_t)(end - p));
		size_t plain = (size_t)((slash ? slash : end) - p);
		buf_put(out, p, plain);
		p += plain;
		if (slash == NULL || end - p < 2)
			return;
		if (p[1] == 'u' && end - p >= 6) {
			p += unescape_u(out, p, (size_t)(end - p));
			continue;
		}
		const char *at = strchr(from, p[1]);
		if (at != NULL)
			buf_put(out, &to[at - from], 1);
		p += 2;
	}
}

static void new_line(struct buf *out, unsigned depth)
{
	BUF_LIT(out, "\n");
	buf_fill(out, ' ', 2 * (size_t)depth);
}

/* The string at p, with its quotes. */
static size_t string_length(const char *p, size_t left)
{
	struct json j = json_read((struct slice){p, left});
	struct slice raw;
	return json_string(&j, &raw) ? raw.n + 2 : left;
}

void json_pretty(struct buf *out, struct slice text)
{
	unsigned depth = 0;
	const char *p = text.p, *end = text.p + text.n;
	while (p < end) {
		size_t n = *p == '"' ? string_length(p, (size_t)(end - p)) : 1;
		bool opens = *p == '{' || *p == '[', closes = *p == '}' || *p == ']';
		bool empty = closes && p > text.p && (p[-1] == '{' || p[-1] == '[');
		depth -= closes;
		if (closes && !empty)
			new_line(out, depth);
		buf_put(out, p, n);
		depth += opens;
		if (*p == ':')
			BUF_LIT(out, " ");
		p += n;
		bool turns = opens && p < end && *p != '}' && *p != ']';
		if (turns || (n == 1 && p[-1] == ','))
			new_line(out, depth);
	}
}
