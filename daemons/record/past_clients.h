/*
 * What clients have taken of their rates before this segment, from the ledger's rows: the
 * words that fronts go on from, so that a restart, a power cut and a reset of the segment
 * refill nobody's limits. Run by record, before the table is published.
 *
 *	c = past_clients_new(clients, settings);     the table is loaded
 *	past_clients_charge(c, row, age_ns);         newest first
 *	past_clients_restore(c, told_ns, now_ns);
 *	past_clients_free(c);
 *
 * A row counts as its request did: one, at its first attempt, and its tokens, or what they
 * were estimated at where nobody knows them. What was never sent has no row and comes back;
 * so does, of tokens that a settled limit had taken in advance, what nobody used.
 */
#ifndef RECORD_PAST_CLIENTS_H
#define RECORD_PAST_CLIENTS_H

#include "conf/settings.h"
#include "segment/clients.h"

struct row;
struct past_clients; /* opaque */

/* Room for the clients that are in the table. */
struct past_clients *past_clients_new(
	const struct clients *c, const struct settings *settings);
void past_clients_free(struct past_clients *p); /* NULL is fine */

/* It was sent so long ago; never less than the one before. */
void past_clients_charge(struct past_clients *p, const struct row *r, uint64_t age_ns);

/* Into the segment; what is older than told_ns has not been charged. */
void past_clients_restore(
	const struct past_clients *p, uint64_t told_ns, uint64_t now_ns);

#endif
