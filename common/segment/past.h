/*
 * The past: what the ledger knows of the time before this segment, for the limits and for
 * the guesses that are charged to them. Record
 * writes it once, before dispatch is started; a dispatch that finds no row for a limit
 * makes one that begins with what was used in its window. So a restart, a power cut and a
 * reset of the segment give nobody a limit anew.
 *
 *	record:    past_charge(p, "all", age_ns, 1, tokens)   for each attempt of the hour
 *	           page_publish(segment->past, p, …)
 *	dispatch:  past_restore(p, limit)                     in limits_get()
 *
 * Uses stand by age, in cells of their window's, the younger end of each: what comes back
 * comes back up to one cell late. Full: PAST_SCOPES scopes; past_charge() says so, and
 * whoever configures more limits than that is told when he does.
 */
#ifndef SEGMENT_PAST_H
#define SEGMENT_PAST_H

#include "segment/limits.h"

enum past_window { PAST_MINUTE, PAST_HOUR, PAST_WINDOWS };

enum { PAST_SCOPES = MAX_UPSTREAM_LIMITS / (PAST_WINDOWS * LIMIT_UNITS) };

/* One scope's. */
struct past_use {
	char scope[LIMIT_SCOPE_BYTES];
	uint64_t n[PAST_WINDOWS][LIMIT_UNITS][WINDOW_CELLS]; /* [age in cells] */
};

/* An upstream key that was not steady. */
struct past_key {
	char name[32];
	uint64_t away_ns; /* from then until as_of_ns */
	struct stabilizer_snapshot state;
};

/* W: record, through a page, once  R: dispatch. A multiple of 8 bytes. */
struct past {
	uint64_t as_of_ns;
	uint64_t n_uses, n_keys;
	struct past_key key[MAX_UPSTREAM_KEYS];
	struct history history;
	struct past_use use[PAST_SCOPES];
};

_Static_assert(sizeof(struct past) % 8 == 0, "a page holds whole words");

/* So much was charged to that scope so long ago; what is older than a window is not in
 * it. False = there is no room for one more scope. */
bool past_charge(struct past *p, const char *scope, uint64_t age_ns, uint64_t requests,
	uint64_t tokens) ATTR_UNUSED_RESULT;

/* Into a limit's empty window. Its own stores. */
void past_restore(const struct past *p, struct upstream_limit *l);

/* How a key was, NULL = steady, or never heard of. */
const struct past_key *past_find_key(const struct past *p, const char *name);

#endif
