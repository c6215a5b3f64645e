/*
 * Orders of the other processes: what fronts and the master want done to exchanges that
 * dispatch owns, or to the limits. An order to cancel names them by id or by session, and what is done about it goes
 * the same ways as a client that leaves: what waits is failed and never sent, what runs
 * is closed and settled. What has been answered in full and only waits for its client
 * goes on; so does what an order names and nobody has.
 */
#ifndef DISPATCH_OBEY_H
#define DISPATCH_OBEY_H

#include "dispatch/dispatch.h"

/* Each turn, behind intake_lanes(); true = there was an order. */
bool obey_orders(struct dispatch *d);
bool obey_has_orders(const struct dispatch *d);

#endif
