/*
 * Upstream limits as dispatch keeps them: it is their only writer, so they are exact.
 * They stand in the segment so that a dispatch that dies leaves its use behind, and so
 * that anybody can see them.
 *
 * A limit has an identity (scope, unit, window). A reload that changes its rate keeps its
 * window, so the use is carried over; one that is no longer configured is retired and its
 * row taken again only when nothing reserved under it is open.
 */
#ifndef SEGMENT_LIMITS_H
#define SEGMENT_LIMITS_H

#include "decide/history.h"
#include "rate/bucket.h"
#include "rate/quantile.h"
#include "rate/stabilizer.h"
#include "rate/window.h"

enum limit_unit { LIMIT_REQUESTS, LIMIT_TOKENS, LIMIT_UNITS };

enum limit_state { LIMIT_EMPTY, LIMIT_ACTIVE, LIMIT_RETIRED, LIMIT_STATES };

enum { MAX_UPSTREAM_LIMITS = 64, LIMIT_SCOPE_BYTES = 48, MAX_UPSTREAM_KEYS = 8 };

/* How much longer than it says a window is kept: what leaves here later than another
 * request may reach the upstream before it. */
#define LIMIT_GUARD_NS UINT64_C(250000000)

/* A minute limit flows evenly over so long: the window's length with its guard and its
 * oldest cell, so that in a steady flow the bucket decides and the window never does. */
#define LIMIT_PACE_NS UINT64_C(60500000000)

/* W: dispatch  R: all. Words are read relaxed: each stands alone. */
struct upstream_limit {
	CACHE_ALIGNED _Atomic uint32_t
		state; /* enum limit_state; stored last, release */
	uint32_t unit; /* enum limit_unit */
	uint64_t window_ns;
	_Atomic uint64_t limit;        /* units per window; 0 = no limit */
	char scope[LIMIT_SCOPE_BYTES]; /* "all", "model NAME", "provider MODEL" */
	struct bucket bucket;          /* smooths a minute limit */
	struct window window;
};

struct limits {
	struct upstream_limit limit[MAX_UPSTREAM_LIMITS];
	struct history history; /* what requests without max_tokens are charged by */
};

/* What dispatch knows of each upstream key; never the key. It goes on from here when it
 * is born again. Published in a page. W: dispatch  R: all */
struct upstream_key {
	char name[32];
	char fingerprint[16]; /* first 8 hex digits of its SHA-256 */
	uint64_t as_of_ns, as_of_ms;
	struct stabilizer_snapshot stabilizer;
	uint64_t pace_requests, pace_tokens; /* an hour, at as_of_ns; 0 = free */
	uint64_t n_running;
	uint64_t mean_ns; /* how long a request runs */
};

/* And of those who waited and ran, since the segment was made, as the counters. What
 * dispatch had not published when it died is in no sum. */
struct upstream_flow {
	uint64_t n_started, waited_ns; /* sums over first attempts */
	uint64_t n_ended, ran_ns;      /* sums over answered attempts */
	struct quantile wait_ms;
};

struct upstream_keys {
	uint64_t n;
	struct upstream_key key[MAX_UPSTREAM_KEYS];
	struct upstream_flow flow;
	struct history_told usual; /* what models write, for the guesses of fronts */
};

_Static_assert(sizeof(struct upstream_keys) % 8 == 0, "a page holds whole words");

struct past; /* segment/past.h */

/* Dispatch: the row of that identity; when absent it is made, with what the past knows of
 * it (NULL = nothing). NULL = all rows are taken. */
struct upstream_limit *limits_get(struct limits *l, const struct past *past,
	const char *scope, enum limit_unit u, uint64_t window_ns);

/* The number of the row with that window; MAX_UPSTREAM_LIMITS = none has it. */
size_t limits_row(const struct limits *l, const struct window *window);

/* Dispatch: forget what has been used. The window's own stores. */
void limit_forget(struct upstream_limit *l);

/* Dispatch: set the rate. The window lives on, and what is missing in the bucket is as
 * many units as before. Relaxed. */
void limit_set(struct upstream_limit *l, uint64_t limit, uint64_t now_ns);

uint64_t limit_value(const struct upstream_limit *l);

/* Does its bucket count too? That of a minute limit does. */
bool limit_is_smoothed(const struct upstream_limit *l);

/* How such a bucket flows under that limit (not 0): as much as flows in burst_ns, and at
 * least one, may go at one instant. Pure. */
struct bucket_rate limit_rate(uint64_t limit, uint64_t burst_ns);

bool limit_is_active(const struct upstream_limit *l); /* acquire */

const char *limit_unit_name(enum limit_unit u); /* "requests", "tokens" */

#endif
