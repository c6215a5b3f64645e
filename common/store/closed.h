/*
 * What spans that are over come to by name, and how their largest names went, kept so that
 * a dashboard which asks again does not add up again what cannot have changed.
 *
 *	struct groups *g = closed_find(c, d, &span, &total);     NULL = not known
 *	if (g == NULL)
 *		closed_keep(c, d, &span, &total, &fresh);              takes it
 *
 * What is kept is right as long as the span's total is what it was then, and is found only
 * with that: whatever is counted late, by a row that was sent before the span ended, is in
 * the total as well, in the same transaction (rollup.h), and no total ever goes back to
 * what it has been.
 *
 * Full (CLOSED_ENTRIES spans, or CLOSED_NAMES names in all, which is sixteen times what one
 * span can have): what was found longest ago goes.
 */
#ifndef STORE_CLOSED_H
#define STORE_CLOSED_H

#include "store/trail.h"
#include "store/groups.h"
#include "store/range.h"

enum { CLOSED_ENTRIES = 256, CLOSED_NAMES = 16 * GROUPS_MAX };

struct closed; /* opaque */

struct closed *closed_new(void);
void closed_free(struct closed *c); /* NULL is fine */

/* It is now_ms by the wall. What nobody has looked for while two spans of its tier went by
 * goes: nobody will look again for what began or ended with a minute that is over. */
void closed_age(struct closed *c, uint64_t now_ms);

struct groups *closed_find(struct closed *c, enum dim d, const struct range_span *span,
	const struct totals *total);

/* The longest span with sums that begins as this one does and ends before it; whether they
 * are right shows when they are looked for. False = none. */
bool closed_begun(const struct closed *c, enum dim d, const struct range_span *span,
	struct range_span *out);

/* Takes *g, which is NULL then; returns what was taken, for as long as nothing else is
 * kept. */
struct groups *closed_keep(struct closed *c, enum dim d, const struct range_span *span,
	const struct totals *total, struct groups **g);

/* The same for a trail of that span. */
const struct trail *closed_trail(struct closed *c, enum dim d,
	const struct range_span *span, const struct totals *total);
const struct trail *closed_keep_trail(struct closed *c, enum dim d,
	const struct range_span *span, const struct totals *total, struct trail **k);

#endif
