/*
 * The shape of every child: what happens between fork and exit, whatever its role.
 *
 *	struct front self;
 *	process_enter(&self.process, heritage, &ops, &self);   before the role opens anything
 *	… open what the role needs …
 *	int status = process_run(&self.process);
 *	… close them …
 *	process_fini(&self.process);
 *
 * One turn of the loop, in this fixed order:
 *
 *	heartbeat → new settings? adopt → told to drain? → turn() → expired timers and ready
 *	descriptors (without sleeping while turn() finds work) → look again for a while →
 *	arm the bell, look once more, sleep
 *
 * Signals: TERM drains within drain_timeout; QUIT drains without a bound, because others
 * serve on and nobody waits; INT stops at once; USR1 opens the log file again;
 * HUP is the master's affair and ignored here. The lifeline's end means the master is gone: drain as for TERM.
 * USR2 from the master means that this segment is given up: abandon_all(), and leave
 * within a second.
 */
#ifndef PROCESS_PROCESS_H
#define PROCESS_PROCESS_H

#include "process/heritage.h"

#include <event2/event.h>

enum process_phase {
	PROCESS_RUNNING,
	PROCESS_DRAINING, /* finishes what it holds, takes nothing new */
	PROCESS_LEAVING   /* the loop ends at its next top */
};

/* What a role does at the fixed places of the loop. All get its own object. */
struct process_ops {
	/* Do what lanes and flags ask for; true = did something, so look again soon. */
	bool (*turn)(void *role);
	/* Is there something for turn() to do? Cheap: called while spinning. */
	bool (*has_work)(const void *role);
	/* A new settings epoch is in process->settings; old is what it was. */
	void (*adopt)(void *role, const struct settings *old);
	/* When told to leave, and again when told to hurry; then is_drained() is asked
	 * each turn. */
	void (*drain)(void *role);
	bool (*is_drained)(const void *role);
	/* Once, when the segment is given up: fail what is open, at once, without waiting
	 * for another process; then is_drained() is asked. NULL = no such promise. */
	void (*abandon_all)(void *role);
};

struct process {
	const struct heritage *heritage;
	const struct process_ops *ops;
	void *role;
	struct segment *segment;
	struct proc *proc;            /* our row of the process table */
	struct counter_row *counters; /* our row */
	struct event_base *base;
	struct bell bell; /* our own */
	struct bell_spin spin;
	struct settings settings; /* the epoch in force here */
	uint64_t epoch;
	uint64_t now_ns, now_ms; /* of the turn's top, or of process_read_clocks() */
	uint64_t drain_until_ns;
	enum process_phase phase;
	bool is_patient; /* draining, and others serve on */
	bool is_orphan;  /* the lifeline has ended: there is no master any more */
	int exit_status;
	struct event *signals[5], *lifeline, *bell_event, *tick;
};

/* Right after fork: title, descriptors, limits, log, settings, event base. */
void process_enter(struct process *p, const struct heritage *h,
	const struct process_ops *ops, void *role);

/* The loop, until drained or told to leave; returns the exit status. Says that the
 * process is ready before its first turn. */
int process_run(struct process *p) ATTR_UNUSED_RESULT;

/* After the role has freed its own events: our events and the event base. */
void process_fini(struct process *p);

/* Leave at the next top of the loop with that status. */
void process_leave(struct process *p, int exit_status);

/* In a callback that measures time: it may come long after the turn's top, since the
 * loop has slept in between. */
void process_read_clocks(struct process *p);

/* Ring another process's bell, if it sleeps. Call once after a batch. */
void process_ring(struct process *p, uint32_t slot);

/* Count on our own row. */
void process_count(struct process *p, enum counter_id id, uint64_t n);

/* Add to our event ring; the caller logs it in words of its own. */
void process_keep(struct process *p, enum log_event_id id, uint64_t detail);

/* The same, and log it at info, as name=detail. */
void process_note(
	struct process *p, enum log_event_id id, const char *name, uint64_t detail);

/* exit status of a child that met an unrecoverable outside failure (cf. EX_IOERR) */
enum { PROCESS_EXIT_OK = 0, PROCESS_EXIT_FAILED = 74 };

#endif
