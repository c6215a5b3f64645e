/*
 * Inside store/: by how much rows were sent out of the order of their sequences. They are
 * looked for by halves, as if the times of sending grew with the sequence; where the wall
 * clock was set back they do not, and who looks for a moment has to look for an earlier
 * one to miss none.
 *
 *	order_note(s, txn, &newest_ms, sequence, sent_ms)     each new row, by the writer
 *	order_earlier(s, txn, wall_ms, &ms)                   by who looks for wall_ms
 *
 * One small record, written only while the wall is behind; it counts for as long as a row
 * that is out of order is kept.
 */
#ifndef STORE_ORDER_H
#define STORE_ORDER_H

#include "store/tables.h"

/* As it is stored; all zero when there is none. */
struct order {
	struct seal seal;
	uint64_t back_ms;  /* no row was sent longer before the newest of its time */
	uint64_t sequence; /* of the last row that was out of order */
};

/* A row that is written. *newest_ms: the latest time of sending until now, kept by the
 * caller. An LMDB code, as from the others. */
int order_note(const struct store *s, MDB_txn *txn, uint64_t *newest_ms,
	uint64_t sequence, uint64_t sent_ms) ATTR_UNUSED_RESULT;

/* What to look for instead of wall_ms, to be behind no row that was sent then or later. */
int order_earlier(const struct store *s, MDB_txn *txn, uint64_t wall_ms,
	uint64_t *ms) ATTR_UNUSED_RESULT;

#endif
