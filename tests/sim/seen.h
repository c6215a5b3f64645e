/*
 * A set of 64-bit hashes with one mark each: which requests have been here before, and
 * which of them were billed then. It finds the gateway (or its HTTP library) that posts
 * something a second time.
 *
 * Full at 1.5 million: it starts over and says so in n_restarts.
 */
#ifndef SIM_SEEN_H
#define SIM_SEEN_H

#include "basics.h"

struct seen {
	uint64_t *slots; /* hash with its lowest bit = billed; 0 = empty */
	uint64_t cap, n;
	uint64_t n_restarts;
	uint64_t again, again_billed; /* meetings so far */
};

/* Note one request; counts it when it was here before. */
void seen_note(struct seen *s, uint64_t hash);

/* It is being billed: the next note of the same hash is a double charge. */
void seen_bill(struct seen *s, uint64_t hash);

void seen_reset(struct seen *s);

#endif
