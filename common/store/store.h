/*
 * The store: the ledger's files, opened by one process. Whoever only reads opens them
 * here; record, the one writer, does through store/ledger.h.
 *
 *	struct store *s;
 *	if (!store_open_readonly(&s, settings.data_dir, &e)) …
 *	query_…(s, …);                          store/query.h
 *	store_close(s);
 *
 *	data_dir/ledger.lock       flock of the one writer
 *	data_dir/ledger/           data.mdb, lock.mdb; 0700, made whole under another
 *	                           name and then renamed
 *
 * LMDB wants one handle a process, opened after the fork and never inherited. A reader
 * that dies within a transaction keeps old pages alive until store_clear_dead_readers().
 * Full: STORE_MAX_READERS readers; the next one gets an error.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/err.h"
#include "segment/proctable.h"

enum { STORE_MAX_READERS = MAX_FRONT_CHANNELS + 1 + 32 };

struct store; /* opaque */

/* For reading. False when there is no ledger yet (no record has run with this data_dir),
 * when its format is of another version, or when the system refuses. */
bool store_open_readonly(
	struct store **out, const char *data_dir, struct err *e) ATTR_UNUSED_RESULT;
void store_close(struct store *s); /* NULL is fine */

/* Does another file stand there by now (a copy that was put back), or another lock file, by
 * which the writer does not see who reads? One that was only taken away can be read on. */
bool store_is_replaced(const struct store *s, const char *data_dir);

/* Let all reads through s see this very moment until store_release(), however many slices
 * they take: sums that must agree are read so. For seconds at most: what the writer frees
 * meanwhile it cannot use again. For readers only; not twice. */
bool store_hold(struct store *s, struct err *e) ATTR_UNUSED_RESULT;
void store_release(struct store *s); /* nothing held is fine */

/* Forget readers whose process is gone; how many there were. */
uint64_t store_clear_dead_readers(struct store *s);

/* Bytes of the file that hold, or have held, something. */
uint64_t store_bytes(const struct store *s);

#endif
