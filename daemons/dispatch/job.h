/*
 * A job: dispatch's private half of an exchange it owns, from its hint to DONE or FAILED.
 * The exchange is the truth; a job can be made again from it at any time.
 *
 *	             admitted             committed (strict)    first output
 *	 WAITING ──────────────► INTENT ─────────────► RUNNING ────────────► (RUNNING)
 *	    ▲                                             │ retry     │ end
 *	    └──────────────── BACKOFF ◄───────────────────┘           ▼
 *	                                                            ENDING ──► freed
 *
 *	WAITING  in the backlog                     exchange QUEUED
 *	INTENT   its intent waits to be on disk     exchange QUEUED
 *	RUNNING  a transfer is under way            exchange SENT or STREAMING
 *	BACKOFF  waits for its next attempt         exchange QUEUED
 *	ENDING   settled; reply bytes still wait for room in the pipe, exchange STREAMING
 *	JOINED   gets the answer of another with its Idempotency-Key (replay_store.h),
 *	         exchange QUEUED until that begins, then STREAMING
 */
#ifndef DISPATCH_JOB_H
#define DISPATCH_JOB_H

#include "decide/backlog.h"
#include "decide/stretch.h"
#include "decide/wait.h"
#include "dispatch/provider_rows.h"
#include "segment/hold.h"
#include "segment/segment.h"

enum job_state {
	JOB_WAITING,
	JOB_INTENT,
	JOB_RUNNING,
	JOB_BACKOFF,
	JOB_ENDING,
	JOB_JOINED,
	JOB_STATES
};

struct answer;
struct dispatch;
struct transfer;
struct reply;

struct job {
	struct job *prev, *next; /* in jobs->all */
	struct dispatch *dispatch;
	enum job_state state;
	uint32_t channel;
	struct exchange_ref ref;
	struct exchange *exchange;
	uint32_t backlog_node; /* WAITING */
	uint64_t due_ns;       /* BACKOFF: when it may wait in the backlog again */
	enum wait_reason due_reason; /* BACKOFF: why not before */
	uint64_t intent_position;    /* INTENT: in our fact lane */
	uint64_t estimate;           /* tokens reserved */
	uint64_t counted;            /* of them, what the provider counts in any case */
	uint64_t told_ns; /* WAITING: when its wait was told first, 0 = not yet */
	struct foretold foretold; /* and what was foretold then, before stretching */
	enum wait_reason held_by; /* what it waited for when it was told that last */
	struct hold hold;         /* the limit, where it was one */
	uint64_t sent_ms;         /* wall, of the attempt */
	uint64_t begun_ns;        /* when its limits were reserved */
	struct admission_limit limits[WAIT_LIMITS];
	size_t n_limits, n_shared; /* of them, those of all models, first */
	bool waits_for_model; /* WAITING: its model's limit was what held it back */
	bool waits_for_place; /* it has been counted: next, and as many ran as may */
	struct provider_sent provider;
	uint64_t last_byte_ns;     /* RUNNING: for the idle deadline */
	struct transfer *transfer; /* RUNNING */
	struct reply *reply;       /* RUNNING and ENDING */
	bool fails;                /* ENDING leads to FAILED, not to DONE */
	struct answer *answer; /* keyed: the one it makes, or waits for; NULL = none */
	size_t answer_at;      /* JOINED: what it has been given */
	struct job *next_joined; /* JOINED: waits for the same answer */
};

/* Every job there is, and the one of a slot. */
struct jobs {
	struct job *all;
	uint32_t n;
	struct job **by_slot[MAX_CHANNELS]; /* [slot], NULL = none */
	uint32_t n_slots[MAX_CHANNELS];     /* of these tables, which grow */
};

/* A job for the exchange of that slot, which must have none. Out of memory is a must. */
struct job *job_new(struct dispatch *d, const struct channel *c, uint32_t channel_ix,
	struct exchange_ref ref);

/* Forget it; its transfer and reply must be gone. */
void job_free(struct job *j);

/* The job of a slot, NULL = none. */
struct job *jobs_find(const struct jobs *js, uint32_t channel_ix, uint32_t slot);

/* The backlog's name for a job, and back; NULL when it is gone. */
uint64_t job_handle(const struct job *j);
struct job *jobs_by_handle(const struct jobs *js, uint64_t handle);

#endif
