/*
 * One child's seat as the master sees it: when to start a process in it, when to call
 * the process mute, when to end it by force, when to give up. Pure: the caller brings the
 * time and the heartbeat, and does what the verdict says.
 *
 *	restart_step(&r, RESTART_ON_SPAWNED, now);          then READY or REFUSED
 *	switch (restart_tick(&r, &policy, heartbeat, now))  once a turn
 *	if (!restart_died(&r, &policy, now))                end the service
 *
 *	EMPTY, DEAD            ──spawned──► STARTING ──ready──► READY
 *	STARTING, READY        ──mute──► MUTE             abort it; when due, kill it
 *	STARTING, READY, MUTE  ──died──► DEAD             when due, start a successor
 *	STARTING, READY, MUTE  ──told──► DRAINING ──died──► EMPTY    when due, kill it
 *	DEAD                   ──told──► EMPTY
 *
 * Who dies seldom is replaced at once. More than free_deaths deaths within window_ns
 * begin a backoff that doubles with every further death, until an incarnation has lived
 * for window_ns. A seat whose process has not once become ready in max_failed_starts
 * tries is given up, since that is a wrong set-up and not an accident.
 */
#ifndef DECIDE_RESTART_H
#define DECIDE_RESTART_H

#include "base/attr.h"

enum restart_state {
	RESTART_EMPTY,    /* nobody, and nobody is due */
	RESTART_STARTING, /* forked, not yet in its loop */
	RESTART_READY,
	RESTART_MUTE,     /* told to abort; killed at due_ns */
	RESTART_DRAINING, /* told to leave; killed at due_ns */
	RESTART_DEAD,     /* gone; a successor starts at due_ns */
	RESTART_STATES
};

enum restart_event {
	RESTART_ON_SPAWNED,
	RESTART_ON_REFUSED, /* no process or no place for it now */
	RESTART_ON_READY,
	RESTART_ON_MUTE, /* comes from restart_tick() */
	RESTART_ON_TOLD, /* comes from restart_tell() */
	RESTART_ON_DIED, /* comes from restart_died() */
	RESTART_EVENTS
};

enum restart_verdict {
	RESTART_DO_NOTHING,
	RESTART_DO_START, /* spawn, then step with SPAWNED or REFUSED */
	RESTART_DO_ABORT, /* it is mute: SIGABRT */
	RESTART_DO_KILL   /* its time is up: SIGKILL */
};

struct restart_policy {
	uint64_t start_limit_ns; /* without a heartbeat, until ready */
	uint64_t beat_limit_ns;  /* without a heartbeat, once ready */
	uint64_t free_deaths;    /* at most RESTART_REMEMBERED - 1 */
	uint64_t window_ns;
	uint64_t first_delay_ns, max_delay_ns;
	uint64_t max_failed_starts;
};

enum { RESTART_REMEMBERED = 8 };

/* All zero = EMPTY and never used. */
struct restart {
	enum restart_state state;
	bool was_ready;      /* some incarnation once */
	uint64_t started_ns; /* the present or last incarnation */
	uint64_t due_ns;     /* MUTE, DRAINING: kill; DEAD: start; UINT64_MAX = done */
	uint64_t n_failed;   /* deaths in a row before ready */
	uint64_t n_delays;   /* delays in a row, for the doubling */
	uint64_t n_deaths;   /* ever */
	uint64_t death_ns[RESTART_REMEMBERED]; /* death n at n % RESTART_REMEMBERED */
};

/* SPAWNED, REFUSED or READY. An event that its state cannot have is a must(). */
void restart_step(struct restart *r, enum restart_event event, uint64_t now_ns);

/* Its process is gone. False = it has not once become ready in max_failed_starts tries,
 * so the seat is given up. */
bool restart_died(struct restart *r, const struct restart_policy *p,
	uint64_t now_ns) ATTR_UNUSED_RESULT;

/* It has been told to leave and may take until kill_at_ns; a second time may only bring
 * that forward. A DEAD seat becomes EMPTY. */
void restart_tell(struct restart *r, uint64_t kill_at_ns);

/* What is due now? At most one thing a call, and each only once. */
enum restart_verdict restart_tick(struct restart *r, const struct restart_policy *p,
	uint64_t heartbeat_ns, uint64_t now_ns) ATTR_UNUSED_RESULT;

/* When restart_tick() will have something to say if nothing happens; UINT64_MAX never. */
uint64_t restart_due_ns(
	const struct restart *r, const struct restart_policy *p, uint64_t heartbeat_ns);

/* Is there a process in the seat? */
bool restart_is_alive(const struct restart *r);

#endif
