/*
 * The harvest: every process's fact lane, read into the ledger's open transaction and
 * given back only after the commit.
 *
 *	lane    released        cursor          written
 *	  ─────────|▒▒▒▒▒▒▒▒▒▒▒▒▒▒|░░░░░░░░░░░░░░░░|─────
 *	            in the open     not looked
 *	            transaction     at yet
 *
 * Killed anywhere, a successor starts at what the ledger itself says it holds. Bytes that
 * no writer of ours can have written make the lane skip to its end, counted and logged:
 * with the border of one fact lost, nothing behind it can be told apart.
 *
 * Bounded: HARVEST_MAX_FACTS a transaction, then the others' turn; a fact that changes
 * tokens closes its transaction, so there is at most one to tell the segment about.
 */
#ifndef RECORD_HARVEST_H
#define RECORD_HARVEST_H

#include "segment/segment.h"
#include "store/ledger.h"

enum { HARVEST_MAX_FACTS = 20000 };

struct harvest {
	const struct segment *segment;
	struct facts lane[MAX_SLOTS];
	uint64_t cursor[MAX_SLOTS];
	uint32_t n;     /* lanes, one a slot */
	uint32_t first; /* the one to begin with, so that none is always last */
};

/* What one transaction took. */
struct harvest_yield {
	uint64_t n_applied, n_repeated, n_bad;
	bool has_token; /* token holds a FACT_TOKEN… that was applied */
	union fact token;
};

/* Find the lanes; gives back what a predecessor had committed and not released. False =
 * a broken segment, or a ledger that holds less than was given back. */
bool harvest_open(struct harvest *h, const struct segment *s, const struct ledger *l,
	struct err *e) ATTR_UNUSED_RESULT;

/* The same for lanes that nobody writes to any more and that cannot be written: nothing is
 * given back. */
bool harvest_find(struct harvest *h, const struct segment *s,
	const struct ledger *l) ATTR_UNUSED_RESULT;

/* Is there a fact nobody has looked at? */
bool harvest_is_ripe(const struct harvest *h);

/* Is some lane more than half full, so that waiting any longer could stop its writer? */
bool harvest_is_pressing(const struct harvest *h);

/* Read on into the open transaction. */
void harvest_apply(struct harvest *h, struct ledger *l, struct harvest_yield *y);

/* After the commit: give back what was read. moved[slot] = that lane's position went on;
 * its process may be waiting for that. */
void harvest_release(struct harvest *h, bool moved[static MAX_SLOTS]);

#endif
