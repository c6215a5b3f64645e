/* What will happen, by time: a binary heap. Equal times come in the order of adding. */
#ifndef SIMULATION_AGENDA_H
#define SIMULATION_AGENDA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event {
	uint64_t at_ns, order;
	uint32_t kind, subject;
};

struct agenda {
	struct event *heap;
	size_t n, cap;
	uint64_t added;
};

void agenda_add(struct agenda *a, uint64_t at_ns, uint32_t kind, uint32_t subject);

/* The next one's time, UINT64_MAX = nothing. */
uint64_t agenda_next_ns(const struct agenda *a);
struct event agenda_take(struct agenda *a);
void agenda_free(struct agenda *a);

#endif
