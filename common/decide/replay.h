/*
 * Answers kept under Idempotency-Keys: found while they are made, and for REPLAY_KEEP_NS
 * from their end. Private memory of dispatch; what an answer is, its owner knows, who
 * embeds a struct replay in it.
 *
 *	 add ──► RUNNING ──replays_keep()──► KEPT ──too old, or room is needed──► dropped
 *	            └──────► OUTGROWN          (each may be removed by its owner)
 *
 *	struct replay *r = replays_find(rs, key, now_ns);      NULL = nothing stands for it
 *	replays_add(rs, &mine->replay, key, body);
 *	char *to = replays_extend(rs, &mine->replay, n);       NULL = it has outgrown them
 *	replays_keep(rs, &mine->replay, now_ns);
 *
 * Pure: time is an argument.
 * Full: at REPLAY_ALL_BYTES the kept answers that ended first go, unless somebody reads
 * them. When that is not enough, the answer that grows loses its bytes and is OUTGROWN: it
 * holds its key until its owner removes it, and has nothing to give.
 */
#ifndef DECIDE_REPLAY_H
#define DECIDE_REPLAY_H

#include "base/attr.h"
#include "base/clock.h"

enum {
	REPLAY_HASH_BYTES = 16,
	REPLAY_ALL_BYTES = 32 << 20,
	REPLAY_EACH_BYTES = 1024, /* what one is counted as beside its bytes */
	REPLAY_BUCKETS = 1024
};

#define REPLAY_KEEP_NS (300 * NS_PER_S)

enum replay_state { REPLAY_RUNNING, REPLAY_OUTGROWN, REPLAY_KEPT };

struct replay {
	struct replay *next_in_bucket;
	struct replay *prev, *next; /* KEPT: by their ends, the first ended first */
	uint8_t key[REPLAY_HASH_BYTES];
	enum replay_state state;
	uint32_t n_readers; /* the owner's: not dropped while there are any */
	bool is_listed;     /* found under its key */
	char *bytes;        /* [0, n) */
	size_t n, cap;
	uint64_t ended_ns; /* KEPT */
};

struct replays {
	struct replay *bucket[REPLAY_BUCKETS];
	struct replay *first, *last;    /* KEPT */
	uint64_t n_bytes;               /* of all that are listed */
	void (*drop)(struct replay *r); /* it is unlisted: free what it is part of */
};

void replays_init(struct replays *rs, void (*drop)(struct replay *r));

/* Drop all, read or not. */
void replays_fini(struct replays *rs);

/* What stands under that key; NULL = nothing, or nothing any more. */
struct replay *replays_find(struct replays *rs,
	const uint8_t key[static REPLAY_HASH_BYTES], uint64_t now_ns);

/* List a zeroed one under a key that nothing stands for. */
void replays_add(struct replays *rs, struct replay *r,
	const uint8_t key[static REPLAY_HASH_BYTES]);

/* n more bytes of a listed RUNNING one, where the caller writes them; NULL = it has, or
 * had before, outgrown its room. */
char *replays_extend(struct replays *rs, struct replay *r, size_t n) ATTR_UNUSED_RESULT;

/* A listed RUNNING one is whole: it is there for REPLAY_KEEP_NS from now on. */
void replays_keep(struct replays *rs, struct replay *r, uint64_t now_ns);

/* Not found any more; its bytes stay, and are the owner's to free. */
void replays_unlist(struct replays *rs, struct replay *r);

/* Drop those that are too old and that nobody reads. */
void replays_expire(struct replays *rs, uint64_t now_ns);

#endif
