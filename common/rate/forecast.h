/*
 * When a limit will have room for one request after another, if each starts as soon as it
 * fits: what the estimated wait is made of. Pure; it takes nothing.
 *
 *	struct forecast f;
 *	forecast_begin(&f, window, limit, now_ns);    window may be NULL
 *	forecast_pace(&f, bucket, &rate);             if a bucket guards it too
 *	in_ns = forecast_next(&f, cost);              for each in the order they start
 *
 * What starts now leaves the window one length later, so behind one whole limit the
 * window's own past repeats. Costs n × O(1) and once 257 for each whole limit.
 */
#ifndef RATE_FORECAST_H
#define RATE_FORECAST_H

#include "rate/bucket.h"
#include "rate/window.h"

struct forecast {
	const struct window *window; /* NULL = none */
	uint64_t limit, now_ns;
	uint64_t used, room;     /* of it at now_ns */
	uint64_t asked;          /* by all so far */
	uint64_t turn;           /* whole limits before what is asked now */
	uint64_t cell;           /* cells of the window that have left in this turn */
	uint64_t freed;          /* what they held */
	uint64_t level_ns;       /* of the bucket: until it is idle */
	struct bucket_rate rate; /* tokens = 0: no bucket */
	uint64_t cost;           /* of the last one */
	bool is_paced; /* the window would let that one pass, the bucket not */
};

void forecast_begin(
	struct forecast *f, const struct window *w, uint64_t limit, uint64_t now_ns);
void forecast_pace(
	struct forecast *f, const struct bucket *b, const struct bucket_rate *rate);

/* How long from now until the next one fits too. Relaxed loads: a snapshot. */
uint64_t forecast_next(struct forecast *f, uint64_t cost);

/* What makes the last one wait: used + ahead + needed is more than burst, or else limit. */
struct forecast_hold {
	uint64_t limit; /* a window; without one, a period of the bucket */
	uint64_t
		burst; /* 0 = the window says no; else only the bucket, of so many units */
	uint64_t used;   /* of the one that says no, at now_ns */
	uint64_t ahead;  /* asked by those before it */
	uint64_t needed; /* by itself */
};
struct forecast_hold forecast_hold(const struct forecast *f);

#endif
