/*
 * The facts of an attempt and the arithmetic behind them: what is reserved, what it came
 * to, what it cost. Used for one's own attempts and for those a dead predecessor left.
 */
#ifndef DISPATCH_SETTLE_H
#define DISPATCH_SETTLE_H

#include "decide/retry.h"
#include "dispatch/dispatch.h"
#include "rate/estimate.h"
#include "text/usage.h"

/* What an attempt came to. */
struct settlement {
	enum attempt_outcome outcome;
	enum exchange_failure failure;
	bool final;                 /* no further attempt follows */
	unsigned status;            /* by which it was judged, 0 = by none */
	unsigned head;              /* of the answer that began, 0 = none did */
	struct usage_tokens tokens; /* SETTLED_*: true or estimated */
	const char *model_served;   /* "" = as asked */
	const char *service_tier;
	const char *upstream_id;
	const char *error_code;
	uint64_t n_chars;
	uint64_t charged_tokens;  /* governor_charge() */
	enum retry_word retry_by; /* not final: whose word retry_ns is */
	uint64_t retry_ns;
};

/* The tokens the limits are charged at admission: fills estimate and counted. */
void settle_estimate(const struct dispatch *d, struct job *j);

/* Push the intent of the exchange's newest attempt, and leave its bound in the reply part;
 * room must be there (must). */
void settle_push_intent(struct dispatch *d, struct exchange *x, const struct job *j);

/* Price it, write usage and cost into the reply part, push the settle fact, mark the
 * attempt closed. Exactly once an attempt; record ignores a second. */
void settle_attempt(struct dispatch *d, struct exchange *x, uint64_t sent_ms,
	const struct settlement *s);

/* Of a request that ends before it is sent, or sent again: where the ledger is to know how
 * it ended, an attempt that never left says so. What is turned away at the door (a full
 * queue, no ledger) is not written down, and nothing is where there is no room. */
void settle_unsent(struct dispatch *d, struct job *j, enum exchange_failure why);

/* For an attempt that is open: its intent stands, its settle may or may not. The request
 * ends with it, or, by FAILURE_NONE, does not. */
void settle_orphan(struct dispatch *d, struct exchange *x, enum attempt_outcome outcome,
	enum exchange_failure why);

/* For an attempt whose intent stands and that is never sent: the request ends with it. */
void settle_intent(struct dispatch *d, struct exchange *x, enum exchange_failure why);

enum { SETTLE_ROOM_BYTES = sizeof(struct fact_intent) + sizeof(struct fact_settle) };

#endif
