/*
 * The allocator of one front's region: page-granular extents for bodies and pipes.
 *
 *	uint64_t at;
 *	if (!arena_alloc(&a, bytes, &at)) …503 or 413…
 *	arena_free(&a, at);
 *
 * Its bookkeeping is private memory of the region's one owner, so a death leaves nothing
 * half made: the whole region is wiped by the master once dispatch has let go of it.
 * Full: arena_alloc() refuses. Freed pages beyond ARENA_WARM_BYTES go back to the system.
 */
#ifndef IPC_ARENA_H
#define IPC_ARENA_H

#include "ipc/map.h"

struct arena; /* opaque */

enum { ARENA_PAGE_BYTES = 4096, ARENA_WARM_BYTES = 4 << 20 };

/* An arena over [offset, offset + size) of m (page multiples). Needs m while it lives. */
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
