/*
 * The map of the simulator: its parts by value, wired together once in main.c. It has no
 * fields of its own beyond counters and the two lists of exchanges.
 *
 * One turn of the loop (main.c):
 *
 *	events: requests are read and judged, their lines go into the bill's batch
 *	commit: one write and one fdatasync for all of them
 *	release: only now answers leave
 *	sweep: what has ended is freed
 */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include "bill.h"
#include "http.h"
#include "limiter.h"
#include "options.h"
#include "prefix.h"
#include "scenario.h"
#include "seen.h"
#include "weather.h"

struct event_base;
struct exchange;

struct sim {
	struct options options;
	struct event_base *base;
	struct http_server *api, *admin;
	struct bill bill;
	struct limiter limiter;
	struct weather weather;
	struct scenario scenario;
	struct seen ids,
		bodies; /* of requests that cost: x-client-request-id, whole body */
	uint64_t id_salt;
	struct prefix_cache prefixes;
	struct prefix_trail trail;    /* of the prompt being read */
	uint64_t n_requests, n_chats; /* so far: of any kind; of those that cost */
	uint64_t n_in_flight, max_in_flight;
	uint64_t n_reused; /* chats that came on a connection used before */
	struct exchange *recorded, **recorded_end; /* wait for bill_commit() */
	struct exchange *ended;                    /* wait for exchange_sweep() */
	struct buf content, wire; /* scratch of one call, empty between calls */
};

/* Routes of the two servers. */
extern const struct http_handler api_handler, admin_handler;

#endif
