/* A ring of events for each process; every word atomic, so readers never see a half. */
#include "segment/events.h"

#include <stdatomic.h>

void events_add(
	struct event_ring *r, enum log_event_id id, uint64_t detail, uint64_t wall_ms)
{
	/* Relaxed: one writer. */
	uint64_t number = atomic_load_explicit(&r->newest, memory_order_relaxed) + 1;
	struct event_cell *c = &r->cell[number % EVENTS_KEPT];
	/* Zero first, and each word released behind it: a reader that sees a new word
	 * sees the zero or the new number too. */
	atomic_store_explicit(&c->number, 0, memory_order_release);
	atomic_store_explicit(&c->wall_ms, wall_ms, memory_order_release);
	atomic_store_explicit(&c->id, (uint64_t)id, memory_order_release);
	atomic_store_explicit(&c->detail, detail, memory_order_release);
	atomic_store_explicit(&c->number, number, memory_order_release);
	atomic_store_explicit(&r->newest, number, memory_order_release);
}

bool events_read(const struct event_ring *r, uint64_t number, struct event *out)
{
	const struct event_cell *c = &r->cell[number % EVENTS_KEPT];
	/* pair with events_add() */
	uint64_t before = atomic_load_explicit(&c->number, memory_order_acquire);
	out->number = number;
	out->wall_ms = atomic_load_explicit(&c->wall_ms, memory_order_acquire);
	uint64_t id = atomic_load_explicit(&c->id, memory_order_acquire);
	out->detail = atomic_load_explicit(&c->detail, memory_order_acquire);
	uint64_t after = atomic_load_explicit(&c->number, memory_order_acquire);
	out->id = (enum log_event_id)id;
	return number != 0 && before == number && after == number && id < EVENT_N;
}

uint64_t events_newest(const struct event_ring *r)
{
	return atomic_load_explicit(&r->newest, memory_order_acquire);
}
