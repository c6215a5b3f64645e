/*
 * What an upstream says of its own limits with every answer, and what follows from it.
 * Pure.
 *
 *	x-ratelimit-limit-requests: 500        x-ratelimit-limit-tokens: 30000
 *	x-ratelimit-remaining-requests: 499    x-ratelimit-remaining-tokens: 29920
 *
 * A limit that is missing, -1, 0 or nonsense is not known, never "no capacity". What is
 * said of projects and of other units is not heeded. A word only ever makes us slower:
 * beside it our own limits hold as before.
 */
#ifndef DECIDE_PROVIDER_H
#define DECIDE_PROVIDER_H

#include "base/attr.h"

/* Of one unit. */
struct provider_word {
	uint64_t limit; /* a minute; 0 = not known */
	uint64_t remaining;
	bool has_remaining;
};

enum provider_unit { PROVIDER_REQUESTS, PROVIDER_TOKENS, PROVIDER_UNITS };

/* All zero = nothing was said. */
struct provider_words {
	struct provider_word of[PROVIDER_UNITS];
};

/* Take a header's line into the words, if it is one of them. */
void provider_read(struct provider_words *w, struct str line);

/* How much others have used of the limit, when `known` is the most that we know of what
 * the upstream had counted: its use beyond that. 0 where it does not say. */
uint64_t provider_foreign(const struct provider_word *w, uint64_t known);

#endif
