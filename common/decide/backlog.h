/*
 * The order in which waiting requests start. Private memory of dispatch; a scan of the
 * exchanges rebuilds it.
 *
 *	backlog_push(b, &entry, &node);
 *	while ((e = backlog_first(b)) && it fits the limits)
 *		backlog_start(b, e->node), and send it
 *
 *	 class 3 URGENT ─┐     clients, by the fewest tokens      sessions, the same
 *	 class 2 HIGH   ─┤    ┌ client A ──────────────────────┬ session 1: oldest first
 *	 class 1 NORMAL ─┼───►│                                └ session 2
 *	 class 0 LOW    ─┘    └ client B ─────────────────────── session 1
 *
 * - A higher class goes first. Ageing: while a lower class waits, what starts above it is
 *   counted; once that is `ageing` times what the lower class's first request costs, that
 *   one goes first. So it starts at the latest when the classes above have started ageing
 *   × its tokens since the last one of its class did; the classes above keep at least
 *   1 - 3/ageing of the flow. 0 = never.
 * - In a class clients share by tokens, and so do a client's sessions among themselves:
 *   inventing sessions gains nothing. Self-clocked fair queueing (Golestani, "A
 *   self-clocked fair queueing scheme for broadband applications", INFOCOM 1994): a flow's
 *   request is tagged with the virtual time at which it would end, virtual time is the tag
 *   of what started last. A flow that empties has no credit and no debt, so flows exist
 *   only while they hold requests. A large request is passed by each other flow with at
 *   most as many tokens as it costs itself.
 * - In a session the oldest goes first. Who fits is not asked here: the first one is waited
 *   for, so that small requests do not starve a large one of room.
 *
 * Pure: it knows no clock and no segment; `handle` is the caller's name for a request.
 * Full: backlog_push() refuses, and the caller fails that request.
 */
#ifndef DECIDE_BACKLOG_H
#define DECIDE_BACKLOG_H

#include "base/attr.h"

enum { BACKLOG_CLASSES = 4, BACKLOG_NO_NODE = UINT32_MAX };

struct backlog_entry {
	uint64_t handle;
	uint64_t queued_ns; /* order inside the session */
	uint64_t tokens;    /* what it costs: its share, and for the estimated wait */
	uint64_t client, session; /* whose it is: ids or hashes */
	uint32_t class;           /* 0 = lowest … BACKLOG_CLASSES - 1 = first */
	uint32_t node; /* set by backlog_push(); names the entry until it leaves */
};

struct backlog; /* opaque */

/* Room for max entries. */
struct backlog *backlog_new(uint32_t max);
void backlog_free(struct backlog *b); /* NULL is fine */

/* Room for max entries from now on, or for as many as before, if those are more; in a
 * copy too. What is in it stays as it is. O(n). */
void backlog_make_room(struct backlog *b, uint32_t max);

/* At any time. */
void backlog_set_ageing(struct backlog *b, uint64_t ageing);

/* O(log n) on average; in its session O(1) for entries that come in order. */
bool backlog_push(struct backlog *b, const struct backlog_entry *e,
	uint32_t *node) ATTR_UNUSED_RESULT;

/* What starts next, NULL = nothing waits. O(1). */
const struct backlog_entry *backlog_first(const struct backlog *b);

/* It leaves because it starts: its flow has had its tokens. O(log n). */
void backlog_start(struct backlog *b, uint32_t node);

/* It leaves for any other reason. O(log n). */
void backlog_remove(struct backlog *b, uint32_t node);

uint32_t backlog_length(const struct backlog *b);
uint32_t backlog_length_of(const struct backlog *b, uint32_t class);

/* The whole order: what would start if nothing more arrived and nothing left. It is the
 * scheduler itself, run on a copy.
 *
 *	struct backlog *copy = backlog_new(max);          once
 *	backlog_copy(copy, b);                            O(n)
 *	while ((e = backlog_first(copy))) { …; backlog_start(copy, e->node); }
 *
 * Nothing may be pushed into a copy. Both have the same max. */
void backlog_copy(struct backlog *copy, const struct backlog *b);

#endif
