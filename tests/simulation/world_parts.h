/*
 * The gateway of a simulation from inside: what world.c (asking, the day) and world_send.c
 * (limits, sending, answers) share, and world_restart.c takes apart.
 */
#ifndef SIMULATION_WORLD_PARTS_H
#define SIMULATION_WORLD_PARTS_H

#include "agenda.h"
#include "decide/admission.h"
#include "decide/headroom.h"
#include "decide/stretch.h"
#include "world.h"

enum { MAX_REQUESTS = 1 << 16, LIMITS = 4, JOB_LIMITS = 8 };

#define GUARD_NS (SECOND_NS / 4)             /* as LIMIT_GUARD_NS of the segment */
#define PACE_NS  (MINUTE_NS + SECOND_NS / 2) /* as LIMIT_PACE_NS */

enum kind { ASK, ARRIVE, ANSWER, AGAIN, TICK };

struct request {
	struct source *source;
	struct admission_limit limits[JOB_LIMITS];
	size_t n_limits;
	uint64_t queued_ns, sent_ns, tokens, reserved;
	uint64_t foretold_ns, told_ns; /* the moment; when it was told */
	struct foretold foretold;      /* the wait */
	uint32_t attempts, node, next_free, rank;
	struct answer answer;
	bool is_probe, is_running;
};

struct world {
	struct plan plan;
	struct world_result result;
	struct provider provider;
	struct agenda agenda;
	struct backlog *backlog, *copy;
	struct window window[LIMITS];
	struct bucket bucket[LIMITS], pace_requests, pace_tokens;
	struct stabilizer key;
	struct retry_budget budget;
	struct stretch stretch;
	struct headroom headroom;
	struct request *requests;
	uint32_t free_request, n_touched, n_running, n_probing;
	uint64_t now_ns, random, wake_ns, mean_ns;
	uint32_t next_rank;                /* of those that were told one */
	struct bucket *behind;             /* a window that was waited for */
	uint64_t held_since_ns, held_sent; /* of one minute of a hold */
	struct world_sent *sent;           /* the ledger, oldest first */
	size_t n_sent, cap_sent;
	int64_t wall_ahead_ms; /* of the wall, of the truth */
	uint32_t boot;
};

/* ---- world.c ---- */

uint64_t world_any(struct world *w, uint64_t n);
uint64_t world_between(struct world *w, uint64_t low, uint64_t high);
void world_must_hold(struct world *w, bool holds, const char *what);
void world_push(struct world *w, struct request *r);
void world_end(struct world *w, struct request *r, bool is_done);
void world_handle(struct world *w, struct event e);
uint64_t world_key_of(const struct request *r); /* whose wait is how far off */

/* ---- world_send.c ---- */

/* The limits that apply, with what so many tokens cost. */
size_t world_limits(struct world *w, uint64_t tokens, struct admission_limit *out);

/* True = something started or left; false = wait, wake_ns says until when. */
bool world_start_one(struct world *w);
void world_arrive(struct world *w, struct request *r);
void world_answer(struct world *w, struct request *r);

/* ---- world_restart.c ---- */

/* Write down that so much is sent now. */
void world_note_sent(struct world *w, uint64_t tokens);

#endif
