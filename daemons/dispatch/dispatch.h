/*
 * Dispatch, the process that decides when: what its files share. It owns every
 * connection to the upstream and its keys, the order of the queue, upstream limits and
 * retries. It never touches the ledger on disk and never a client's connection.
 *
 *	intake.c    hints and scans → jobs in the backlog
 *	obey.c      orders of other processes: cancel
 *	schedule.c  backlog → the next job that fits the limits starts an attempt
 *	attempt.c   one attempt: intent, send, verdict, settle, retry or end
 *	transfer.c  one HTTP exchange by libcurl, turned into events
 *	curlmux.c   libcurl's sockets and timer on our event base
 *	reply.c     reply bytes: SSE events judged and cut, pipe, spill, pause
 *	replay_store.c  answers for Idempotency-Keys, and who waits for them
 *	keystore.c  the upstream keys, from the master
 *	governor.c  upstream limits of the settings, the key's state
 *	governor_told.c  what the ledger hears of them; forgetting them on demand
 *	provider_rows.c  limits that the upstream tells, model by model
 *	position.c  who stands where in the queue, and for how long
 *	toolcall.c  calls of tools of the configuration
 *	webhook.c   news of alerts to [alerts] webhook
 *	recover.c   what a dead predecessor or a dead front left behind
 */
#ifndef DISPATCH_DISPATCH_H
#define DISPATCH_DISPATCH_H

#include "conf/models.h"
#include "decide/backlog.h"
#include "decide/commit_watch.h"
#include "decide/replay.h"
#include "decide/stretch.h"
#include "dispatch/governor.h"
#include "dispatch/job.h"
#include "dispatch/keystore.h"
#include "dispatch/toolcall.h"
#include "dispatch/transfer.h"
#include "dispatch/webhook.h"
#include "process/process.h"

struct dispatch {
	struct process process;
	struct facts facts;
	struct commit_watch commits;   /* do they get into the ledger? */
	uint64_t facts_reserved_bytes; /* promised to settles of attempts under way */
	struct keystore keys;
	struct models *models;
	uint64_t catalogue_epoch;
	struct transfers transfers;
	struct toolcalls toolcalls;
	struct webhook webhook;    /* of alerts */
	struct upstream *upstream; /* URL and headers of the settings in force */
	struct backlog *backlog;
	struct jobs jobs;
	struct replays replays;         /* see replay_store.h */
	struct answer *changed_answers; /* those who wait for them have not been told */
	struct channel channels[MAX_CHANNELS];
	struct backlog *order;  /* the copy that foretells positions */
	struct stretch stretch; /* and how far its waits have been off */
	struct wait_late late;  /* of those that run, as of next_late_ns */
	struct governor governor;
	uint32_t n_running;
	uint64_t spilled_bytes; /* of all jobs */
	uint64_t next_sweep_ns, next_scan_ns, next_position_ns, next_late_ns;
	uint64_t wake_ns;        /* when the first of the backlog will fit */
	uint64_t aside_until_ns; /* nobody stands aside for his model for longer */
	struct bucket *behind; /* a window that was waited for, see admission_defer() */
	struct event *wake;
	bool told[MAX_CHANNELS]; /* fronts to ring at the end of the turn */
	bool facts_pushed;       /* record to ring at the end of the turn */
};

/* A reply of ours in the channel's news; rung at the end of the turn. */
void dispatch_tell(struct dispatch *d, struct job *j);

/* The prices and models of the newest catalogue page. */
void dispatch_adopt_catalogue(struct dispatch *d);

#endif
