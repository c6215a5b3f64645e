/*
 * Inside verify: is each page of the file in exactly one place? From the two roots of the
 * snapshot's meta page every page that a tree has is reached, and every one that the free
 * list names; from page 2 to the last none may be left over, and none be both or twice.
 * LMDB gives out what the free list names: one that is also in use would be written over.
 *
 * Memory: one bit a page, 2 MiB for a ledger of 64 GiB. Beside a writer: the pages of a
 * snapshot that a reader holds are not used again.
 */
#ifndef STORE_VERIFY_PAGES_H
#define STORE_VERIFY_PAGES_H

#include "store/verify_tree.h"

/* The snapshot that v->txn reads: false = its tables cannot be read, faults have been told. */
bool verify_pages(struct verify *v) ATTR_UNUSED_RESULT;

#endif
