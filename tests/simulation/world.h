/*
 * A gateway in virtual time: the very objects of common/rate and common/decide that
 * atlasd links, with clients in front and a provider behind. One queue of events, no
 * clock, one seed: the same plan gives the same day, to the nanosecond.
 *
 *	struct world *w = world_new(&plan);
 *	world_run(w);                     every invariant is checked at every step
 *	… look at w->source[i], w->provider, w->n_…
 *	world_free(w);
 *
 * What it repeats of dispatch is the glue alone: which limits apply, when a probe may go,
 * what an answer means for the key.
 */
#ifndef SIMULATION_WORLD_H
#define SIMULATION_WORLD_H

#include "base/moment.h"
#include "decide/backlog.h"
#include "decide/retry.h"
#include "decide/wait.h"
#include "provider.h"
#include "rate/stabilizer.h"

/* Who asks. Closed: `outstanding` requests at a time, the next as one ends. Open: so many
 * a minute, at random. */
struct source {
	uint64_t client, session;
	uint32_t class;
	uint32_t outstanding;
	double per_minute;
	uint32_t batch; /* open: so many at once; 0 = 1 */
	uint64_t tokens_min, tokens_max;
	uint64_t guess;       /* reserves at least so much, whatever it comes to … */
	uint32_t guess_every; /* … each (1), every other (2) …; 0 = none does */
	uint64_t first_ns, last_ns; /* asks from then until then; last 0 = always */
	/* what came of it */
	uint64_t n_asked, n_done, n_failed, tokens;
	uint32_t *wait_ms; /* of each that started, n_waits of them */
	size_t n_waits;
};

struct plan {
	uint64_t rpm, rph, tpm, tph; /* 0 = none */
	uint64_t provider_rpm, provider_tpm;
	uint64_t burst_ns;
	uint32_t max_concurrent;
	uint64_t ageing;
	struct stabilizer_policy stabilizer;
	struct retry_policy retry;
	uint64_t max_wait_ns;
	uint64_t latency_min_ns, latency_max_ns; /* to the provider */
	uint64_t service_min_ns, service_max_ns;
	const struct weather *weather;
	size_t n_weather;
	struct source *source;
	size_t n_sources;
	uint64_t seed, until_ns;
	uint64_t most_attempts; /* ends the day earlier, 0 = never */
	bool keeps_ledger;      /* for world_restart_from_ledger() and world_sent() */
	bool check_positions;   /* compare foretold and true waits */
	bool check_order;       /* and who starts with who was told to: nobody comes in
	                           between */
};

struct world;

struct world_result {
	uint64_t now_ns;
	uint64_t n_attempts, n_retries, n_done, n_failed, n_probes;
	uint64_t most_probing;                /* in flight at once while PROBING */
	uint64_t n_broken;                    /* invariants */
	char broken[160];                     /* the first of them */
	uint64_t n_foretold, n_foretold_well; /* estimated waits */
	uint64_t n_in_order;                  /* starts at the very rank told */
	uint64_t sent_in_minute_most_held;    /* while holding */
	enum stabilizer_state state;
};

struct world *world_new(const struct plan *plan);
void world_run(struct world *w);
void world_free(struct world *w);

const struct world_result *world_result(const struct world *w);
const struct provider *world_provider(const struct world *w);
const struct stabilizer *world_key(const struct world *w);

/* The process dies and is born again after away_ns; windows and state are as the segment
 * keeps them. Call between two world_run() with a later until_ns. */
void world_restart(struct world *w, uint64_t away_ns);
void world_go_on_until(struct world *w, uint64_t until_ns);

/* It dies with its segment: what is used of the limits is read from the ledger, as record
 * and dispatch do it (base/moment, segment/past), and nobody knows what became of those
 * under way. The wall jumps meanwhile; a new boot has nothing else to go by. */
struct world_away {
	uint64_t away_ns;
	int64_t wall_jump_ms;
	bool is_new_boot;
};
void world_restart_from_ledger(struct world *w, const struct world_away *a);

/* The wall jumps while the process runs. */
void world_set_wall(struct world *w, int64_t jump_ms);

/* All that was ever sent, oldest first. */
struct world_sent {
	uint64_t at_ns; /* in truth */
	struct moment told;
	uint64_t tokens;
};
const struct world_sent *world_sent(const struct world *w, size_t *n);

#endif
