/*
 * One shared memory file: created, sized and mapped by the master before it forks,
 * mapped read-only by atlasctl. Offsets from its base are the only "pointers" that may
 * stand in it.
 *
 *	struct map m;
 *	if (!map_create(&m, "/run/atlas/segment", bytes, &e)) …
 *	struct thing *t = map_at(&m, offset, sizeof *t, _Alignof(struct thing));
 *
 * The file is made 0600 under a temporary name, sized, and then renamed over path, so a
 * reader sees the old file or the new one, and old mappings stay valid.
 */
#ifndef IPC_MAP_H
#define IPC_MAP_H

#include "base/attr.h"
#include "base/err.h"

struct map {
	uint8_t *base; /* page aligned */
	uint64_t size_bytes;
	int fd; /* close-on-exec; needed for map_punch() */
};

/* A fresh, zeroed, sparse file mapped shared and writable. */
bool map_create(struct map *m, const char *path, uint64_t size_bytes,
	struct err *e) ATTR_UNUSED_RESULT;

/* An existing file, mapped read-only at its present size. Refuses what this user does
 * not own and what is no regular file. */
bool map_open_readonly(
	struct map *m, const char *path, struct err *e) ATTR_UNUSED_RESULT;

/* Unmap and close; the file stays. m may be all zero. */
void map_close(struct map *m);

/* The address of size bytes at offset, or NULL when they do not lie inside or offset is
 * not a multiple of align: offsets read from the segment are input. */
void *map_at(const struct map *m, uint64_t offset, uint64_t size, uint64_t align);

/* Give the whole pages inside [offset, offset + size) back to the system; they read as
 * zero afterwards. False when the system refuses (the bytes are then untouched). */
bool map_punch(const struct map *m, uint64_t offset, uint64_t size);

#endif
