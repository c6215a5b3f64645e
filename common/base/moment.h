/*
 * A moment as it can be told again after a restart: by the clock that runs on while the
 * machine sleeps, within one boot; by the wall across boots. Pure.
 *
 *	struct moment sent = {boot, clock_boot_ns(), clock_wall_ms()};    … to the ledger
 *	uint64_t age_ns = moment_since_ns(&sent, &now);                   … and back
 *
 * Within one boot the wall may jump as it likes. Across boots it is all there is: a wall
 * that went backwards counts as no time at all, so that nobody gets anything back for it.
 */
#ifndef BASE_MOMENT_H
#define BASE_MOMENT_H

#include "base/attr.h"

struct moment {
	uint32_t boot;    /* which boot: moment_boot() of its id, 0 = not known */
	uint64_t boot_ns; /* clock_boot_ns() */
	uint64_t wall_ms; /* clock_wall_ms() */
};

/* A boot's id as the kernel prints it, as a number; never 0. */
uint32_t moment_boot(const char *boot_id);

/* How long before `now` it was; 0 when it seems to lie behind it. */
uint64_t moment_since_ns(const struct moment *m, const struct moment *now);

/* A walk from now into the past, from one moment to the one before it: so that a wall
 * that jumped within an earlier boot is only trusted for the step between two boots.
 * Starts as {now, 0}. */
struct moment_walk {
	struct moment at;
	uint64_t age_ns;
};

/* How long ago m was; never less than the moments before it in the walk. */
uint64_t moment_walk_back_ns(struct moment_walk *w, const struct moment *m);

#endif
