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
 *	retry_as=HOW    both (default), ms, seconds or date: which header says so; message:
 *	                only the words do; none
 *	should_retry=B  on errors: x-should-retry, true or false
 *	limits=HOW      the x-ratelimit headers: true (default), missing, minus-one, zero,
 *	                project (other names beside them), garbage
 *	tokens=N        completion tokens, reasoning included, still bounded by max_tokens
 *	prompt=N cached=N reasoning=N   the other counts; subsets stay subsets
 *	tier=NAME       the service tier it is served by, whatever was asked for
 *	call=NAME(JSON) call this function with these arguments instead of talking, unless
 *	                tool results are there already; several make parallel calls. Without
 *	                (JSON) the arguments are an example of the tool's own schema
 *
 * At most 1 KiB of calls; wish_set() is false when full.
 */
#ifndef SIM_WISH_H
#define SIM_WISH_H

#include "modes.h"

enum { WISH_CALLS_BYTES = 1024 };

enum wish_field {
	WISH_TTFT_MS,
	WISH_RETRY_AFTER_MS,
	WISH_TOKENS,
	WISH_PROMPT,
	WISH_CACHED,
	WISH_REASONING,
	WISH_TIER,
	WISH_RETRY_AS,
	WISH_SHOULD_RETRY,
	WISH_LIMITS,
	WISH_ARG,
	WISH_MILLI_TPS, /* thousandths of a token per second */
	WISH_FIELDS,
};

struct wish {
	const struct mode *mode; /* NULL = no wish */
	uint64_t value[WISH_FIELDS];
	bool has[WISH_FIELDS];
	size_t calls_n;
	char calls[WISH_CALLS_BYTES]; /* NAME or NAME(JSON), one behind the other */
};

/* One key=value; false when the key is unknown or the value makes no sense for it. */
bool wish_set(struct wish *w, struct slice key, struct slice value);

/* Blank-separated words as above; false at the first that is not understood. */
bool wish_parse(struct wish *w, struct slice text);

/* Cut the next call off the front of *text: its name and arguments (n = 0: none given).
 * False at the end or at what is no call. */
bool wish_take_call(struct slice *text, struct slice *name, struct slice *args);

/* Take from `from` what *w leaves open. */
void wish_fill(struct wish *w, const struct wish *from);

/* The value wished for, or fallback. */
uint64_t wish_get(const struct wish *w, enum wish_field field, uint64_t fallback);

#endif
