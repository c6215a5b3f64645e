/*
 * Rollups: what rows add up to, by time and by what they belong to. Every row that is no
 * longer OPEN is in exactly one point of each dimension in each tier, so the points of
 * any dimension over any span sum to that span's total.
 *
 *	              TOTAL    MODEL    CLIENT    KEY    ERROR    SESSION
 *	MINUTE  …──┬────┬────┬────┬──  one point for each name that was seen in it
 *	HOUR    …──┴────┴────┴────┴──
 *	DAY     …──────────────────────
 *
 * A point's key is (tier, dimension, start, name); its start counts minutes, hours or
 * days since 1970 (UTC), of the moment the attempt was sent. They are written in the
 * transaction that settles the row: no reader ever sees a sum that is behind its rows.
 */
#ifndef STORE_ROLLUP_H
#define STORE_ROLLUP_H

#include "store/row.h"

enum tier { TIER_MINUTE, TIER_HOUR, TIER_DAY, TIERS };

enum dim {
	DIM_TOTAL,   /* name: "" */
	DIM_MODEL,   /* as asked */
	DIM_CLIENT,  /* 8 bytes: key_of_number(client id) */
	DIM_KEY,     /* the upstream key's name */
	DIM_ERROR,   /* row_error(); "" = none */
	DIM_SESSION, /* "" = none was named */
	DIMS
};

enum { ROLLUP_POINTS = TIERS * DIMS }; /* of one row */

/* How long a span of that tier is, and the one that a moment lies in. */
uint64_t tier_ms(enum tier t);
uint64_t tier_of_ms(enum tier t, uint64_t wall_ms);

/* The row's name in a dimension; buf (8 bytes) holds a client's. Views r or buf. */
struct str rollup_name(const struct row *r, enum dim d, char buf[static 8]);

#endif
