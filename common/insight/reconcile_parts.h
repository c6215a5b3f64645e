/*
 * Inside insight/: what both formats of the provider's usage are read with. reconcile.c has
 * JSON and the comparison, reconcile_csv.c the other one, reconcile_costs.c what dollars need,
 * reconcile_day.c what dates do and reconcile_models.c what names do.
 */
#ifndef INSIGHT_RECONCILE_PARTS_H
#define INSIGHT_RECONCILE_PARTS_H

#include "insight/reconcile.h"

/* Of one line: no sum of a file's lines comes near what an integer holds. */
#define RECONCILE_COUNT_MAX UINT64_C(1000000000000)

#define RECONCILE_EXPORT "the dashboard's export of usage by model, or of costs"

enum {
	RECONCILE_DAY_S = 86400,
	RECONCILE_DAY_CHARS = 7 /* of a sum's key: six digits, a blank, its model */
};
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

uint64_t reconcile_day_of_key(const char *key);

/* A model's name without its date. */
struct str reconcile_undated(struct str name);

/* A row of ours that was served a version of what it asked for says that the two are one;
 * then all sums are by what was asked. */
void reconcile_learn(struct reconcile *r, const struct row *row);
void reconcile_fold(struct reconcile *r);

bool reconcile_theirs(struct reconcile *r, uint64_t day, struct str model,
	const struct totals *t, struct err *e) ATTR_UNUSED_RESULT;

bool reconcile_csv(struct reconcile *r, struct str text, const char *name,
	struct err *e) ATTR_UNUSED_RESULT;

#endif
