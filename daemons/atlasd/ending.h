/*
 * How everybody leaves, in order: at a stop for good, at a reset to come back with a new
 * segment. Run by the master, once a turn.
 *
 *	stop      fronts TERM ──gone──► dispatch TERM ──gone──► record TERM ──gone──► exit
 *	at once   dispatch INT ──gone──► fronts INT ──gone──► record TERM ──gone──► exit
 *	reset     fronts USR2 ──gone──► record TERM ──gone──► new segment, start in order
 *
 * Each process is killed when its time is up, so every ending ends: a stop at the latest
 * drain_timeout and the graces of roles.def after it began, one at once after 6 s, a
 * reset after 5 s. Record comes last because it writes down what the others have spent;
 * if it is dead when its turn comes and facts still wait, its successor is given 5 s more.
 */
#ifndef ATLASD_ENDING_H
#define ATLASD_ENDING_H

#include "base/attr.h"

struct master;

enum ending_kind { ENDING_STOP, ENDING_AT_ONCE, ENDING_RESET, ENDING_KINDS };

struct ending {
	enum ending_kind kind; /* meaningful in MASTER_STOPPING and MASTER_RESETTING */
	uint64_t number;       /* counts them, also those that grew out of another */
	uint64_t begun_ns, drain_until_ns;
	bool has_dispatch_died;     /* in this segment */
	uint64_t dispatch_death_ns; /* the last time */
};

/* Begin to stop; at once also hurries a stop that is under way. */
void ending_stop(struct master *m, bool is_at_once);

/* Dispatch has died unasked: the second time within [server] reset_window begins a
 * reset, for what it reads may be what kills it. */
void ending_note_dispatch_death(struct master *m);

/* Once a turn: the next step of an ending under way. */
void ending_turn(struct master *m);

#endif
