/*
 * Verify: is every record what was written, and do all sums say the same? Reads the whole
 * ledger in constant memory, in one moment of it.
 *
 *	every table     its keys in their order, and found by who looks for them
 *	every record    its checksum, under its own key
 *	every row       its attempt's entry, its mark if it is OPEN, the rates it names
 *	every link      its hash over the link before and the row; the newest is the one
 *	                that the state record names
 *	rows            what they and the pruned ones add up to is the total
 *	points          the same for each dimension of each tier
 *	histograms      those of hours and days are what the finer ones add up to
 *	sessions        they, what was sent in none and those that are forgotten add up to
 *	                the total; as long as no row was pruned they lead to their newest
 *
 * What it cannot see: a byte that belongs to no record (free pages, gaps), and LMDB's two
 * meta pages, where a flip may bring back the commit before the last. A file whose inner
 * structure is damaged can end the process that reads it: run it in one of its own.
 */
#ifndef STORE_VERIFY_H
#define STORE_VERIFY_H

#include "store/ledger.h"
#include "store/rollup.h"

enum { VERIFY_FAULTS = 20, VERIFY_TEXT_BYTES = 128 };

struct verify_report {
	uint64_t n_rows, n_open, n_links, n_points, n_sessions, n_times, n_clients;
	uint64_t n_chats, n_turns, n_rates;
	uint64_t n_pruned; /* rows, ever */
	uint64_t n_faults; /* all of them; the first are told */
	char fault[VERIFY_FAULTS][VERIFY_TEXT_BYTES];
};

/* False = the ledger could not be read to its end. One with faults is true. */
bool verify_ledger(
	struct store *s, struct verify_report *r, struct err *e) ATTR_UNUSED_RESULT;

#endif
