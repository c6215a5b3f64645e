/*
 * What is going to be spent if it goes on like this: the run rate of a period, carried on.
 *
 *	rate = cost of the period / the part of it in which anything was sent, 1 h at least
 *
 * So a first hour that is not over yet counts as one in which nothing more comes: a guess at
 * the low side, instead of minutes blown up to a month. observed_ms tells it apart. Pure.
 */
#ifndef INSIGHT_FORECAST_H
#define INSIGHT_FORECAST_H

#include "store/totals.h"

struct run_rate {
	uint64_t hour_nanousd, day_nanousd, week_nanousd,
		month_nanousd; /* of 30 days */
	uint64_t observed_ms;
};

struct run_rate forecast_run_rate(
	const struct totals *t, uint64_t from_ms, uint64_t now_ms);

/* This period against the one before it, in thousandths: 1000 = as much again more, -1000
 * = nothing any more; both empty = 0; nothing before and something now = INT64_MAX. */
int64_t forecast_change(uint64_t now, uint64_t before);

#endif
