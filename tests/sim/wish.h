/*
 * What somebody wishes a reply to be: a mode, a pace, token counts. The same words serve
 * the directive in a prompt, the x-sim-mode header, POST /weather and scenario files:
 *
 *	[[sim tokens=500 mode=cut-at:1234 ttft=200 tps=50]]
 *
 *	mode=NAME[:N]   a row of modes.c; a bare word means mode=word
 *	ttft=MS         time to the first byte (errors too)     ttft_ms is the same
 *	tps=N           tokens per second, fractions allowed; 0 = all at once
 *	retry_after=S   on errors: Retry-After and retry-after-ms, fractions allowed
 *	tokens=N        completion tokens, reasoning included, still bounded by max_tokens
 *	prompt=N cached=N reasoning=N   the other counts; subsets stay subsets
 */
#ifndef SIM_WISH_H
#define SIM_WISH_H

#include "modes.h"

enum wish_field {
	WISH_TTFT_MS,
	WISH_RETRY_AFTER_MS,
	WISH_TOKENS,
	WISH_PROMPT,
	WISH_CACHED,
	WISH_REASONING,
	WISH_ARG,
	WISH_MILLI_TPS, /* thousandths of a token per second */
	WISH_FIELDS,
};

struct wish {
	const struct mode *mode; /* NULL = no wish */
	uint64_t value[WISH_FIELDS];
	bool has[WISH_FIELDS];
};

/* One key=value; false when the key is unknown or the value makes no sense for it. */
bool wish_set(struct wish *w, struct slice key, struct slice value);

/* Blank-separated words as above; false at the first that is not understood. */
bool wish_parse(struct wish *w, struct slice text);

/* Take from `from` what *w leaves open. */
void wish_fill(struct wish *w, const struct wish *from);

/* The value wished for, or fallback. */
uint64_t wish_get(const struct wish *w, enum wish_field field, uint64_t fallback);

#endif
