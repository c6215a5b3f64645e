/*
 * How long each waiting request will wait, told one after another in the order in which
 * they start. Pure: limits, pace and recent throughput are arguments.
 *
 * A place is free when one that runs has ended. All take the mean, as far as anybody knows;
 * but of one that has run for longer the mean says nothing any more: it runs about as long
 * again as it has run (Harchol-Balter and Downey, "Exploiting Process Lifetime
 * Distributions for Dynamic Load Balancing", SIGMETRICS 1996).
 *
 *	struct wait w;
 *	wait_begin(&w, limits, n, &flow, now_ns);     the limits that apply to all of them
 *	struct wait_answer a = wait_next(&w, tokens); for each in the backlog's order
 */
#ifndef DECIDE_WAIT_H
#define DECIDE_WAIT_H

#include "decide/admission.h"
#include "rate/forecast.h"

enum { WAIT_LIMITS = 12 };

enum wait_reason {
	WAIT_NOTHING,     /* it starts as soon as those before it have */
	WAIT_REQUESTS,    /* a limit on requests */
	WAIT_TOKENS,      /* a limit on tokens */
	WAIT_PACE,        /* the pace held after a throttle */
	WAIT_BACKOFF,     /* the upstream has said: not now */
	WAIT_CONCURRENCY, /* as many run as may */
	WAIT_FAULTS,      /* the upstream has not answered, or with errors of its own */
	WAIT_REASONS
};

/* Those that have run for longer than the mean; starts all zero. */
struct wait_late {
	uint32_t n;
	uint64_t ends_a_day; /* of all of them, were each followed by its like */
};

/* How long one that has run for age_ns goes on. */
uint64_t wait_rest_ns(uint64_t mean_ns, uint64_t age_ns);

/* One runs and has run for age_ns; does nothing when that is within the mean. */
void wait_late_note(struct wait_late *l, uint64_t mean_ns, uint64_t age_ns);

/* What is known beside the limits. */
struct wait_flow {
	uint64_t gate_ns; /* nothing starts before that moment, 0 = no gate */
	enum wait_reason gate_reason;
	uint32_t n_running, max_running;
	uint64_t mean_ns;      /* how long one request runs, 0 = not known */
	struct wait_late late; /* of those that run */
};

struct wait {
	struct forecast forecast[WAIT_LIMITS];
	enum wait_reason reason[WAIT_LIMITS];
	bool is_tokens[WAIT_LIMITS];
	size_t n;
	struct wait_flow flow;
	uint64_t now_ns, n_told;
};

struct wait_answer {
	uint64_t in_ns;
	enum wait_reason reason;   /* what it waits for longest */
	size_t binding;            /* which limit that is; the number of them = none */
	struct forecast_hold hold; /* its numbers, where there is one */
};

/* n above WAIT_LIMITS is a must. The limits' costs are not looked at. */
void wait_begin(struct wait *w, const struct admission_limit *limits, size_t n,
	const struct wait_flow *flow, uint64_t now_ns);

struct wait_answer wait_next(struct wait *w, uint64_t tokens);

/* Where somebody who waits stands, as it is told. */
struct wait_place {
	uint32_t rank; /* 0 = it has none, for it is not in the backlog */
	enum wait_reason reason;
	uint64_t wait_ms; /* until it is sent, or tried again … */
	bool times_out; /* … or until it has waited for as long as it may before that */
};

/* An estimate into what is told: nobody waits for longer than max_wait_ns in all. */
void wait_cap(struct wait_place *p, uint64_t waited_ns, uint64_t max_wait_ns);

/* What it was told last; starts all zero. */
struct wait_told {
	struct wait_place place;
	uint64_t at_ns;
};

/* Is that another place or end, or another wait than the one told becomes by mere waiting
 * (by more than a second and a fifth of it)? Then it counts as told. Who waits outside of
 * the backlog has no rank but a reason; neither = nothing is known yet, which is no news. */
bool wait_is_news(
	struct wait_told *told, const struct wait_place *place, uint64_t now_ns);

const char *wait_reason_name(enum wait_reason r); /* "requests", … */

#endif
