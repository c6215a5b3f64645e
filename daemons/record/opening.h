/*
 * Opening the ledger under this segment, and publishing what everybody goes by: the tokens,
 * what they have spent, what was used of the limits.
 *
 * Under a new segment something must be written before anybody may begin: what was left
 * behind, and that this segment's lanes are read from now on. Where there is no room for
 * that, it is rehearsed (store/ledger.h):
 *
 *	open ──► salvage ──► follow ──► publish ──► in the loop
 *	              cannot be written ─► the same, uncommitted ──► in the loop, told to be
 *	                                                     unavailable; a successor tries
 *	cannot be read ──► in the loop, told to be unavailable; tried again each second
 *
 * So all others run and say what is wrong, with limits and budgets as if it had been
 * written, and nothing is read twice: the rehearsal has left everything where it was. Where
 * there is nothing to read, in a service that has had a ledger, no token can be told from
 * another: fronts run and refuse, and dispatch is not started yet (atlasd/supervisor.c).
 */
#ifndef RECORD_OPENING_H
#define RECORD_OPENING_H

#include "record/record.h"

/* Open it, and publish; again each second while r->ledger stays NULL and record has not
 * failed. r->harvest has no lanes then, nor after a rehearsal. */
void opening_begin(struct record *r);
void opening_end(struct record *r);

#endif
