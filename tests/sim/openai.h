/*
 * What an answer of OpenAI's looks like around its content: heads and error bodies.
 */
#ifndef SIM_OPENAI_H
#define SIM_OPENAI_H

#include "limiter.h"
#include "modes.h"

struct openai_error {
	int status;                      /* 0 = no error */
	const char *type, *param, *code; /* NULL = null */
	uint64_t retry_after_ms;         /* 0 = no such header */
	char message[640];
};

/* Set the message (cut when too long). */
void openai_message(struct openai_error *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* {"error":{…}} as OpenAI prints it. */
void openai_error_body(struct buf *out, const struct openai_error *e);

/* The error for a refused admission; model as the client named it. */
void openai_limit_error(
	struct openai_error *e, const struct limiter_answer *a, struct slice model);

/* How an error says when to come again, and what the limit headers look like. */
enum openai_retry_as {
	RETRY_BOTH,
	RETRY_MS,
	RETRY_SECONDS,
	RETRY_DATE,
	RETRY_MESSAGE,
	RETRY_NONE
};
enum openai_limits {
	LIMITS_TRUE,
	LIMITS_MISSING,
	LIMITS_MINUS_ONE,
	LIMITS_ZERO,
	LIMITS_PROJECT,
	LIMITS_GARBAGE
};

struct openai_hints {
	enum openai_retry_as retry_as;
	enum openai_limits limits;
	const char *should_retry; /* NULL = no such header */
};

enum openai_framing { OPENAI_LENGTH, OPENAI_CHUNKED, OPENAI_TO_CLOSE };

struct openai_head {
	int status;
	const char *content_type;
	enum openai_framing framing;
	uint64_t length;
	bool keep_alive;
	unsigned minor; /* of the request's HTTP version */
	const char *request_id;
	uint64_t processing_ms;
	uint64_t retry_after_ms; /* 0 = no such header */
	struct openai_hints hints;
	const struct limiter *limiter;
	struct limiter_key *key; /* NULL = nobody's limits */
	uint64_t now_ns;
};

/* Everything up to, but not including, the empty line, so that modes can add to it. */
void openai_head(struct buf *out, const struct openai_head *h);

enum { OPENAI_NAME_BYTES = 48 };

/* prefix and 32 hex digits: a name that no other number has. */
void openai_name(
	char out[static OPENAI_NAME_BYTES], const char *prefix, uint64_t number);

/* A duration as Go prints it, rounded up to a millisecond: "1m0s", "41.724s", "12ms". */
void openai_duration(struct buf *out, uint64_t ns);

#endif
