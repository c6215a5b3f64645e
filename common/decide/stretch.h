/*
 * How far the waits that were foretold have been off lately, client by client and class by
 * class. A wait is foretold as if nothing more arrived; where others keep arriving ahead,
 * a long queue waits longer than that, by a factor that stays as long as the traffic does.
 * Who is the first has nobody ahead: its wait is told as foretold, and teaches nothing.
 * Pure.
 *
 *	in_ns = stretch_apply(&s, key, foretold_ns);          what is told, but of the first
 *	stretch_note(&s, key, foretold_ns, took_ns);          when its wait is over
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

uint64_t stretch_apply(const struct stretch *s, uint64_t key, uint64_t foretold_ns);

/* A wait that was foretold (before stretching) has taken so long. Short ones, which the
 * grain of the limits decides, say nothing. */
void stretch_note(
	struct stretch *s, uint64_t key, uint64_t foretold_ns, uint64_t took_ns);

#endif
