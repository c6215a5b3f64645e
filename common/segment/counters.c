/* Counters: one list, one row a process. */
#include "segment/counters.h"

#include <stdatomic.h>

#define COUNTER(name, help) #name,
static const char *const names[] = {
#include "segment/counters.def"
};
#undef COUNTER
#define COUNTER(name, help) help,
static const char *const helps[] = {
#include "segment/counters.def"
};
#undef COUNTER

void counter_add(struct counter_row *row, enum counter_id id, uint64_t n)
{
	/* Relaxed: one writer, and nothing else is published by it. */
	uint64_t v = atomic_load_explicit(&row->value[id], memory_order_relaxed);
	atomic_store_explicit(&row->value[id], v + n, memory_order_relaxed);
}

uint64_t counter_of(const struct counter_row *row, enum counter_id id)
{
	return atomic_load_explicit(&row->value[id], memory_order_relaxed);
}

uint64_t counter_sum(const struct counters *c, enum counter_id id)
{
	uint64_t sum = 0;
	for (unsigned i = 0; i < MAX_SLOTS; i++)
		sum += counter_of(&c->row[i], id);
	return sum;
}

const char *counter_name(enum counter_id id)
{
	must(id < COUNTERS);
	return names[id];
}

const char *counter_help(enum counter_id id)
{
	must(id < COUNTERS);
	return helps[id];
}
