/*
 * What a client is told when the upstream has refused: an error in OpenAI's shape whose
 * sentence says what happened, what Atlas has done about it, and what to do.
 *
 *	struct translate_input in = {class, status, words, attempts, retry_after_ns};
 *	struct translation t;
 *	translate(&in, &t);
 *	... answer t.status with t.words, and with t.wait_ms when it is not 0
 *
 * One table, a row for each class of answer. Where the request is to blame the upstream's
 * own words go on; where the upstream is, ours with its message behind; where our key is,
 * ours alone. The wait is the upstream's word, or the default, unless the key is held for
 * longer: whoever came sooner would only wait here. Up to a quarter more is the jitter on
 * that word, which is left out. Pure; dispatch calls it when no further attempt follows. The words it is
 * given have been bounded and rid of keys (text/upstream_error.h).
 */
#ifndef DECIDE_TRANSLATE_H
#define DECIDE_TRANSLATE_H

#include "decide/retry.h"
#include "text/apierr.h"

enum {
	TRANSLATE_MESSAGE_BYTES = 1536,
	TRANSLATE_WAIT_DEFAULT_MS = 1000,
	TRANSLATE_WAIT_MAX_MS = 86400000 /* beyond a day nobody means it */
};

struct translate_input {
	enum attempt_class class;
	unsigned status;           /* of the upstream's answer */
	struct apierr_words words; /* of its body; p == NULL where it has none */
	uint32_t attempts;         /* made in all */
	uint64_t retry_after_ns;   /* from its headers, 0 = none */
	uint64_t held_ns;          /* the key sends nothing for so long, 0 = it does */
};

struct translation {
	unsigned status;
	uint64_t wait_ms;          /* until another try makes sense; 0 = none does */
	struct apierr_words words; /* views of the input, of constants, of message */
	char message[TRANSLATE_MESSAGE_BYTES];
};

/* The row whose status, type and code such an answer is told with, unless it is the
 * request that is to blame. */
enum apierr_reason translate_reason(enum attempt_class class, unsigned status);

/* Fill *out, which keeps views of in->words. The class is one of an answered attempt. */
void translate(const struct translate_input *in, struct translation *out);

#endif
