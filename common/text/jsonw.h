/*
 * A streaming JSON writer for our own answers: monitoring, control, errors, logs.
 *
 *	struct jsonw w;
 *	jsonw_init(&w, 1 << 20);
 *	jsonw_begin_object(&w);
 *	jsonw_key(&w, STR("queue_size"));
 *	jsonw_u64(&w, n);
 *	jsonw_end_object(&w);
 *	if (jsonw_done(&w, &out))
 *		... send out, which lives until jsonw_reset() or jsonw_fini()
 *	jsonw_fini(&w);
 *
 * Commas and quotes are its own work; what it writes is always valid JSON or nothing.
 * Strings may hold any bytes: malformed UTF-8 becomes U+FFFD. A wrong order of calls (a
 * value where a key must stand, an end without its begin) is a must().
 *
 * When full, at the cap or when memory is short: the writer has failed, every further
 * call does nothing, and jsonw_done() says false.
 */
#ifndef TEXT_JSONW_H
#define TEXT_JSONW_H

#include "base/attr.h"

enum { JSONW_MAX_DEPTH = 64, JSONW_MAX_PLACES = 18 };

struct jsonw {
	char *p;
	size_t n, cap;
	size_t max;    /* cap may grow to this; equal to cap in a fixed buffer */
	bool is_fixed; /* p is the caller's */
	bool has_failed;
	bool is_after_key;
	bool has_value; /* the innermost level, or the document, has one already */
	unsigned depth;
	uint64_t objects; /* bit 0 is the innermost level: 1 = object */
};

/* Begin one document in a buffer of the writer's own, of at most max_bytes. */
void jsonw_init(struct jsonw *w, size_t max_bytes);

/* Begin one document in the caller's buffer; jsonw_fini() is then not needed. */
void jsonw_init_fixed(struct jsonw *w, char *buf, size_t cap);

/* Begin the next document in the same buffer. */
void jsonw_reset(struct jsonw *w);
void jsonw_fini(struct jsonw *w);

/* Whether one whole document has been written; *out views it. */
bool jsonw_done(const struct jsonw *w, struct str *out) ATTR_UNUSED_RESULT;

/* For documents that are taken away part by part: *out views what has been written since
 * the last call, until the next one; false = the writer has failed. jsonw_done() says
 * whether the last part ends the document. */
bool jsonw_part(struct jsonw *w, struct str *out) ATTR_UNUSED_RESULT;

void jsonw_begin_object(struct jsonw *w);
void jsonw_end_object(struct jsonw *w);
void jsonw_begin_array(struct jsonw *w);
void jsonw_end_array(struct jsonw *w);

/* key: a word of ours, which needs no escape and is written as it is. */
void jsonw_key(struct jsonw *w, struct str key);

void jsonw_string(struct jsonw *w, struct str s);
void jsonw_u64(struct jsonw *w, uint64_t v);
void jsonw_i64(struct jsonw *w, int64_t v);
void jsonw_bool(struct jsonw *w, bool v);
void jsonw_null(struct jsonw *w);

/* A value that is JSON already. */
void jsonw_json(struct jsonw *w, struct str json);

/* Values that are JSON already, with commas between them, as members of an array. */
void jsonw_members(struct jsonw *w, struct str json);

/* Nano-dollars as a number of dollars with nine places. */
void jsonw_usd(struct jsonw *w, uint64_t nanousd);

/* v / 10^places as a number with that many places, at most JSONW_MAX_PLACES:
 * (-1234, 2) gives -12.34. */
void jsonw_fixed(struct jsonw *w, int64_t v, unsigned places);

#endif
