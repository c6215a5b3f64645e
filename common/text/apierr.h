/*
 * Atlas's own refusals in OpenAI's shape, so that SDKs raise their usual exceptions.
 *
 *	struct apierr e;
 *	if (!request_view_chat(body, &view, &e))
 *		n = apierr_write(&e, buf, sizeof buf);	status apierr_row(e.reason)->status
 *
 * The reasons are the lines of apierr.def and exist nowhere else. Pure; used by front
 * and dispatch. A message that is too long is cut: it is for people.
 */
#ifndef TEXT_APIERR_H
#define TEXT_APIERR_H

#include "base/attr.h"

#define APIERR(name, status, type, code, retry, wants_wait, text) APIERR_##name,
enum apierr_reason {
#include "text/apierr.def"
	APIERR_N
};
#undef APIERR

/* What x-should-retry says to the official SDKs. */
enum apierr_retry { APIERR_RETRY_UNSAID, APIERR_RETRY_YES, APIERR_RETRY_NO };

struct apierr_row {
	unsigned status;
	const char *type, *code;
	enum apierr_retry retry;
	bool wants_wait; /* the answer carries Retry-After and retry-after-ms */
	const char *text;
};

struct apierr {
	enum apierr_reason reason;
	char param[64];    /* the parameter at fault; "" = null */
	char message[256]; /* a sentence a person can act on */
};

/* The four strings of an error body; one with p == NULL is written as null. */
struct apierr_words {
	struct str message, type, param, code;
};

/* Enough for any struct apierr, and for the words of a struct upstream_error. */
enum { APIERR_BODY_BYTES = 8192 };

const struct apierr_row *apierr_row(enum apierr_reason reason);

/* Fill *e; param may be NULL. Returns false, so `return apierr_set(…)`. */
bool apierr_set(struct apierr *e, enum apierr_reason reason, const char *param,
	const char *fmt, ...) ATTR_PRINTF(4, 5) ATTR_COLD;

/* Fill *e with the reason's own sentence and no param. Returns false. */
bool apierr_default(struct apierr *e, enum apierr_reason reason) ATTR_COLD;

/* " Please try again in 1.5s.": what a sentence ends with where waiting helps. Seconds
 * alone, at most three places: some SDKs read the number there. Returns out. */
enum { APIERR_WAIT_BYTES = 48 };
const char *apierr_wait_sentence(uint64_t wait_ms, char out[static APIERR_WAIT_BYTES]);

/* Its four words as views of it and of its row. */
struct apierr_words apierr_words(const struct apierr *e);

/* {"error":{"message","type","param","code"}} into dst; 0 when cap is too small. */
size_t apierr_write(const struct apierr *e, char *dst, size_t cap);
size_t apierr_write_words(const struct apierr_words *words, char *dst, size_t cap);

#endif
