/* A growable run of bytes. */
#include "buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *room(struct buf *b, size_t n)
{
	if (b->cap - b->n < n) {
		b->cap = MAX(b->cap * 2, MAX(b->n + n, (size_t)512));
		b->p = grow(b->p, b->cap);
	}
	return b->p + b->n;
}

void buf_put(struct buf *b, const void *p, size_t n)
{
	if (n == 0)
		return;
	memcpy(room(b, n), p, n);
	b->n += n;
}

void buf_text(struct buf *b, const char *text)
{
	buf_put(b, text, strlen(text));
}

void buf_slice(struct buf *b, struct slice s)
{
	buf_put(b, s.p, s.n);
}

void buf_fill(struct buf *b, char c, size_t n)
{
	memset(room(b, n), c, n);
	b->n += n;
}

void buf_u64(struct buf *b, uint64_t v)
{
	char digits[20];
	size_t at = sizeof digits;
	do {
		digits[--at] = (char)('0' + v % 10);
		v /= 10;
	} while (v > 0);
	buf_put(b, digits + at, sizeof digits - at);
}

void buf_hex(struct buf *b, uint64_t v, unsigned digits)
{
	char *out = room(b, digits);
	for (unsigned i = digits; i-- > 0; v >>= 4)
		out[i] = "0123456789abcdef"[v & 15];
	b->n += digits;
}

void buf_fmt(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		fatal("a format that does not print");
	char *out = room(b, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(out, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->n += (size_t)n;
}

void buf_escaped(struct buf *b, struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c == '"' || c == '\\') {
			char pair[2] = {'\\', (char)c};
			buf_put(b, pair, 2);
		} else if (c < 0x20) {
			BUF_LIT(b, "\\u");
			buf_hex(b, c, 4);
		} else {
			buf_put(b, &s.p[i], 1);
		}
	}
}

void buf_json(struct buf *b, struct slice s)
{
	BUF_LIT(b, "\"");
	buf_escaped(b, s);
	BUF_LIT(b, "\"");
}

void buf_key(struct buf *b, const char *name)
{
	if (b->n > 0 && b->p[b->n - 1] != '{' && b->p[b->n - 1] != '[')
		BUF_LIT(b, ",");
	BUF_LIT(b, "\"");
	buf_text(b, name);
	BUF_LIT(b, "\":");
}

void buf_member_u64(struct buf *b, const char *name, uint64_t v)
{
	buf_key(b, name);
	buf_u64(b, v);
}

void buf_member_bool(struct buf *b, const char *name, bool v)
{
	buf_key(b, name);
	buf_text(b, v ? "true" : "false");
}

void buf_member_text(struct buf *b, const char *name, struct slice s)
{
	buf_key(b, name);
	buf_json(b, s);
}

void buf_member_hex(struct buf *b, const char *name, uint64_t v, unsigned digits)
{
	buf_key(b, name);
	BUF_LIT(b, "\"");
	buf_hex(b, v, digits);
	BUF_LIT(b, "\"");
}

struct slice buf_view(const struct buf *b)
{
	return (struct slice){b->p, b->n};
}

void buf_free(struct buf *b)
{
	free(b->p);
	*b = (struct buf){0};
}
