/*
 * Counters from one list (counters.def). A process adds to its own row; a view sums.
 *
 *	counter_add(row, COUNTER_requests, 1);
 *
 * Not read-modify-write atomics: every word has one writer, and a process that dies
 * between load and store has only lost its own last step.
 */
#ifndef SEGMENT_COUNTERS_H
#define SEGMENT_COUNTERS_H

#include "base/attr.h"
#include "segment/proctable.h"

#define COUNTER(name, help) COUNTER_##name,
enum counter_id {
#include "segment/counters.def"
	COUNTERS
};
#undef COUNTER

struct counter_row {
	CACHE_ALIGNED _Atomic uint64_t
		value[COUNTERS]; /* W: the slot's process  R: all */
};

struct counters {
	struct counter_row row[MAX_SLOTS];
};

/* The owner of the row. Relaxed: each word stands alone. */
void counter_add(struct counter_row *row, enum counter_id id, uint64_t n);

/* Anybody: over all rows. Relaxed, so a snapshot is near, not exact. */
uint64_t counter_sum(const struct counters *c, enum counter_id id);
uint64_t counter_of(const struct counter_row *row, enum counter_id id);

const char *counter_name(enum counter_id id);
const char *counter_help(enum counter_id id);

#endif
