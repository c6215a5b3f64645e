/*
 * What may leave for the upstream: its limits and the state of its key, from the settings
 * to rows of the segment, and from a job to the list of those that apply to it. A reload
 * changes a row's rate and leaves its use alone; those of all requests count also while
 * there is no limit, so that one that a reload sets begins with what is used.
 *
 *	governor_gate()    does the key's state let anything pass?   rate/stabilizer
 *	governor_apply()   the limits of a job: windows, buckets, the pace held
 *	  … admission, attempt …
 *	governor_settle()  what the reservation has come to
 *	governor_heard()   what the answer says about the upstream
 */
#ifndef DISPATCH_GOVERNOR_H
#define DISPATCH_GOVERNOR_H

#include "decide/headroom.h"
#include "decide/history.h"
#include "decide/retry.h"
#include "decide/wait.h"
#include "dispatch/model_rows.h"
#include "dispatch/provider_rows.h"
#include "segment/facts.h"
#include "segment/orders.h"
#include "segment/past.h"

struct dispatch;
struct job;

enum { GOVERNOR_LIMITS = 4 }; /* requests and tokens, minute and hour */

struct governor {
	struct upstream_limit *all[GOVERNOR_LIMITS]; /* also where there is no limit */
	struct past *past; /* before this segment; NULL = none */
	struct stabilizer key;
	bool is_state_told; /* to the ledger */
	bool is_reset_told;
	uint64_t reset_client_id;
	struct stabilizer_policy policy;
	struct bucket pace_requests, pace_tokens; /* of HOLD and RAMP */
	uint64_t key_since_ns;                    /* when another key took its place */
	enum exchange_failure refusal; /* of requests while the key is out of service */
	struct retry_budget budget;
	struct history *history; /* in the segment */
	struct model_rows models;
	struct provider_rows provider;
	struct headroom headroom;
	uint64_t smallest_tokens; /* the smallest limit on all tokens, 0 = none */
	uint64_t mean_ns;         /* how long an attempt runs */
	struct upstream_flow flow;
};

/* At start: limits and the key go on where a predecessor left them, or, under a new
 * segment, where the ledger has them. Then as governor_adopt(). */
void governor_open(struct dispatch *d);
void governor_close(struct dispatch *d);

/* At each adoption of settings. A key that was out of service is tried again. */
void governor_adopt(struct dispatch *d);

/* Another key is in force from now on: what a request says of the one before, which it
 * left with, is no news of this one. Before governor_adopt(). */
void governor_note_key(struct dispatch *d);

/* May anything start now? */
enum governor_gate { GATE_OPEN, GATE_LATER, GATE_CLOSED };

/* LATER: not before *at_ns, UINT64_MAX = not before the probe has ended. CLOSED: the key
 * is out of service, fail with d->governor.refusal. */
enum governor_gate governor_gate(struct dispatch *d, uint64_t *at_ns);

/* Which limits the job must pass, with what cost: fills limits, n_limits and n_shared. */
void governor_apply(struct dispatch *d, struct job *j);

/* The smallest limit on a model's tokens, 0 = none. */
uint64_t governor_smallest_tokens(const struct dispatch *d, const char *model);

/* A row as admission sees it, with no cost; one without a limit only counts. */
struct admission_limit governor_limit(
	const struct dispatch *d, struct upstream_limit *l);

/* The limits that all requests share, with no cost; returns how many. */
size_t governor_shared(
	struct dispatch *d, struct admission_limit out[static WAIT_LIMITS]);

/* The job's request leaves. */
void governor_sent(struct dispatch *d, struct job *j);

/* How an attempt has ended, for limits, history and the key's state. */
struct governor_end {
	enum attempt_class class;
	enum attempt_outcome outcome;
	bool is_cancelled; /* by us, for reasons that are not the upstream's */
	uint64_t prompt_tokens, completion_tokens;
	uint64_t retry_after_ns;
};

/* Tokens that stay counted of what the job had reserved. */
uint64_t governor_charge(
	const struct dispatch *d, const struct job *j, const struct governor_end *e);

void governor_settle(struct dispatch *d, struct job *j, const struct governor_end *e);
void governor_heard(struct dispatch *d, struct job *j, const struct governor_end *e);

/* Nothing of the job has left: all it had reserved flows back. */
void governor_release(struct dispatch *d, struct job *j);

/* Forget what is used of the limits, take the key for steady; what is under way counts
 * for nothing any more. client_id: for the ledger. Returns what there was to forget. */
struct order_answer governor_reset(struct dispatch *d, uint64_t client_id);

/* A reset, and the key's state if it has changed, to the ledger, as soon as the lane has
 * room beside what is promised to settles. Before anything is sent, so that what follows
 * a reset follows it in the lane too. */
void governor_tell_record(struct dispatch *d);

/* Show everybody how the key is. */
void governor_publish(struct dispatch *d);

#endif
