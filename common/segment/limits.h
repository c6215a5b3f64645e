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

#include "base/attr.h"
#include "rate/window.h"

enum limit_unit { LIMIT_REQUESTS, LIMIT_TOKENS, LIMIT_UNITS };

enum limit_state { LIMIT_EMPTY, LIMIT_ACTIVE, LIMIT_RETIRED, LIMIT_STATES };

enum { MAX_UPSTREAM_LIMITS = 64, LIMIT_SCOPE_BYTES = 48, MAX_UPSTREAM_KEYS = 16 };

/* W: dispatch  R: all. Words are read relaxed: each stands alone. */
struct upstream_limit {
	CACHE_ALIGNED _Atomic uint32_t
		state; /* enum limit_state; stored last, release */
	uint32_t unit; /* enum limit_unit */
	uint64_t window_ns;
	_Atomic uint64_t limit; /* units per window; 0 = no limit */
	_Atomic uint64_t used;  /* in the window, as of `as_of_ns` */
	_Atomic uint64_t as_of_ns;
	char scope[LIMIT_SCOPE_BYTES]; /* "all", later "key NAME", "model NAME" */
	struct window window;
};

/* What dispatch knows of each upstream key; never the key. W: dispatch  R: all. */
struct upstream_key {
	CACHE_ALIGNED _Atomic uint32_t
		state; /* 0 empty, 1 in service, 2 out of service */
	_Atomic uint32_t in_flight;
	_Atomic uint64_t since_ms; /* wall, of the state */
	char name[32];
	char fingerprint[16]; /* first 8 hex digits of its SHA-256 */
};

struct limits {
	struct upstream_limit limit[MAX_UPSTREAM_LIMITS];
	struct upstream_key key[MAX_UPSTREAM_KEYS];
};

/* Dispatch: the row of that identity, made when absent; NULL = all rows are taken. */
struct upstream_limit *limits_get(
	struct limits *l, const char *scope, enum limit_unit u, uint64_t window_ns);

/* Dispatch: set the rate; the window lives on. Relaxed. */
void limit_set(struct upstream_limit *l, uint64_t limit);

/* Dispatch: publish what the window holds now. Relaxed. */
void limit_publish(struct upstream_limit *l, uint64_t now_ns);

uint64_t limit_value(const struct upstream_limit *l);
uint64_t limit_used(const struct upstream_limit *l);
bool limit_is_active(const struct upstream_limit *l); /* acquire */

const char *limit_unit_name(enum limit_unit u); /* "requests", "tokens" */

#endif
