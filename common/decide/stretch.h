/*
 * How far the waits that were foretold have been off lately, client by client and class by
 * class. A wait is foretold as if nothing more arrived; where others keep arriving ahead,
 * a long queue waits longer than that, by a factor that stays as long as the traffic does.
 * Who is the first has nobody ahead: its wait is told as foretold, and teaches nothing. What
 * it waits for, all wait for, and nobody comes in between: that part of a wait is not
 * stretched either. Pure.
 *
 *	struct foretold f = {first_ns, own_ns};
 *	in_ns = stretch_apply(&s, key, &f);          what is told
 *	stretch_note(&s, key, &f, took_ns);          when its wait is over
 *
 * A wait through which the weather has changed (the key's state) says nothing of the
 * traffic: the caller does not note it.
 *
 * The key is any hash of client and class. Full (STRETCH_KEYS): two keys may share a place;
 * then the newer one has it, and begins again at 1.
 */
#ifndef DECIDE_STRETCH_H
#define DECIDE_STRETCH_H

#include "base/attr.h"

enum { STRETCH_KEYS = 256 };

/* All zero = nothing is known: every wait is told as foretold. */
struct stretch {
	struct {
		uint64_t key;
		uint64_t permille; /* 0 = not known */
	} of[STRETCH_KEYS];
};

/* As if nothing more arrived: until the first of the queue starts, and until one's own
 * start, which is not before. */
struct foretold {
	uint64_t first_ns, own_ns;
};

uint64_t stretch_apply(const struct stretch *s, uint64_t key, const struct foretold *f);

/* A wait that was foretold so has taken so long. Short ones, which the grain of the limits
 * decides, say nothing. */
void stretch_note(
	struct stretch *s, uint64_t key, const struct foretold *f, uint64_t took_ns);

#endif
