/*
 * The allocator of one front's region: page-granular extents for bodies and pipes.
 *
 *	uint64_t at;
 *	if (!arena_alloc(&a, bytes, &at)) …503 or 413…
 *	arena_free(&a, at);
 *
 * Its bookkeeping is private memory of the region's one owner, so a death leaves nothing
 * half made: the whole region is wiped by the master once dispatch has let go of it.
 * Full: arena_alloc() refuses. Freed pages beyond ARENA_WARM_BYTES go back to the system,
 * half of them at once, so that a load that swings around the mark does not pay for each
 * free; the warm half is what the next extents are likely to be made of.
 *
 * What it costs at worst, n pages in all: alloc O(1) below ARENA_EXACT_BINS pages, from
 * there a walk over the free extents of one size class, at most n / ARENA_EXACT_BINS;
 * free O(1), and over the mark n / 64 words of a bitmap and ARENA_PUNCHES system calls.
 * Both: one bit for each page of the extent.
 */
#ifndef IPC_ARENA_H
#define IPC_ARENA_H

#include "ipc/map.h"

struct arena; /* opaque */

enum { ARENA_PAGE_BYTES = 4096, ARENA_WARM_BYTES = 4 << 20 };

enum { ARENA_EXACT_BINS = 64, ARENA_PUNCHES = 16 };

/* An arena over [offset, offset + size) of m (page multiples). Needs m while it lives.
 * NULL = no memory for its books: 12 bytes a page, touched only as pages are used. */
struct arena *arena_new(const struct map *m, uint64_t offset, uint64_t size_bytes);
void arena_free_all(struct arena *a); /* the arena itself; NULL is fine */

/* An extent of at least `bytes` (> 0), page aligned; *offset is from the map's base.
 * False = no stretch that long is free. Sizes are rounded up to pages. */
bool arena_alloc(struct arena *a, uint64_t bytes, uint64_t *offset) ATTR_UNUSED_RESULT;

/* Free what arena_alloc() gave at offset; anything else is a must(). */
void arena_free(struct arena *a, uint64_t offset);

/* Bytes in extents at present. */
uint64_t arena_used_bytes(const struct arena *a);

#endif
