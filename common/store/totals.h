/*
 * Totals: what rows add up to, in the one way it is done everywhere: for a minute, a
 * session and everything; in the ledger, the pulse and every answer.
 *
 * What is counted, exactly:
 *	attempt    a row that reached OpenAI: settled, UNKNOWN, or RELEASED with a status
 *	           (OpenAI answered and charged nothing); one still OPEN is in no total,
 *	           one never sent only in unsent, retried and ended
 *	request    a client's request with at least one such attempt; counted once, at
 *	           the first of them to be settled
 *	unknown_…  the part of the other figures that UNKNOWN attempts put in, at the upper
 *	           end of their interval; unknown_requests are requests with one
 *	estimated… the part of attempts that were answered without a usage report
 *	measured…  what prompts were long, and the tokens that the provider counted in
 *	           them: of attempts settled by its usage report
 *	ended      requests whose last attempt is settled; answered, failed, cancelled: of
 *	           them those that ended so (segment/ending.h), the rest were refused
 *	retried    attempts after which a retry was called for, sent or not
 *	minute     the one in which the attempt was sent
 *
 * Sums stop at the end of their range instead of wrapping.
 */
#ifndef STORE_TOTALS_H
#define STORE_TOTALS_H

#include "store/row.h"

/* Stored as it stands: a change raises TOTALS_VERSION. */
struct totals {
	uint64_t requests, attempts;
	uint64_t prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens;
	uint64_t total_tokens; /* prompt + completion */
	uint64_t cost_nanousd;
	uint64_t measured_chars, measured_tokens; /* of prompts */
	uint64_t unknown_requests, unknown_tokens, unknown_nanousd;
	uint64_t estimated, estimated_nanousd;       /* attempts, and their part */
	uint64_t unpriced;                           /* attempts */
	uint64_t ended, answered, failed, cancelled; /* requests */
	uint64_t retried, unsent;                    /* attempts */
	uint64_t first_ms, last_ms; /* wall, of sending; 0 = nothing yet */
};

enum { TOTALS_VERSION = 5 };

/* What a row counts for: nothing while it is OPEN. */
struct totals totals_of_row(const struct row *r);

/* a += totals_of_row(). */
void totals_add_row(struct totals *t, const struct row *r);

/* Of those that ended, the ones that say how well it goes: answered and failed. */
uint64_t totals_judged(const struct totals *t);
uint64_t totals_refused(const struct totals *t);

/* a += b. */
void totals_add(struct totals *a, const struct totals *b);

#endif
