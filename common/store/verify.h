/*
 * Verify: is every record what was written, and do all sums say the same? Reads the whole
 * ledger in one moment of it, in constant memory but for a bit a page.
 *
 *	the meta pages  every bit of both: which commit is the last, and from where it is
 *	                read (verify_metas.h)
 *	every page      its place in one tree or in the free list, and in that one only;
 *	                its number, its bounds, its keys (verify_pages.h): before all
 *	                else, and where that is damaged nothing else is read
 *	every table     its keys in their order, and found by who looks for them
 *	every record    its checksum, under its own key, those about the ledger included
 *	every row       its attempt's entry, its mark if it is OPEN, the rates it names
 *	every link      its hash over the link before and the row; the newest is the one
 *	                that the state record names
 *	rows            what they and the pruned ones add up to is the total
 *	points          the same for each dimension of each tier
 *	histograms      those of hours and days are what the finer ones add up to
 *	sessions        they, what was sent in none and those that are forgotten add up to
 *	                the total; as long as no row was pruned they lead to their newest
 *
 * What it cannot see: a byte that nothing goes by (gaps in pages and behind values, the two
 * unused bytes of a page's head, what a free page holds); a key of a branch, changed to one
 * that parts the same two pages; under which number pages are listed as free, as long as
 * these rise, which says since when they may be used again; and a size of the map in a meta
 * page that was changed before the last commit, which has then gone on from it. Opening the
 * ledger reads the way to its state by LMDB, which damage there can make end the process:
 * run it in one of its own.
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

/* False = the ledger could not be read to its end. One with faults is true. Not within
 * store_hold(). */
bool verify_ledger(
	struct store *s, struct verify_report *r, struct err *e) ATTR_UNUSED_RESULT;

#endif
