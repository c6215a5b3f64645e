/*
 * How a request has ended, as its operator counts it: the one definition behind the
 * ledger's sums, the counters, the success rate, the score and the alert.
 *
 *	ANSWERED    a whole answer, 2xx
 *	FAILED      not served, by the upstream's fault or ours: what an operator can mend
 *	REFUSED     not taken, or the request's own fault: a full queue, a 4xx of the
 *	            upstream's about it, larger than a whole limit, a key used twice
 *	CANCELLED   its client left, or somebody has ended it
 *
 * The success rate is ANSWERED of ANSWERED + FAILED; the others say nothing about the
 * service. Pure.
 */
#ifndef SEGMENT_ENDING_H
#define SEGMENT_ENDING_H

#include "segment/counters.h"
#include "segment/exchange.h"

enum exchange_ending {
	ENDING_ANSWERED,
	ENDING_FAILED,
	ENDING_REFUSED,
	ENDING_CANCELLED
};

/* status: of the upstream's answer, 0 = none came. */
enum exchange_ending exchange_ending(enum exchange_failure why, unsigned status);

/* What counts exchanges that ended so. */
enum counter_id exchange_ending_counter(enum exchange_failure why, unsigned status);

#endif
