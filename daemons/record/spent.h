/*
 * What each client has spent this day, week and month, for the budgets that fronts check:
 * read from the rollups at the start, kept up with every counted row, and published to the
 * segment after the commit and before the fact lanes are given back. Run by record.
 *
 *	ledger_open(… on_counted = spent_on_counted, arg = &s …)
 *	spent_open(&s, clients, store, now_ms, e)
 *	spent_look(&s, now_ms, e)                        each turn
 *	… a transaction, its commit …
 *	spent_publish(&s, now_ms);  harvest_release(…)
 *
 * A row belongs to the periods in which its attempt was sent, as in every sum of the
 * ledger; UNKNOWN ones count at their upper end. Kept is what belongs to the periods of
 * now: when the wall is set to another day that day is read from the rollups again. Rows
 * of no token that is in the table are nobody's budget. The table grows with the ids that
 * have spent something in a month, those of tokens that are gone among them.
 */
#ifndef RECORD_SPENT_H
#define RECORD_SPENT_H

#include "segment/client_use.h"
#include "store/store.h"

struct row;
struct spent_entry;

/* Of a day, a week and a month: the number of each, and what was spent in it. */
struct spent_periods {
	uint64_t number[PERIODS], nanousd[PERIODS];
};

struct spent {
	struct clients *clients; /* NULL = not open yet: nothing is kept */
	struct store *store;
	uint64_t now_ms;    /* as of the last look: the periods that are kept */
	uint64_t latest_ms; /* when the latest that was ever added was sent */
	struct spent_entry *entry;
	uint32_t size; /* a power of two */
	uint32_t n, n_changed;
	uint32_t *changed;        /* [size] those to publish */
	struct spent_periods all; /* by everybody */
};

/* The tokens are in the table. False = the ledger cannot be read. */
bool spent_open(struct spent *s, struct clients *c, struct store *store,
	uint64_t now_ms, struct err *e) ATTR_UNUSED_RESULT;
void spent_close(struct spent *s);

/* What day is it? Outside a transaction. False = the ledger cannot be read. */
bool spent_look(struct spent *s, uint64_t now_ms, struct err *e) ATTR_UNUSED_RESULT;

/* A ledger_counted_fn; arg is the struct spent. */
void spent_on_counted(void *arg, const struct row *r);

/* By everybody, in the periods of now_ms. */
void spent_total(
	const struct spent *s, uint64_t now_ms, uint64_t nanousd[static PERIODS]);

/* What has changed since the last time. */
void spent_publish(struct spent *s, uint64_t now_ms);

#endif
