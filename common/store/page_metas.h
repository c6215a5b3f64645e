/*
 * Inside store/: LMDB's two meta pages, held against the state of the commit they lead to.
 * Commit N writes page N % 2 and nothing of the other; whoever opens the file goes by the
 * larger number alone, and by whatever stands beside it.
 *
 *	page N % 2        … map_bytes … N     the state of N says: txn, map_bytes
 *	page (N - 1) % 2  … N - 1             the state of N says: before, its hash
 *
 * So a page that has changed since is seen from the other one, whichever LMDB takes. A
 * state cannot have a hash of its own page, which leads to it: the rest of that one is what
 * its trees and the fixed values say (verify_metas.h).
 *
 * When the disk refuses a meta page, LMDB leaves it with the trees of the commit that
 * failed under the number it had: no data is at fault, but nobody can tell it from damage.
 * The next commit writes that page again: what the struct holds, not its head nor what lies
 * behind.
 */
#ifndef STORE_PAGE_METAS_H
#define STORE_PAGE_METAS_H

#include "store/pages.h"
#include "store/tables.h"

/* As commit N has left them. */
struct page_metas {
	struct page_meta newest, before;
};

/* Both at this moment, the newest first: when `before` is still that of N - 1, then `newest`
 * was not being written yet when it was read. An LMDB code or errno. */
int page_metas_read(
	const struct store *s, uint64_t txn, struct page_metas *out) ATTR_UNUSED_RESULT;

/* The state of that commit, as it was read. */
bool page_metas_is_newest(
	const struct page_metas *m, uint64_t txn, const struct state *state);
bool page_metas_is_before(
	const struct page_metas *m, uint64_t txn, const struct state *state);

/* Has the next commit written its page, and not told anybody yet? */
bool page_metas_is_next_under_way(
	const struct page_metas *m, uint64_t txn, const struct state *state);

/* What the state will say that is written in this transaction. An LMDB code or errno. */
int page_metas_note(
	const struct store *s, MDB_txn *txn, struct state *state) ATTR_UNUSED_RESULT;

#endif
