/*
 * The seats and who sits in them: one row of roles.def a role, one seat a process that
 * should run. What to do with a seat is decided by decide/restart.h; here it is done,
 * once a turn of the master's loop. The master runs it.
 *
 *	seat (record), seat (dispatch), seat (front 1) … seat (front workers)
 *	  └─ slot in the process table; a front's follows from its channel, so it is
 *	     another one after each death, while its number (its title) stays
 *
 * Order of a start: a role starts when all seats of the roles before it are ready, and
 * what comes after record also waits for record's client table. A seat whose process dies
 * later is filled again without looking at the others.
 */
#ifndef ATLASD_SUPERVISOR_H
#define ATLASD_SUPERVISOR_H

#include "decide/restart.h"
#include "process/heritage.h"

#include <sys/types.h>

struct keypage;
struct listener;
struct master;

struct child_role {
	enum proc_role role;
	int (*main)(const struct heritage *h);
	struct restart_policy policy;
	uint64_t grace_ns; /* from the end of the drain time until it is killed */
};

enum { CHILD_ROLES = 3, MAX_SEATS = CHILD_ROLES - 1 + MAX_FRONT_CHANNELS };

struct seat {
	const struct child_role *role;
	uint32_t number;        /* fronts: 1…; else 0 */
	uint32_t slot, channel; /* of the present or last process */
	pid_t pid;              /* for people; signals go by pidfd */
	int pidfd;              /* -1 = no process */
	int news_fd;     /* our end: to fronts sockets, to dispatch keys; -1 = none */
	bool has_ended;  /* the pidfd says so; not yet reaped */
	uint64_t ending; /* the number of the one that told it last to leave */
	struct restart restart;
};

struct supervisor {
	struct seat seat[MAX_SEATS];
	uint32_t n;             /* seats ever used; surplus ones stay, empty */
	uint32_t n_fronts;      /* how many of them fronts should have */
	uint64_t watched_ns;    /* when supervisor_watch() ran last */
	uint64_t judge_from_ns; /* older heartbeats count as of then */
};

/* In the order of their start. 0 ≤ ix < CHILD_ROLES. */
const struct child_role *supervisor_role(uint32_t ix);

/* One seat for record and dispatch each, and n_fronts more. */
void supervisor_init(struct supervisor *s, uint32_t n_fronts);

/* As many seats for fronts as that; those above it leave as soon as supervisor_fill()
 * runs. n_fronts is at most the channels less two. */
void supervisor_set_fronts(struct supervisor *s, uint32_t n_fronts);

/* Once a turn: who has become ready, who is mute, whose time is up, whose successor is
 * due. */
void supervisor_watch(struct master *m);

/* Once a turn while the service runs: start what is empty, in order; tell surplus
 * fronts to leave. */
void supervisor_fill(struct master *m);

/* When supervisor_watch() or supervisor_fill() will have something to do. */
uint64_t supervisor_due_ns(const struct master *m);

/* Tell the process of a seat to leave by that signal, to be killed at kill_at_ns. */
void supervisor_tell(
	struct master *m, struct seat *seat, int signal, uint64_t kill_at_ns);

/* The listening sockets that fronts have from now on. */
void supervisor_send_listeners(
	const struct supervisor *s, const struct listener *listener);

/* The upstream keys that dispatch has from its next settings on. False with errno: it has
 * not taken the last ones yet. */
bool supervisor_send_keys(
	const struct supervisor *s, const struct keypage *keys) ATTR_UNUSED_RESULT;

/* A signal to every process that there is. */
void supervisor_signal_all(const struct supervisor *s, int signal);

/* Is there a process in any seat of that role? */
bool supervisor_has(const struct supervisor *s, enum proc_role role);

enum { SEAT_NAME_BYTES = 24 };

/* "front 2", "dispatch". Returns out. */
const char *supervisor_name(const struct seat *seat, char out[static SEAT_NAME_BYTES]);

#endif
