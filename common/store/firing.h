/*
 * Firing: the alerts that have been told to fire and not to be over, for the next start of
 * the whole service: what has ended meanwhile is still to be told. (A successor of record
 * alone goes on from the page in the segment.)
 *
 *	struct firing f;
 *	firing_read(s, &f, e);                            as a service starts
 *	ledger_keep_firing(l, &f, e)                      whenever there is news
 */
#ifndef STORE_FIRING_H
#define STORE_FIRING_H

#include "segment/alerts.h"
#include "store/ledger.h"
#include "store/seal.h"

enum { FIRING_VERSION = 1 };

/* As it is stored; those that do not fire are zero. */
struct firing {
	struct seal seal;
	struct alert_entry alert[ALERTS];
};

/* All zero when none was kept, or by a version that had other alerts. */
bool firing_read(struct store *s, struct firing *out, struct err *e) ATTR_UNUSED_RESULT;

/* Outside a transaction; durable. False as of ledger_commit(). */
bool ledger_keep_firing(
	struct ledger *l, struct firing *f, struct err *e) ATTR_UNUSED_RESULT;

#endif
