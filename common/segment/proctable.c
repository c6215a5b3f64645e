/* The process table: master writes who and what state, each process its own pulse. */
#include "segment/proctable.h"

#include <stdatomic.h>

static const char *const role_names[ROLES] = {
	"none", "master", "dispatch", "record", "front"};
static const char *const state_names[PROC_STATES] = {
	"empty", "starting", "ready", "draining", "dead"};

uint32_t proc_begin(struct proc *p, const struct proc_who *who, uint64_t now_ms)
{
	/* Relaxed: the master is the only writer; proc_set_state() publishes. */
	uint32_t g = atomic_load_explicit(&p->generation, memory_order_relaxed) + 1;
	atomic_store_explicit(&p->generation, g, memory_order_relaxed);
	atomic_store_explicit(&p->number, who->number, memory_order_relaxed);
	atomic_store_explicit(&p->restarts, who->restarts, memory_order_relaxed);
	atomic_store_explicit(&p->role, (uint32_t)who->role, memory_order_relaxed);
	atomic_store_explicit(&p->started_ms, now_ms, memory_order_relaxed);
	atomic_store_explicit(&p->ready, 0, memory_order_relaxed);
	atomic_store_explicit(&p->heartbeat_ns, 0, memory_order_relaxed);
	atomic_store_explicit(&p->seen_epoch, 0, memory_order_relaxed);
	proc_set_state(p, PROC_STARTING);
	return g;
}

void proc_set_state(struct proc *p, enum proc_state s)
{
	atomic_store_explicit(&p->state, (uint32_t)s, memory_order_release);
}

void proc_set_pid(struct proc *p, uint32_t pid)
{
	/* Relaxed: for people only. */
	atomic_store_explicit(&p->pid, pid, memory_order_relaxed);
}

enum proc_state proc_state(const struct proc *p)
{
	/* pairs with proc_set_state() */
	uint32_t s = atomic_load_explicit(&p->state, memory_order_acquire);
	return s < PROC_STATES ? (enum proc_state)s : PROC_EMPTY;
}

enum proc_role proc_role(const struct proc *p)
{
	/* Relaxed: published by state, or read for display. */
	uint32_t r = atomic_load_explicit(&p->role, memory_order_relaxed);
	return r < ROLES ? (enum proc_role)r : ROLE_NONE;
}

uint32_t proc_generation(const struct proc *p)
{
	/* Relaxed: published by state. */
	return atomic_load_explicit(&p->generation, memory_order_relaxed);
}

uint32_t proc_pid(const struct proc *p)
{
	/* Relaxed, as the three below: for people only. */
	return atomic_load_explicit(&p->pid, memory_order_relaxed);
}

uint32_t proc_number(const struct proc *p)
{
	return atomic_load_explicit(&p->number, memory_order_relaxed);
}

uint32_t proc_restarts(const struct proc *p)
{
	return atomic_load_explicit(&p->restarts, memory_order_relaxed);
}

uint64_t proc_started_ms(const struct proc *p)
{
	return atomic_load_explicit(&p->started_ms, memory_order_relaxed);
}

void proc_beat(struct proc *p, uint64_t now_ns)
{
	/* Relaxed: the word is the whole message. */
	atomic_store_explicit(&p->heartbeat_ns, now_ns, memory_order_relaxed);
}

void proc_set_ready(struct proc *p)
{
	/* pairs with proc_is_ready() */
	atomic_store_explicit(&p->ready, 1, memory_order_release);
}

void proc_set_epoch(struct proc *p, uint64_t epoch)
{
	/* pairs with proc_epoch() */
	atomic_store_explicit(&p->seen_epoch, epoch, memory_order_release);
}

bool proc_is_ready(const struct proc *p)
{
	return atomic_load_explicit(&p->ready, memory_order_acquire) != 0;
}

uint64_t proc_epoch(const struct proc *p)
{
	return atomic_load_explicit(&p->seen_epoch, memory_order_acquire);
}

uint64_t proc_heartbeat_ns(const struct proc *p)
{
	/* Relaxed: the word is the whole message. */
	return atomic_load_explicit(&p->heartbeat_ns, memory_order_relaxed);
}

const char *proc_role_name(enum proc_role r)
{
	return r < ROLES ? role_names[r] : "impossible";
}

const char *proc_state_name(enum proc_state s)
{
	return s < PROC_STATES ? state_names[s] : "impossible";
}
