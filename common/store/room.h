/*
 * Room: how much the ledger may still grow, blocks that are kept ready for it, and when
 * it is time to say so. Record asks once a second, outside a transaction.
 *
 *	struct room room = {0};
 *	room_look(&room, ledger_store(l));
 *	room_tell(&room, detail);               "" = there is enough
 *
 *	data.mdb  │ pages, some free again │ blocks kept ready │
 *	          0                    file_bytes      file_bytes + step ≤ max_bytes
 *
 * A step is 64 MiB, on a small file system a 32nd of it. The blocks are allocated and
 * the file's length stays: copies do not get them, and whoever compares lengths sees no
 * change. They are never given back, so that the next start has them too, whatever fills
 * the disk meanwhile. A file system that cannot do it keeps none; that is no fault.
 *
 * Short is a ledger that has used 80 % of max_bytes, or for which there is less left than
 * two steps: one kept ready and one to follow. It is over with a margin.
 */
#ifndef STORE_ROOM_H
#define STORE_ROOM_H

#include "store/store.h"

enum { ROOM_TEXT_BYTES = 64 };

enum room_shortage { ROOM_ENOUGH, ROOM_OF_MAX_SIZE, ROOM_OF_DISK };

struct room_seen {
	uint64_t file_bytes; /* up to the last page */
	uint64_t free_bytes; /* of them: pages that will be used again */
	uint64_t max_bytes;  /* [ledger] max_size */
	uint64_t kept_bytes; /* allocated behind file_bytes */
	uint64_t disk_bytes; /* free for us on its file system */
	uint64_t step_bytes;
};

/* All zero = nothing seen yet. */
struct room {
	struct room_seen seen;
	enum room_shortage shortage;
	uint64_t kept_to; /* the file is allocated up to here, by us */
};

/* Keep a step ready, and judge. Where the system does not tell, nothing changes. s is the
 * writer's. */
void room_look(struct room *r, const struct store *s);

/* What is short, how much, and what to do about it. */
void room_tell(const struct room *r, char out[static ROOM_TEXT_BYTES]);

/* Pure: by what was seen, and what was short before. */
enum room_shortage room_judge(const struct room_seen *s, enum room_shortage was);

#endif
