/* Orders and their answers: one lane, read from both ends. */
#include "segment/orders.h"

#include <stdatomic.h>

static uint64_t load_tail(const struct order_lane *l)
{
	/* pairs with orders_push() */
	return atomic_load_explicit(&l->tail, memory_order_acquire);
}

static uint64_t load_head(const struct order_lane *l)
{
	/* pairs with orders_answer() */
	return atomic_load_explicit(&l->head, memory_order_acquire);
}

bool orders_push(struct order_lane *l, const struct order *o, uint64_t *number)
{
	/* Relaxed: our own word. The acquire of head comes before the cell is written,
	 * which dispatch may have been reading. */
	uint64_t tail = atomic_load_explicit(&l->tail, memory_order_relaxed);
	if (tail - load_head(l) >= ORDERS_MAX)
		return false;
	l->order[tail % ORDERS_MAX] = *o;
	*number = tail;
	/* pairs with load_tail() */
	atomic_store_explicit(&l->tail, tail + 1, memory_order_release);
	return true;
}

bool orders_next(const struct order_lane *l, struct order *out)
{
	/* Relaxed: our own word. */
	uint64_t head = atomic_load_explicit(&l->head, memory_order_relaxed);
	uint64_t n = load_tail(l) - head;
	if (n == 0 || n > ORDERS_MAX)
		return false;
	*out = l->order[head % ORDERS_MAX];
	return true;
}

void orders_answer(struct order_lane *l, const struct order_answer *a)
{
	/* Relaxed: our own word. */
	uint64_t head = atomic_load_explicit(&l->head, memory_order_relaxed);
	l->answer[head % ORDERS_MAX] = *a;
	/* pairs with load_head() */
	atomic_store_explicit(&l->head, head + 1, memory_order_release);
}

bool orders_look(const struct order_lane *l, uint64_t number, struct order_answer *out)
{
	if (load_head(l) <= number)
		return false;
	*out = l->answer[number % ORDERS_MAX];
	return true;
}

uint32_t orders_waiting(const struct order_lane *l)
{
	/* Relaxed both: advice. */
	uint64_t n = atomic_load_explicit(&l->tail, memory_order_relaxed) -
		     atomic_load_explicit(&l->head, memory_order_relaxed);
	return (uint32_t)MIN(n, (uint64_t)ORDERS_MAX);
}
