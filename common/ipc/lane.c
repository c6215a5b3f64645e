/*
 * The lane: two positions and a row of cells. Runs in the one producer and the one
 * consumer of each lane. It never blocks, never allocates, and never finds a cell by
 * anything but a mask of the caller's own capacity, whatever the positions say.
 */
#include "ipc/lane.h"

#include <assert.h>
#include <stdatomic.h>

static_assert(sizeof(struct lane_words) == 2 * CACHE_LINE_BYTES, "shared layout");

static _Atomic uint64_t *cell(const struct lane *l, uint64_t position)
{
	return &l->words->cells[position & (l->capacity - 1)];
}

uint64_t lane_size_bytes(uint64_t capacity)
{
	must(capacity > 0 && (capacity & (capacity - 1)) == 0);
	must(capacity <= UINT64_C(1) << 32);
	uint64_t bytes = sizeof(struct lane_words) + capacity * sizeof(uint64_t);
	return (bytes + CACHE_LINE_BYTES - 1) / CACHE_LINE_BYTES * CACHE_LINE_BYTES;
}

void lane_reset(struct lane_words *w)
{
	/* relaxed: nobody else sees the lane yet */
	atomic_store_explicit(&w->tail, 0, memory_order_relaxed);
	atomic_store_explicit(&w->head, 0, memory_order_relaxed);
}

bool lane_push(struct lane *l, uint64_t hint)
{
	struct lane_words *w = l->words;
	/* relaxed: only we write tail */
	uint64_t tail = atomic_load_explicit(&w->tail, memory_order_relaxed);
	/* acquire: pairs with lane_pop(), so that its look at the cell we are about to
	 * overwrite lies before our store */
	uint64_t head = atomic_load_explicit(&w->head, memory_order_acquire);
	if (tail - head >= l->capacity)
		return false;
	/* relaxed: the release of tail publishes it */
	atomic_store_explicit(cell(l, tail), hint, memory_order_relaxed);
	/* release: pairs with lane_pop(); the commit */
	atomic_store_explicit(&w->tail, tail + 1, memory_order_release);
	return true;
}

bool lane_pop(struct lane *l, uint64_t *hint)
{
	struct lane_words *w = l->words;
	/* relaxed: only we write head */
	uint64_t head = atomic_load_explicit(&w->head, memory_order_relaxed);
	/* acquire: pairs with lane_push(), so that the cell is filled */
	uint64_t tail = atomic_load_explicit(&w->tail, memory_order_acquire);
	if (tail == head || tail - head > l->capacity)
		return false;
	/* relaxed: ordered by the acquire above */
	*hint = atomic_load_explicit(cell(l, head), memory_order_relaxed);
	/* release: pairs with lane_push(); the commit */
	atomic_store_explicit(&w->head, head + 1, memory_order_release);
	return true;
}

static uint64_t distance(const struct lane *l)
{
	/* relaxed both: no cell is read on the strength of the number. Head first: for a
	 * bystander tail may then run ahead, but never seem to lie behind. */
	uint64_t head = atomic_load_explicit(&l->words->head, memory_order_relaxed);
	uint64_t tail = atomic_load_explicit(&l->words->tail, memory_order_relaxed);
	return tail - head;
}

uint64_t lane_length(const struct lane *l)
{
	uint64_t n = distance(l); /* looked at once: MIN() would look twice */
	return MIN(n, l->capacity);
}

bool lane_is_sane(const struct lane *l)
{
	return distance(l) <= l->capacity;
}
