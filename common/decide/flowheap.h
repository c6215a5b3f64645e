/*
 * A heap of flows inside one array, linked by index: a pairing heap (Fredman, Sedgewick,
 * Sleator, Tarjan, "The pairing heap", Algorithmica 1, 1986). Inside decide/: the backlog
 * keeps its clients and their sessions in such heaps.
 *
 *	uint32_t root = FLOW_NONE;
 *	flowheap_insert(pool, &root, ix);       O(1)
 *	pool[root] is the flow with the smallest tag; of equal ones the oldest
 *	flowheap_remove(pool, &root, ix);       any of them, O(log n) on average
 *
 * Indices instead of pointers, so that a copy of the array is a copy of the heap.
 */
#ifndef DECIDE_FLOWHEAP_H
#define DECIDE_FLOWHEAP_H

#include "base/attr.h"

enum { FLOW_NONE = UINT32_MAX };

/* A client with requests that wait, or a session of such a client. */
struct flow {
	uint64_t key;       /* whose it is */
	uint64_t base;      /* virtual time at which its next request begins */
	uint64_t tag;       /* and ends: the heap's order */
	uint64_t queued_ns; /* of that request: the order of equal tags */
	uint64_t now;       /* a client's: virtual time among its sessions */
	uint32_t class;
	uint32_t parent;            /* a session's client; FLOW_NONE = is a client */
	uint32_t sessions;          /* a client's: root of their heap */
	uint32_t head, tail;        /* a session's: its requests */
	uint32_t chain;             /* next in its bucket of the table, or next free */
	uint32_t child, next, prev; /* the heap; prev of a first child is its parent */
};

void flowheap_insert(struct flow *pool, uint32_t *root, uint32_t ix);
void flowheap_remove(struct flow *pool, uint32_t *root, uint32_t ix);

#endif
