/*
 * Orders: what a process asks dispatch to do to what dispatch owns. A lane a process,
 * written only by it; the answers go the other way in the same lane.
 *
 *	asker                                     dispatch
 *	if (!orders_push(l, &order, &number)) …   while (orders_next(l, &order)) {
 *	ring dispatch                                     do it;
 *	… each turn:                                      orders_answer(l, &answer);
 *	if (orders_look(l, number, &answer)) …    }
 *
 *	      head             tail
 *	  ·a·a·a|▒o▒o▒o▒o▒o▒o▒o▒|······   number % ORDERS_MAX = cell; only grow
 *	        dispatch ->     asker ->
 *
 * An order names what it means by what never names anything else again (an id, a
 * client's session), so obeying one twice or late harms nobody: dispatch does what still
 * can be done and says how much that was. A dispatch that dies before it has answered
 * leaves the order to its successor. An asker that dies leaves its orders too: they are
 * obeyed, and nobody reads the answer.
 * Full: orders_push() refuses, and its caller answers 503. An answer is kept until
 * ORDERS_MAX more orders are pushed: the asker reads those it waits for first.
 */
#ifndef SEGMENT_ORDERS_H
#define SEGMENT_ORDERS_H

#include "segment/exchange.h"
#include "segment/proctable.h"

enum order_kind {
	ORDER_CANCEL_REQUEST, /* id */
	ORDER_CANCEL_SESSION, /* client_id, session: all that wait or run */
	ORDER_RESET_LIMITS,   /* what is used of the upstream's, and states of keys */
	ORDER_KINDS
};

enum { ORDERS_MAX = 16 };

struct order {
	uint32_t kind; /* enum order_kind */
	uint32_t unused;
	uint64_t client_id; /* whose session; 0 = whoever has one of that name. Of a
	                       reset: who asks for it; 0 = atlasctl */
	uint8_t id[EXCHANGE_ID_BYTES];
	char session[EXCHANGE_SESSION_BYTES]; /* NUL-terminated */
};

/* What came of it: how many of the exchanges it meant waited, and how many ran; of a
 * reset how many limits had been used, and how many keys were not steady. */
struct order_answer {
	uint32_t n_queued, n_running;
	uint32_t n_limits, n_keys;
};

struct order_lane {
	CACHE_ALIGNED _Atomic uint64_t tail;          /* W: the process  R: dispatch */
	CACHE_ALIGNED _Atomic uint64_t head;          /* W: dispatch  R: the process */
	struct order_answer answer[ORDERS_MAX];       /* W: dispatch  R: the process */
	CACHE_ALIGNED struct order order[ORDERS_MAX]; /* W: the process  R: dispatch */
};

struct orders {
	struct order_lane lane[MAX_SLOTS];
};

_Static_assert(sizeof(struct order) == 96, "layout version 8");

/* The process: give an order; *number is for orders_look(). False = full, or a head that
 * no dispatch can have written. Release store of tail; pairs with orders_next(). */
bool orders_push(struct order_lane *l, const struct order *o,
	uint64_t *number) ATTR_UNUSED_RESULT;

/* Dispatch: a copy of the oldest order that has no answer; false = none, or a tail that
 * no process can have written. What it says is input. Acquire load of tail. */
bool orders_next(const struct order_lane *l, struct order *out) ATTR_UNUSED_RESULT;

/* Dispatch: that one has been obeyed. Release store of head; pairs with orders_look(). */
void orders_answer(struct order_lane *l, const struct order_answer *a);

/* The process: has it been obeyed? Acquire load of head. */
bool orders_look(const struct order_lane *l, uint64_t number,
	struct order_answer *out) ATTR_UNUSED_RESULT;

/* Anybody: how many wait, at most ORDERS_MAX. Relaxed: the number is advice. */
uint32_t orders_waiting(const struct order_lane *l);

#endif
