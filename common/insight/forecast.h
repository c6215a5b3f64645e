/*
 * What is going to be spent if it goes on like this: the run rate of a period, carried on.
 *
 *	rate = cost of the period / observed_ms, the part of it since anything was sent
 *
 * Of less than FORECAST_LEAST_MS nothing can be said: a handful of requests would be blown
 * up to a month. is_known tells, and all sums are 0 then. Pure.
 */
#ifndef INSIGHT_FORECAST_H
#define INSIGHT_FORECAST_H

#include "store/totals.h"

#define FORECAST_LEAST_MS UINT64_C(600000)

struct run_rate {
	bool is_known;
	uint64_t hour_nanousd, day_nanousd, week_nanousd,
		month_nanousd; /* of 30 days */
	uint64_t observed_ms;
};

struct run_rate forecast_run_rate(
	const struct totals *t, uint64_t from_ms, uint64_t now_ms);

/* This period against the one before it, in thousandths, to the nearest: 1000 = as much again more, -1000
 * = nothing any more; both empty = 0; nothing before and something now = INT64_MAX. */
int64_t forecast_change(uint64_t now, uint64_t before);

#endif
