/*
 * Notable events of each process, newest last, for `atlasctl status` and the dashboard:
 * a small ring a process, written only by it. The log has them all in words; this keeps
 * the last EVENTS_KEPT of each process within reach while nothing else answers.
 * Full: the oldest is overwritten; a reader that was overtaken drops the entry.
 */
#ifndef SEGMENT_EVENTS_H
#define SEGMENT_EVENTS_H

#include "base/log.h"
#include "segment/proctable.h"

enum { EVENTS_KEPT = 32 };

struct event_cell {
	/* 0 while it is being written, else its number from 1. W: the process */
	_Atomic uint64_t number;
	_Atomic uint64_t wall_ms;
	_Atomic uint64_t id;     /* enum log_event_id */
	_Atomic uint64_t detail; /* what the event's row in the log says, as a number */
};

struct event_ring {
	CACHE_ALIGNED _Atomic uint64_t
		newest; /* number of the newest; W: the process */
	struct event_cell cell[EVENTS_KEPT];
};

struct events {
	struct event_ring ring[MAX_SLOTS];
};

struct event {
	uint64_t number, wall_ms, detail;
	enum log_event_id id;
};

/* Which process an event is about, as its number; and back. */
static inline uint64_t event_about(uint32_t slot, uint32_t number)
{
	return (uint64_t)number << 32 | slot;
}

static inline uint32_t event_slot(uint64_t detail)
{
	return (uint32_t)detail;
}

static inline uint32_t event_number(uint64_t detail)
{
	return (uint32_t)(detail >> 32);
}

/* The owner. Release; pairs with events_read(). */
void events_add(
	struct event_ring *r, enum log_event_id id, uint64_t detail, uint64_t wall_ms);

/* Anybody: event `number` of that ring, 1…events_newest(); false = overwritten. */
bool events_read(const struct event_ring *r, uint64_t number,
	struct event *out) ATTR_UNUSED_RESULT;
uint64_t events_newest(const struct event_ring *r);

#endif
