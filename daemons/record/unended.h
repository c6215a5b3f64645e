/*
 * Unended: requests that had been tried and waited for their next attempt when nobody was
 * left to make it, as in a segment that was given up. Their rows say that another attempt
 * follows: here it is, one that never left, and that ends them as a stop of the service
 * does. Their clients have been told, or have lost their connection.
 *
 *	attempt 1 ── to be followed ──► [ attempt 2, released, final ]
 *
 * Run by record on a segment left behind, behind the facts in its lanes. Of an exchange
 * nothing is trusted but where its row is: the rest of the end is copied from there. Whoever
 * does it again finds the ends in the ledger.
 */
#ifndef RECORD_UNENDED_H
#define RECORD_UNENDED_H

#include "segment/segment.h"
#include "store/ledger.h"

/* *n grows by the facts that the ledger has taken. False = the ledger failed. */
bool unended_write(const struct segment *s, struct ledger *l, uint64_t now_ms,
	uint64_t *n, struct err *e) ATTR_UNUSED_RESULT;

#endif
