/*
 * A sliding window: never more than the limit in ANY interval of the window's length.
 * Pure: the time and the limit are arguments, so a changed limit carries the use over.
 *
 *	window_advance(&w, now_ns);
 *	if (window_fits(&w, limit, n))
 *		stamp = window_add(&w, now_ns, n);            … and send
 *	else
 *		wake up at window_earliest_ns(&w, limit, n, now_ns);
 *	window_correct(&w, stamp, n, true_n, now_ns);         once the truth is known
 *
 *	 cell   c-256 … … … … … c-1   c = now / cell_ns        one cell = length / 256
 *	        |▒▒▒|▒▒▒|▒▒▒|▒▒▒|▒▒▒|▒|                        all 257 count
 *	          └────── at least the whole length ──────┘
 *
 * The price of counting the oldest cell whole is that a unit comes back up to 1/256 of
 * the length (0.4 %) late; constant pressure gets 256/257 of the limit.
 *
 * Death: it may stand in the segment, with one writer. Killed at any instruction, it has
 * never forgotten anything that window_add() had returned for: a cell is cleared only
 * once it is too old for every later moment, `used` goes up before the cell and down
 * after it, and is counted anew whenever time enters another cell. At worst one addition
 * that nobody was told of, or one refund, is missing from what is free. A correction must
 * not be repeated: note first that it is done, then do it; killed between, the
 * reservation stands, which is the safe side.
 * Full: it only counts; the sums stop at the end of 64 bits.
 */
#ifndef RATE_WINDOW_H
#define RATE_WINDOW_H

#include "base/attr.h"

enum { WINDOW_STEPS = 256, WINDOW_CELLS = WINDOW_STEPS + 1 };

struct window {
	uint64_t cell_ns;        /* W: window_init() */
	_Atomic uint64_t newest; /* W: owner  R: all; number of the newest cell */
	_Atomic uint64_t used;   /* W: owner; the sum of all cells, or a bit more */
	_Atomic uint64_t cells[WINDOW_CELLS]; /* W: owner  R: all; number % 257 */
};

/* An empty window of that length (> 0). Before anybody else sees it: relaxed. */
void window_init(struct window *w, uint64_t length_ns);

/* Owner: let the time be now; a time before the newest cell changes nothing. Release
 * stores: they keep their order for whoever follows the owner's death. */
void window_advance(struct window *w, uint64_t now_ns);

/* Owner, after window_advance(): would n more keep it within the limit? Relaxed: own
 * words. */
bool window_fits(const struct window *w, uint64_t limit, uint64_t n);

/* Owner, after window_advance(now_ns): the first instant at which n will fit if nothing
 * else happens; now_ns when it fits already, UINT64_MAX when n > limit. Relaxed. */
uint64_t window_earliest_ns(
	const struct window *w, uint64_t limit, uint64_t n, uint64_t now_ns);

/* Owner: count n now, fit or not. Returns the stamp that window_correct() wants. Release
 * stores, as above. */
uint64_t window_add(struct window *w, uint64_t now_ns, uint64_t n);

/* Owner: what was reserved at stamp has come to `actual`. A refund goes to the moment of
 * the reservation (nowhere when that has left the window, or cannot be); an excess is
 * counted now. Release stores, as above. */
void window_correct(struct window *w, uint64_t stamp, uint64_t reserved,
	uint64_t actual, uint64_t now_ns);

/* Anybody: what the window holds at now_ns, whether or not the owner has looked since.
 * Relaxed: a snapshot for people. */
uint64_t window_used(const struct window *w, uint64_t now_ns);

/* Anybody: the first instant at which it holds at most `level` if nothing is added; now_ns
 * when it does already. Relaxed, as above. */
uint64_t window_falls_ns(const struct window *w, uint64_t level, uint64_t now_ns);

#endif
