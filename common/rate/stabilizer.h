/*
 * The calm after a storm: what an upstream key may do once the upstream has said "slower"
 * or has stopped answering. Pure: time and randomness are arguments; the caller sends.
 *
 *	             throttled, or several faults running
 *	 STEADY ─────────────────► BACKOFF ◄─────────────────────────────────┐
 *	    ▲                        │ due   ▲ throttle or fault             │
 *	    │                        ▼       │                               │ throttle,
 *	    │       ┌──────────────► PROBE ──┼─► PROBING ───accepted──► HOLD ┤ faults
 *	    │       │ due            ▲   sent│     │                      │  │
 *	    │       │                └───lost┴─────┘                  due │  │
 *	    │  OUT_OF_SERVICE ◄── no credit, or the key is refused        ▼  │
 *	    └────────── the limit is reached ◄─────────────────────────── RAMP
 *
 *	STEADY   the limits alone decide
 *	BACKOFF  nothing is sent: Retry-After, or an exponential delay with jitter
 *	PROBE    one request may go; PROBING: it is out, and only its end counts: what was
 *	         sent before the incident says nothing new
 *	HOLD     a steady pace for policy.hold_ns: what was accepted before the incident
 *	RAMP     the pace grows by half each hold_ns ("at most 50 % per 15 minutes", OpenAI)
 *	OUT_OF_SERVICE  requests are refused; one probe each policy.out_ns
 *
 * After mere faults (5xx, no connection) there is nothing to hold: HOLD and RAMP are over
 * at once. The held pace is what was accepted in the minute before, at least a tenth of
 * the limit; where too little was sent for a measure, half of the limit. A throttle while
 * holding halves it, one while ramping goes back to it.
 */
#ifndef RATE_STABILIZER_H
#define RATE_STABILIZER_H

#include "base/attr.h"

enum stabilizer_state {
	STABILIZER_STEADY,
	STABILIZER_BACKOFF,
	STABILIZER_PROBE,
	STABILIZER_PROBING,
	STABILIZER_HOLD,
	STABILIZER_RAMP,
	STABILIZER_OUT_OF_SERVICE,
	STABILIZER_STATES
};

enum stabilizer_event {
	STABILIZER_ON_THROTTLE, /* 429, slow_down, overloaded */
	STABILIZER_ON_FAULT,    /* 5xx, no connection, no answer */
	STABILIZER_ON_ACCEPT,   /* an answer, whatever it says about the request */
	STABILIZER_ON_REFUSED,  /* no credit left, or the key is void */
	STABILIZER_ON_SENT,     /* a request has left */
	STABILIZER_ON_LOST,     /* one ended and said nothing about the upstream */
	STABILIZER_ON_RESET,    /* an administrator, or a new key */
	STABILIZER_ON_DUE,      /* from stabilizer_tick() */
	STABILIZER_EVENTS
};

/* Why it is not STEADY. */
enum stabilizer_cause {
	STABILIZER_BY_FAULT,
	STABILIZER_BY_THROTTLE,
	STABILIZER_CAUSES
};

struct stabilizer_policy {
	uint64_t hold_ns; /* the setting; 0 = neither hold nor ramp */
	uint64_t base_delay_ns, max_delay_ns;
	uint64_t out_ns;   /* between two probes of a key out of service */
	uint64_t n_faults; /* running, that make an incident, at least 1 */
	uint64_t requests_per_minute, tokens_per_minute; /* the limits; 0 = none */
};

enum { STABILIZER_CELLS = 12 }; /* of five seconds: the minute before an incident */

struct stabilizer {
	enum stabilizer_state state;
	enum stabilizer_cause cause;
	uint32_t n_errors; /* since anything was accepted */
	uint64_t since_ns; /* of the state */
	uint64_t due_ns;   /* when the state ends by itself, UINT64_MAX = never */
	uint64_t held_requests, held_tokens; /* an hour, of HOLD; 0 = no pace */
	uint64_t cell;                       /* number of the newest cell */
	uint64_t sent[STABILIZER_CELLS];
	uint64_t requests[STABILIZER_CELLS], tokens[STABILIZER_CELLS]; /* accepted */
};

/* What happened, for stabilizer_step(). */
struct stabilizer_report {
	enum stabilizer_event event;
	uint64_t retry_after_ns; /* of a THROTTLE or FAULT, 0 = none */
	uint64_t tokens;         /* of an ACCEPT */
	uint64_t sent_ns;        /* when it left whose end this is */
	uint32_t random;         /* any 32 random bits */
};

/* Requests and tokens an hour that may leave; 0 = the limits alone decide. */
struct stabilizer_pace {
	uint64_t requests, tokens;
};

/* What outlives the process: all times are lengths. */
struct stabilizer_snapshot {
	uint32_t state, cause; /* enums; anything else is read as STEADY */
	uint64_t n_errors;
	uint64_t in_state_ns, remaining_ns; /* UINT64_MAX = no end */
	uint64_t held_requests, held_tokens;
};

/* STEADY. */
void stabilizer_init(struct stabilizer *s, uint64_t now_ns);

/* True = the state has changed. */
bool stabilizer_step(struct stabilizer *s, const struct stabilizer_policy *p,
	const struct stabilizer_report *r, uint64_t now_ns);

/* Let the time be now; true = the state has changed. */
bool stabilizer_tick(
	struct stabilizer *s, const struct stabilizer_policy *p, uint64_t now_ns);

/* When the next request may leave as far as the state goes: 0 = now, UINT64_MAX = when
 * the probe has ended. Ask after stabilizer_tick(). */
uint64_t stabilizer_earliest_ns(const struct stabilizer *s);

/* What the last incident has left to be held, never more than the limits of now; tokens
 * without a limit have no pace. */
struct stabilizer_pace stabilizer_held(
	const struct stabilizer *s, const struct stabilizer_policy *p);

/* The pace of HOLD and RAMP at this moment, within the same bounds. */
struct stabilizer_pace stabilizer_pace(
	const struct stabilizer *s, const struct stabilizer_policy *p, uint64_t now_ns);

/* To be kept, and back after away_ns in which nobody ran. A probe that was out is made
 * again; a key that was out of service is probed at once. */
struct stabilizer_snapshot stabilizer_save(const struct stabilizer *s, uint64_t now_ns);
void stabilizer_load(struct stabilizer *s, const struct stabilizer_snapshot *from,
	uint64_t away_ns, uint64_t now_ns);

const char *stabilizer_state_name(enum stabilizer_state state);

#endif
