/*
 * Giving dispatch an order on behalf of a client, which waits for what comes of it.
 *
 *	ordering_begin(c, &order, answer);     later: answer(c, &order, &what_came_of_it)
 *
 * An order goes into this front's own lane (segment/orders.h) and is never taken back: a
 * client that leaves, or is told after ORDERING_WAIT_MS that dispatch is away, has given
 * it all the same. Full: with ORDERS_MAX of them under way the next is 503.
 */
#ifndef FRONT_ORDERING_H
#define FRONT_ORDERING_H

#include "front/front.h"
#include "segment/orders.h"

enum { ORDERING_WAIT_MS = 3000 };

typedef void ordering_answer(
	struct conn *c, const struct order *o, const struct order_answer *a);

/* The connection is answered, now or later. */
void ordering_begin(struct conn *c, const struct order *o, ordering_answer *answer);

/* Each turn: answer what is done; true = there was something. */
bool ordering_turn(struct front *f);

/* Could something be done? */
bool ordering_has_work(const struct front *f);

/* At the end of the process. */
void ordering_close(struct front *f);

#endif
