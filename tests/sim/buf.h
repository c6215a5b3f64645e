/*
 * A growable run of bytes, the one way text is put together here.
 *
 *	struct buf b = {0};
 *	BUF_LIT(&b, "\"n\":");
 *	buf_u64(&b, 7);
 *	buf_free(&b);
 *
 * It doubles as it grows and is never full: the program ends when memory does.
 */
#ifndef SIM_BUF_H
#define SIM_BUF_H

#include "basics.h"

struct buf {
	char *p;
	size_t n, cap;
};

#define BUF_LIT(b, lit) buf_put((b), (lit), sizeof(lit) - 1)

void buf_put(struct buf *b, const void *p, size_t n);
void buf_text(struct buf *b, const char *text);
void buf_slice(struct buf *b, struct slice s);
void buf_fill(struct buf *b, char c, size_t n);
void buf_u64(struct buf *b, uint64_t v);
void buf_hex(struct buf *b, uint64_t v, unsigned digits);
void buf_fmt(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* s in double quotes with JSON's escapes; bytes above 0x7f go through as they are. */
void buf_json(struct buf *b, struct slice s);
void buf_escaped(struct buf *b, struct slice s); /* the same without the quotes */

/* ,"name": (the comma unless an opening bracket stands before), then the value. */
void buf_key(struct buf *b, const char *name);
void buf_member_u64(struct buf *b, const char *name, uint64_t v);
void buf_member_bool(struct buf *b, const char *name, bool v);
void buf_member_text(struct buf *b, const char *name, struct slice s);
void buf_member_hex(struct buf *b, const char *name, uint64_t v, unsigned digits);

struct slice buf_view(const struct buf *b);
void buf_free(struct buf *b);

#endif
