/*
 * The process table: who runs in which seat, and whether it still breathes.
 *
 * A process is named by (slot, generation), never by its pid: pids are reused. Slots are
 * fixed: 0 master, 1 dispatch, 2 record, then one a channel (the front that holds it).
 * Each process also has its bell and its fact lane here under the same slot number.
 */
#ifndef SEGMENT_PROCTABLE_H
#define SEGMENT_PROCTABLE_H

#include "base/attr.h"
#include "ipc/bell.h"

enum proc_role {
	ROLE_NONE,
	ROLE_MASTER,
	ROLE_DISPATCH,
	ROLE_RECORD,
	ROLE_FRONT,
	ROLES
};

enum proc_state {
	PROC_EMPTY,    /* never used, or its end has been dealt with */
	PROC_STARTING, /* forked; may not have reached its loop */
	PROC_READY,    /* in its loop */
	PROC_DRAINING, /* told to leave; finishes what it holds. The master itself: it has
			* been told that nothing new may begin (atlasctl drain) */
	PROC_DEAD,     /* gone; its channel may still wait to be wiped */
	PROC_STATES
};

enum {
	SLOT_MASTER,
	SLOT_DISPATCH,
	SLOT_RECORD,
	SLOT_FIRST_FRONT,
	MAX_FRONT_CHANNELS = 66, /* [server] max_workers at most 64, and two spares */
	MAX_SLOTS = SLOT_FIRST_FRONT + MAX_FRONT_CHANNELS
};

struct proc {
	/* W: master  R: all (release / acquire on state) */
	CACHE_ALIGNED _Atomic uint32_t state; /* enum proc_state */
	_Atomic uint32_t role;                /* enum proc_role */
	_Atomic uint32_t number;     /* fronts: 1…, whatever their slot; else 0 */
	_Atomic uint32_t generation; /* counts the incarnations of this slot */
	_Atomic uint32_t pid;        /* for people; nobody signals by it */
	_Atomic uint32_t restarts;   /* of its role and number, in any slot */
	_Atomic uint64_t started_ms; /* wall */
	/* W: the process itself  R: master, ctl (relaxed: each word stands alone) */
	CACHE_ALIGNED _Atomic uint64_t
		heartbeat_ns;        /* monotonic, at the top of its loop */
	_Atomic uint64_t seen_epoch; /* settings epoch it has adopted */
	_Atomic uint32_t ready;      /* 1 = reached its loop */
	/* W: the owner  R: ringers */
	struct bell_word bell;
};

struct proctable {
	struct proc proc[MAX_SLOTS];
};

/* Who a process is, for people. */
struct proc_who {
	enum proc_role role;
	uint32_t number, restarts;
};

/* Master: a new incarnation is about to be forked; returns its generation. Release. */
uint32_t proc_begin(struct proc *p, const struct proc_who *who, uint64_t now_ms);

/* Master: the state as the supervisor sees it. Release store; pairs with proc_state(). */
void proc_set_state(struct proc *p, enum proc_state s);
void proc_set_pid(struct proc *p, uint32_t pid);

enum proc_state proc_state(const struct proc *p);
enum proc_role proc_role(const struct proc *p);
uint32_t proc_generation(const struct proc *p);

/* For people. Relaxed. */
uint32_t proc_pid(const struct proc *p);
uint32_t proc_number(const struct proc *p);
uint32_t proc_restarts(const struct proc *p);
uint64_t proc_started_ms(const struct proc *p);

/* The process: once a turn of its loop. Relaxed: the word is the whole message. */
void proc_beat(struct proc *p, uint64_t now_ns);

/* The process: it has reached its loop / adopted that settings epoch. Release. */
void proc_set_ready(struct proc *p);
void proc_set_epoch(struct proc *p, uint64_t epoch);

bool proc_is_ready(const struct proc *p);
uint64_t proc_epoch(const struct proc *p);
uint64_t proc_heartbeat_ns(const struct proc *p);

const char *proc_role_name(enum proc_role r); /* "master", "front", … */
const char *proc_state_name(enum proc_state s);

#endif
