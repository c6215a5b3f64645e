/*
 * The performance score: 100 minus what went wrong, each part with a most it can cost.
 *
 *	part          costs                                      at most
 *	failures      2 for each 1 % of requests that failed, of  40
 *	              those that were answered or failed
 *	retries       0.4 for each 1 % of attempts that were sent 20
 *	              after which a retry was called for
 *	waiting       rising from 1 s to 60 s of p90 wait         20
 *	unknown       1 for each 1 % of requests that reached the 10
 *	              upstream and have an attempt of unknown fate
 *	utilization   rising from 80 % to 100 % of the fullest
 *	              upstream limit                              10
 *
 * Each part is multiplied first and rounded once, to the nearest hundredth, so that anyone
 * comes to the same by hand. With nothing to judge it is 100. Pure; integers, so that it is
 * the same everywhere.
 */
#ifndef INSIGHT_SCORE_H
#define INSIGHT_SCORE_H

#include "store/survey.h"

struct score_input {
	uint64_t judged, failed;    /* requests: totals_judged() */
	uint64_t requests, unknown; /* requests that reached the upstream */
	uint64_t attempts, retried; /* score_sent() */
	uint64_t wait_p90_ms;
	uint64_t utilization; /* of the fullest limit, in thousandths */
};

/* What each part costs, in hundredths of a point. */
struct score {
	uint32_t failures, retries, waiting, unknown, utilization;
	uint32_t left; /* of 10000 */
};

/* The attempts after which a retry may be called for, with DIM_ERROR read: those that reached
 * the upstream, and those whose connection it refused. What was given up in the queue is none. */
uint64_t score_sent(const struct survey *v);

/* All but the utilization; with DIM_ERROR and SURVEY_TIMES read. */
struct score_input score_input_of(const struct survey *v);
struct score score_of(const struct score_input *in);

#endif
