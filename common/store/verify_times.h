/*
 * Inside store/: do the histograms of a tier say what the finer ones within say? Nothing
 * else that is kept could tell a whole record that is out of date.
 */
#ifndef STORE_VERIFY_TIMES_H
#define STORE_VERIFY_TIMES_H

#include "store/tables.h"

/* *n = the spans of that tier (HOUR, DAY), from that start on, whose histograms are not
 * those of the finer spans within. An LMDB code. */
int verify_times(const struct store *s, MDB_txn *txn, enum tier tier, uint64_t from,
	uint64_t *n) ATTR_UNUSED_RESULT;

#endif
