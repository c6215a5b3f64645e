/*
 * How far back the rows go. They are taken out in the order in which they were closed
 * (prune.h), so none that is gone was sent after the oldest one left was closed.
 *
 *	extent_read(s, &before, &e)
 *	… read rows, slice by slice …
 *	extent_read(s, &now, &e)
 *	extent_has_lost(&before, &now, from_ms)     may one of them have gone meanwhile?
 */
#ifndef STORE_EXTENT_H
#define STORE_EXTENT_H

#include "store/store.h"

struct extent {
	uint64_t n_gone; /* rows that were taken out, ever */
	uint64_t
		whole_ms; /* all that was sent then or later is there; 0 = everything */
};

/* False = it cannot be read. */
bool extent_read(struct store *s, struct extent *out, struct err *e) ATTR_UNUSED_RESULT;

/* May a row have gone since `before` that was whole then and sent at from_ms or later?
 * False is certain. */
bool extent_has_lost(
	const struct extent *before, const struct extent *now, uint64_t from_ms);

#endif
