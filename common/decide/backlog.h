/*
 * The order in which waiting requests start: priority classes, and inside a class first
 * come, first served. Private memory of dispatch; a scan of the exchanges rebuilds it,
 * since the time of enqueueing is part of each entry.
 *
 *	backlog_push(b, &entry, &node);
 *	while ((e = backlog_first(b)) && it fits the limits)
 *		start it, backlog_remove(b, e->node);
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
	uint64_t queued_ns; /* order inside the class */
	uint64_t tokens;    /* estimate, for limits and the estimated wait */
	uint32_t class;     /* 0 = lowest … BACKLOG_CLASSES - 1 = first */
	uint32_t node;      /* set by backlog_push(); names the entry until removed */
};

struct backlog; /* opaque */

/* Room for max entries. */
struct backlog *backlog_new(uint32_t max);
void backlog_free(struct backlog *b); /* NULL is fine */

/* Insert by class and queued_ns; fills *node. O(1) for entries that come in order. */
bool backlog_push(struct backlog *b, const struct backlog_entry *e,
	uint32_t *node) ATTR_UNUSED_RESULT;

/* What starts next, NULL = nothing waits; and what comes after an entry. */
const struct backlog_entry *backlog_first(const struct backlog *b);
const struct backlog_entry *backlog_after(
	const struct backlog *b, const struct backlog_entry *e);

/* The entry of a class that has waited longest; NULL = none. */
const struct backlog_entry *backlog_oldest(const struct backlog *b, uint32_t class);

void backlog_remove(struct backlog *b, uint32_t node);

uint32_t backlog_length(const struct backlog *b);
uint32_t backlog_length_of(const struct backlog *b, uint32_t class);

#endif
