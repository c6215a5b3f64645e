/*
 * "Did you mean …": the known name closest to what somebody typed. Pure.
 *
 *	struct suggest s = {.typed = typed};
 *	for each known name
 *		suggest_offer(&s, name);
 *	… s.best, NULL when nothing is close
 *
 * Distance: optimal string alignment (Levenshtein's insertions, deletions and changes,
 * plus swapped neighbours), at most one for every three letters typed and never zero.
 */
#ifndef CONF_SUGGEST_H
#define CONF_SUGGEST_H

#include "base/attr.h"

enum { SUGGEST_MAX_BYTES = 32 }; /* longer names are never close to anything */

struct suggest {
	struct str typed;
	const char *best;
	size_t distance; /* of best */
};

/* Keep name as best if it is close enough and closer than any before it. */
void suggest_offer(struct suggest *s, const char *name);

#endif
