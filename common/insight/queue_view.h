/*
 * Who waits and who runs, as people see it: a scan of the exchanges, for GET
 * /monitoring/queue-status and `atlasctl queue` alike. Whoever maps the segment may look;
 * an exchange that changes hands meanwhile is left out.
 *
 *	struct queue_view *v = queue_view_take(segment, now_ns);
 *	queue_view_tell(&w, v);             the members of an open object
 *	queue_view_free(v);
 *
 * Bounded: the first QUEUE_VIEW_MAX that wait, in order, and as many that run; the counts
 * are whole.
 */
#ifndef INSIGHT_QUEUE_VIEW_H
#define INSIGHT_QUEUE_VIEW_H

#include "segment/segment.h"
#include "text/jsonw.h"

enum { QUEUE_VIEW_MAX = 100 };

struct queue_view_entry {
	uint8_t id[EXCHANGE_ID_BYTES];
	char session[EXCHANGE_SESSION_BYTES], model[EXCHANGE_MODEL_BYTES];
	enum exchange_priority priority;
	enum exchange_state state;
	struct wait_place place; /* rank 0: between two attempts, or just arrived */
	uint64_t waited_ns;
	uint32_t n_attempts; /* it has been sent so often */
	uint64_t client_id;  /* whose it is */
};

struct queue_view {
	uint32_t n_queued, n_running;        /* all of them */
	uint32_t by_priority[PRIORITIES];    /* of those that wait */
	uint32_t n_first, n_unplaced, n_run; /* in the lists */
	struct queue_view_entry
		first[QUEUE_VIEW_MAX]; /* rank 1 … ; holes have rank 0 */
	struct queue_view_entry unplaced[QUEUE_VIEW_MAX];
	struct queue_view_entry run[QUEUE_VIEW_MAX];
	uint64_t counters[COUNTERS], since_ms; /* wall: when they began */
	uint64_t max_concurrent;
	struct upstream_flow flow;
};

struct queue_view *queue_view_take(const struct segment *s, uint64_t now_ns);
void queue_view_free(struct queue_view *v);

/* The one of that id, wherever it stands; false = it neither waits nor runs. */
bool queue_view_find(struct queue_view_entry *e, const struct segment *s,
	const uint8_t id[static EXCHANGE_ID_BYTES], uint64_t now_ns);

void queue_view_tell(struct jsonw *w, const struct queue_view *v);

#endif
