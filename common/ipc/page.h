/*
 * Publishing more than a word from one writer to many readers without a lock.
 *
 *	writer: page_publish(p, &settings, sizeof settings);
 *	reader: uint64_t epoch = page_read(p, &copy, sizeof copy);
 *
 *	  epoch ──┐ (odd/even)
 *	          ▼
 *	  [ slot 0 | slot 1 ]     the writer fills the slot the epoch does not name, then
 *	                          stores epoch + 1; a writer killed before that has changed
 *	                          nothing that a reader looks at
 *
 * A reader that was overtaken (epoch moved while it copied) copies again. How long a slot
 * is comes from the caller each time, never from shared memory.
 * Source of the idea: a sequence lock with two slots, so that a dead writer cannot leave
 * an odd count behind (cf. Linux seqcount_latch).
 */
#ifndef IPC_PAGE_H
#define IPC_PAGE_H

#include "base/attr.h"

struct page {
	CACHE_ALIGNED _Atomic uint64_t epoch;   /* W: writer  R: all; 0 = nothing yet */
	CACHE_ALIGNED _Atomic uint64_t words[]; /* W: writer  R: all; two slots */
};

enum { PAGE_TRIES = 1000 }; /* a reader overtaken so often gives up */

/* Bytes that a page for payloads of that size (a multiple of 8) takes. */
uint64_t page_size_bytes(uint64_t payload_bytes);

/* Nothing published, before anybody else sees it. */
void page_init(struct page *p, uint64_t payload_bytes);

/* Writer: publish n bytes (exactly the payload size); returns the new epoch. Release
 * stores; pairs with page_read(). */
uint64_t page_publish(struct page *p, const void *payload, uint64_t n);

/* Reader: copy the newest payload; returns its epoch. 0 when nothing is published yet, or
 * when the writer overtook it PAGE_TRIES times running (no sane one does: publishing is
 * rare); payload is then not to be used. Acquire loads; pairs with page_publish(). */
uint64_t page_read(const struct page *p, void *payload, uint64_t n) ATTR_UNUSED_RESULT;

/* Reader: the epoch alone, to see whether something changed. Acquire. */
uint64_t page_epoch(const struct page *p);

#endif
