/*
 * Client tokens, from the ledger into the segment's table, where fronts look them up.
 * Run by record, the table's only writer. The ledger comes first: what stands in the
 * table is durable.
 *
 * Full ([server] max_clients): the master refuses to make another; one that slips through
 * stays in the ledger, is logged, and nobody gets in with it.
 */
#ifndef RECORD_TOKENS_TABLE_H
#define RECORD_TOKENS_TABLE_H

#include "segment/clients.h"
#include "segment/facts.h"
#include "store/query.h"

/* Once, before the first fact: every live token of the ledger in, every revoked one out
 * but for its name, for clients_publish() behind it. False = the ledger cannot be read. */
bool tokens_table_load(
	struct clients *c, struct store *s, struct err *e) ATTR_UNUSED_RESULT;

/* One token fact that has just been committed. */
void tokens_table_take(struct clients *c, const union fact *f);

#endif
