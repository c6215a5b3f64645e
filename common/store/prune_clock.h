/*
 * The clock that retention goes by: the wall, but not at once when it has leapt ahead. What
 * is taken out is gone for good, and a wall that is a year ahead for a minute would take a
 * year of it. So a leap is believed once it has lasted a day; meanwhile time goes on from
 * where the wall stood before. Backwards is believed at once: it only keeps more. Pure.
 *
 *	struct prune_clock c;
 *	prune_clock_init(&c, newest_ms, now_ns);      the newest row's time, 0 = none
 *	uint64_t t_ms = prune_clock_read(&c, wall_ms, now_ns);
 */
#ifndef STORE_PRUNE_CLOCK_H
#define STORE_PRUNE_CLOCK_H

#include "base/attr.h"

struct prune_clock {
	uint64_t at_ms, at_ns; /* the last reading, and when that was */
	uint64_t ahead_ns;     /* since when the wall is too far ahead; 0 = it is not */
};

/* What the ledger holds says how late it is at least. */
void prune_clock_init(struct prune_clock *c, uint64_t newest_ms, uint64_t now_ns);

/* Wall time, at most an hour beyond what has passed since the last reading. */
uint64_t prune_clock_read(struct prune_clock *c, uint64_t wall_ms, uint64_t now_ns);

#endif
