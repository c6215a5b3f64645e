/*
 * Inside insight/: what both formats of the provider's usage are read with. reconcile.c has
 * JSON and the comparison, reconcile_csv.c the other one, reconcile_costs.c what dollars need
 * and reconcile_day.c what dates do.
 */
#ifndef INSIGHT_RECONCILE_PARTS_H
#define INSIGHT_RECONCILE_PARTS_H

#include "insight/reconcile.h"

/* Of one line: no sum of a file's lines comes near what an integer holds. */
#define RECONCILE_COUNT_MAX UINT64_C(1000000000000)

enum { RECONCILE_DAY_S = 86400 };
#define RECONCILE_DAY_LAST                                                             \
	UINT64_C(999999) /* six digits in a key: far beyond any date */

/* "YYYY-MM-DD" at p. */
bool reconcile_is_date(const char *p);

/* The day (UTC) of seconds since 1970, of YYYY-MM-DD, or of that and a time: T or a blank,
 * HH:MM[:SS[.…]] and a zone, Z, UTC or ±HH[:]MM; none is UTC. Anything else is no date. */
bool reconcile_day(struct str s, uint64_t *day) ATTR_UNUSED_RESULT;

/* Dollars as somebody's program spelled them, an exponent included; at most ten million,
 * charged or, with a minus, given back. */
bool reconcile_amount(
	struct str s, bool *is_credit, uint64_t *nanousd) ATTR_UNUSED_RESULT;

/* They charge that for the day, or give it back. */
bool reconcile_cost(struct reconcile *r, uint64_t day, bool is_credit, uint64_t nanousd,
	struct err *e) ATTR_UNUSED_RESULT;

/* False = it is "usd", however written, or not given. */
bool reconcile_is_foreign(struct str currency);

/* This is in the file; false = so is the other kind. */
bool reconcile_holds(struct reconcile *r, enum reconcile_kind kind) ATTR_UNUSED_RESULT;

/* The export is about that day, whether anything was used on it or not. */
void reconcile_cover(struct reconcile *r, uint64_t day);

void reconcile_sum(
	struct groups *g, uint64_t day, struct str model, const struct totals *t);

bool reconcile_theirs(struct reconcile *r, uint64_t day, struct str model,
	const struct totals *t, struct err *e) ATTR_UNUSED_RESULT;

bool reconcile_csv(struct reconcile *r, struct str text, const char *name,
	struct err *e) ATTR_UNUSED_RESULT;

#endif
