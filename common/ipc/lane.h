/*
 * A single-producer, single-consumer ring of 64-bit hints. The words live in the segment;
 * how many cells they have is in each process's own view, never in shared memory.
 *
 *	struct lane l = {words, capacity};
 *	producer                      consumer
 *	if (!lane_push(&l, hint)) …   while (lane_pop(&l, &hint)) …
 *
 *	      head             tail
 *	  ······|▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒|······   positions only grow; cell = position % capacity
 *	        consumer ->     producer ->
 *
 * A lane carries hints, never truth: a hint lost or seen twice must do no harm.
 * The one store of tail (head) is the commit: a producer (consumer) killed before it has
 * done nothing, killed after it has done all. A successor makes a view of the same words
 * and goes on. Full: lane_push() refuses, and its caller answers 503 with a reason.
 */
#ifndef IPC_LANE_H
#define IPC_LANE_H

#include "base/attr.h"

struct lane_words {
	CACHE_ALIGNED _Atomic uint64_t tail;    /* W: producer  R: consumer */
	CACHE_ALIGNED _Atomic uint64_t head;    /* W: consumer  R: producer */
	CACHE_ALIGNED _Atomic uint64_t cells[]; /* W: producer  R: consumer */
};

/* One process's view of a lane; made anew in each process, never stored in the segment. */
struct lane {
	struct lane_words *words;
	uint64_t capacity; /* a power of two */
};

/* Bytes that the words of a lane of that capacity (a power of two) take, a multiple of a
 * cache line. */
uint64_t lane_size_bytes(uint64_t capacity);

/* Empty a lane, before anybody else sees it. Relaxed: the caller's publication of the
 * whole segment (or channel) is the release. */
void lane_reset(struct lane_words *w);

/* Producer: append a hint. False = full, or a head no consumer can have written.
 * Release store of tail, pairs with lane_pop(). */
bool lane_push(struct lane *l, uint64_t hint) ATTR_UNUSED_RESULT;

/* Consumer: take the oldest hint. False = empty, or a tail no producer can have written
 * (see lane_is_sane()). Acquire load of tail, pairs with lane_push(). */
bool lane_pop(struct lane *l, uint64_t *hint) ATTR_UNUSED_RESULT;

/* Anybody: how many hints wait; a snapshot, never above capacity. Relaxed: the number is
 * advice. */
uint64_t lane_length(const struct lane *l);

/* Either side: is the distance of tail and head possible? False means that the other
 * side's memory is broken and its channel must be quarantined. Relaxed: no cell is read
 * on its word. */
bool lane_is_sane(const struct lane *l);

#endif
