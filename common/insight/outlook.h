/*
 * What hours to come will add up to, learnt from hours that were: spend, tokens, requests,
 * whatever is counted hour by hour.
 *
 *	struct outlook o;
 *	if (outlook_learn(&o, &course))                 a day of history, at least
 *		r = outlook_sum(&o, from_ms, to_ms);    r.low … r.mid … r.high
 *
 * mid = level × what such hours are like. Each hour of the week has its own mean; as long
 * as there are few of it, it is drawn towards (hour of the day × day of the week), which
 * all hours share. The level is how the newest hours compare with such hours, the past
 * weighing half after OUTLOOK_HALF_LIFE hours.
 *
 * low to high holds nine outcomes in ten. It is not a formula's: the same forecast is made
 * at many moments of the past from what was known then, and what became of it says how far
 * it misses (split conformal prediction; Vovk et al., "Algorithmic Learning in a Random
 * World", 2005), for several lengths; between them the miss is interpolated. Where the past
 * holds only a few stretches of a length its band is widened. Where three forecasts in four
 * have missed a length to the same side, as they do while the level itself grows, the middle
 * of their misses is made up for. A month is longer than what can be tried on, so its band
 * is the week's, widened: of months that go on as before it holds nearly all, of those in
 * which the level is still to jump hardly any.
 *
 * A miss is a part of what was told: where the level has grown since, so would it have. No
 * band ends beyond three times what is told or has ever come.
 *
 * A last day outside its own band is taken for a change of level (a conformal test of one
 * day; ibid., chapter 7). Of two levels nobody can say yet which one it will be, so until
 * the level has followed, the band holds what either would come to, and that day itself
 * again and again: what its hours are like says little of another level.
 *
 *	  known then │ tried on            for each of these moments and lengths
 *	─────────────┼────────►            miss = (outcome − forecast) / forecast
 *
 * Hours next to which all that came since is another service are no history of it (a request
 * to try it with, and weeks later the work): nothing is learnt from them.
 *
 * Pure and the same everywhere. Doubles: these are guesses, nothing is booked from them.
 */
#ifndef INSIGHT_OUTLOOK_H
#define INSIGHT_OUTLOOK_H

#include "base/attr.h"

enum {
	OUTLOOK_WEEK = 168,
	OUTLOOK_HOURS = 8 * OUTLOOK_WEEK, /* more of the past is not looked at */
	OUTLOOK_LEAST = 24,
	OUTLOOK_LENGTHS = 6
};

/* Whole hours, without a gap, the oldest first; hours since 1970. */
struct outlook_course {
	uint64_t first_hour;
	uint32_t n;
	const uint64_t *value;
};

struct outlook_range {
	uint64_t low, mid, high;
};

struct outlook_miss {
	uint32_t hours;
	double times;     /* of the plain forecast is what is told */
	double low, high; /* of that: -0.2 and 0.3 = 20 % less, 30 % more */
	double most;      /* the largest outcome, by the hour */
};

struct outlook {
	uint64_t end_hour; /* behind the course */
	uint32_t n;
	double level, floor;       /* of a forecast by the hour, for its miss */
	bool has_turned;           /* the last day has another level: */
	double turned;             /* that of this day alone */
	double turned_hour;        /* what came of it in an hour */
	double like[OUTLOOK_WEEK]; /* hours of the week, from Monday on */
	uint32_t n_misses;
	struct outlook_miss miss[OUTLOOK_LENGTHS];
};

/* How many hours of a course come before its history. */
uint32_t outlook_begin(const struct outlook_course *c);

/* False = less than a day of history. */
bool outlook_learn(
	struct outlook *o, const struct outlook_course *c) ATTR_UNUSED_RESULT;

/* From one moment to a later one; what lies before the course's end counts as to come. */
struct outlook_range outlook_sum(
	const struct outlook *o, uint64_t from_ms, uint64_t to_ms);

/* When that much more will have been reached, with the band: low is the earliest. Each is
 * UINT64_MAX when it is not before the horizon. */
struct outlook_range outlook_reach(const struct outlook *o, uint64_t from_ms,
	uint64_t amount, uint64_t horizon_ms);

#endif
