/*
 * Reading the rollups: the points of a dimension in a range, slice by slice as query.h
 * says. Newest spans first.
 *
 *	struct points_place at = points_start();
 *	do
 *		v = points_walk(s, &range, DIM_MODEL, &at, on_point, arg, &e);
 *	while (v == QUERY_MORE);
 *
 * The sums of two dimensions are equal only when both were read in one moment: hold the
 * store meanwhile (store_hold()).
 */
#ifndef STORE_POINTS_H
#define STORE_POINTS_H

#include "store/keys.h"
#include "store/range.h"
#include "store/query.h"
#include "store/times.h"

enum { POINTS_SLICE = 20000 }; /* within QUERY_SLICE_NS */

struct points_place {
	uint32_t n_done;   /* spans, from the newest on */
	struct key behind; /* go on behind this key; n = 0: at the span's begin */
	uint64_t next;     /* points_of_name(): the start to go on with */
	uint64_t n_bad;    /* damaged records passed by */
};

struct point {
	enum tier tier;
	uint64_t start_ms;
	struct str name;
	const struct totals *totals;
};

struct points_place points_start(void);

/* Runs within the transaction, as query.h says. */
typedef void points_fn(void *arg, const struct point *p);

enum query_verdict points_walk(struct store *s, const struct range *p, enum dim d,
	struct points_place *at, points_fn *fn, void *arg,
	struct err *e) ATTR_UNUSED_RESULT;

/* The points of one name in a span that is over, each looked up: their number does not grow
 * with that of the names. */
enum query_verdict points_of_name(struct store *s, const struct range_span *span,
	enum dim d, struct str name, struct points_place *at, points_fn *fn, void *arg,
	struct err *e) ATTR_UNUSED_RESULT;

enum query_verdict points_times(struct store *s, const struct range *p,
	struct points_place *at, struct times *sum, struct err *e) ATTR_UNUSED_RESULT;

#endif
