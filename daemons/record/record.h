/*
 * Record's own state, and its end at the first failure of the ledger.
 */
#ifndef RECORD_RECORD_H
#define RECORD_RECORD_H

#include "process/process.h"
#include "record/harvest.h"
#include "record/spent.h"
#include "record/watch.h"
#include "store/prune_clock.h"

struct record {
	struct process process;
	struct ledger *ledger; /* NULL = it cannot be opened, see opening.h */
	struct harvest harvest;
	struct spent spent;
	struct watch watch;
	struct room room;             /* of the ledger that is open */
	uint64_t look_ns, readers_ns; /* when to look next */
	uint64_t prune_ns;            /* and for what is too old */
	struct prune_clock prune_clock;
	uint64_t place_ns;    /* and for the ledger's file */
	uint64_t room_ns;     /* and for its room */
	struct err trouble;   /* with that file, as it was last told */
	bool is_gone;         /* as of the last look: it is not there */
	uint64_t generations; /* sum over the process table at the last look */
	bool is_rehearsal;    /* nothing is written, opening.h */
	uint64_t leave_ns;    /* then: for a successor that tries */
};

void record_log_failure(const struct err *e);

/* The same for what is looked at again each second: said once, and again when it is
 * something else. */
void record_tell_trouble(struct record *r, const struct err *e);

/* The same, and leave at the next top of the loop. */
void record_fail(struct record *r, const struct err *e);
bool record_has_failed(const struct record *r);

/* See that the ledger has room, and tell the watch when it is short of it. */
void record_look_at_room(struct record *r);

/* One transaction of what waits in the lanes, and what follows from it. */
void record_commit(struct record *r);

#endif
