/*
 * Inside verify: the moment that is looked at, and LMDB's two meta pages in it.
 *
 *	the newest      its number and its map's size as its state says; verify_pages.h sees
 *	                to where it leads
 *	the other       all of it as the newest state says (page_metas.h)
 *	both            their heads and what is the same in every commit; zeros behind
 *
 * Beside a writer: a commit that has written its page and not told so yet, which lasts as
 * long as the disk takes, is waited for.
 */
#ifndef STORE_VERIFY_METAS_H
#define STORE_VERIFY_METAS_H

#include "store/verify_parts.h"

/* 0 with v->txn, v->pages and v->meta, faults have been told; else an LMDB code or errno.
 * Pairs with verify_metas_end(), which one that never began is fine for. */
int verify_metas_begin(struct verify *v) ATTR_UNUSED_RESULT;
void verify_metas_end(struct verify *v);

#endif
