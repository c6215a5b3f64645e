/*
 * The clock that retention goes by: the wall, but not at once when it has leapt ahead. What
 * is taken out is gone for good, and a wall that is a year ahead for a minute would take a
 * year of it. So a leap is believed once it has lasted a day; meanwhile time goes on from
 * where the wall stood before. Backwards is believed at once: it only keeps more.
 *
 *	struct prune_clock c;
 *	prune_clock_open(&c, s, &now, now_ns, &e)     by the rows of the ledger
 *	uint64_t t_ms = prune_clock_read(&c, wall_ms, now_ns);
 */
#ifndef STORE_PRUNE_CLOCK_H
#define STORE_PRUNE_CLOCK_H

#include "base/moment.h"
#include "store/query.h"

struct prune_clock {
	uint64_t at_ms, at_ns; /* the last reading, and when that was */
	uint64_t ahead_ns;     /* since when the wall is too far ahead; 0 = it is not */
};

/* What the ledger holds says how late it is: each row of this boot by what has passed since.
 * Some are asked, ever further back, and the earliest is believed, since rows that were sent
 * during a leap have its time. Without any, it is as late as the newest row, at least. False
 * = it cannot be read. */
bool prune_clock_open(struct prune_clock *c, struct store *s, const struct moment *now,
	uint64_t now_ns, struct err *e) ATTR_UNUSED_RESULT;

/* The newest row's time, 0 = none. */
void prune_clock_init(struct prune_clock *c, uint64_t newest_ms, uint64_t now_ns);

/* Wall time, at most an hour beyond what has passed since the last reading. */
uint64_t prune_clock_read(struct prune_clock *c, uint64_t wall_ms, uint64_t now_ns);

#endif
