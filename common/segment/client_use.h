/*
 * What a client uses of its limits, over any number of fronts:
 *
 *	rates   a word each, taken by compare-and-swap: never above burst + rate × t
 *	held    what runs now, a row a front: add to the own row, sum all rows, and if that
 *	        is over, drop it again. Of two fronts that take the last at once both may
 *	        be refused, never both served
 *	spent   what is settled, as record publishes it
 *	refused when a budget last refused a request: for people, nothing is decided by it
 *
 *	client_use_hold(c, channel, ix, cost);
 *	now = client_use_held(c, ix);  client_use_spent(c, ix, wall_ms, spent);   this order
 *	if (… is over …)
 *		client_use_drop(c, channel, ix, &(struct client_use){1, cost});
 *
 * Held money is dropped only when record has published what was spent of it; whoever sums
 * first and then reads `spent` sees it in one of them, never in neither.
 *
 * Death: a front killed anywhere leaves its own row, which stands until the master clears
 * it with the channel (segment_reclaim_channel()), and at worst a rate debit for nothing,
 * which flows back. Full: nothing is counted here that could fill up; sums stop at the end
 * of their range.
 */
#ifndef SEGMENT_CLIENT_USE_H
#define SEGMENT_CLIENT_USE_H

#include "rate/bucket.h"
#include "segment/clients.h"

struct client_use {
	uint64_t requests, nanousd;
};

/* Front: one request more runs, and may cost so much. Sequentially consistent: pairs with
 * client_use_held(). */
void client_use_hold(
	const struct clients *c, uint32_t channel_ix, uint32_t ix, uint64_t nanousd);

/* Front: so much of it is over. Release; pairs with client_use_held(). */
void client_use_drop(const struct clients *c, uint32_t channel_ix, uint32_t ix,
	const struct client_use *use);

/* What all fronts hold of that client, one's own row included. Sequentially consistent
 * loads. */
struct client_use client_use_held(const struct clients *c, uint32_t ix);

/* What a request takes of each rate; rate.tokens 0 = there is no such limit. */
struct client_take {
	struct bucket_rate rate;
	uint64_t n;
};

/* Front: take all of them or none. Returns CLIENT_RATES, or the one that lets it wait the
 * longest, with *t saying until when. Compare-and-swap, relaxed: each word is the whole
 * truth. */
enum client_rate client_use_take(const struct clients *c, uint32_t ix,
	const struct client_take take[static CLIENT_RATES], uint64_t now_ns,
	struct bucket_take *t) ATTR_UNUSED_RESULT;

/* Front: what was taken of that rate has come to `use`. As bucket_correct_shared(). */
void client_use_correct(const struct clients *c, uint32_t ix, enum client_rate which,
	const struct bucket_rate *rate, const struct bucket_use *use, uint64_t now_ns);

/* Record: the word as the ledger has it, before the table is published. The
 * same again is the same. Relaxed: as above. */
void client_use_restore(
	const struct clients *c, uint32_t ix, enum client_rate which, uint64_t tat_ns);

/* Anybody: the word of that rate, for bucket_left(). Relaxed: it stands alone. */
uint64_t client_use_tat(const struct clients *c, uint32_t ix, enum client_rate which);

/* Record: so much is spent in the periods of now_ms. Release; call it before the fact
 * lanes are given back. */
void clients_set_spent(struct clients *c, uint32_t ix, uint64_t now_ms,
	const uint64_t nanousd[static PERIODS]);

/* Anybody: what is spent in the periods of now_ms. Acquire. */
void client_use_spent(const struct clients *c, uint32_t ix, uint64_t now_ms,
	uint64_t nanousd[static PERIODS]);

/* Front: a request was refused for that budget. Relaxed: it stands alone. */
void client_use_refuse(
	const struct clients *c, uint32_t ix, enum period p, uint64_t now_ms);

/* Front: one was let in, so no budget keeps that client out any more. Refusals younger than
 * that stay: who asks for much and for little by turns has refusals all the time.
 * Compare-and-swap, relaxed: a refusal beside it is not lost. */
void client_use_let_in(
	const struct clients *c, uint32_t ix, uint64_t now_ms, uint64_t younger_ms);

/* Record: its limits were those, and are others. Of a budget that is another one an old
 * refusal says nothing: it is forgotten. Relaxed, as a refusal is. */
void client_use_change(const struct clients *c, uint32_t ix,
	const struct client_limits *was, const struct client_limits *is);

/* Record and each front, which until then refuses by the old ones: other defaults. */
void client_use_adopt(const struct clients *c, const struct client_limits *old,
	const struct client_limits *defaults);

/* Anybody: when each budget last refused in its period of now_ms, 0 = it did not, or others
 * were let in since. A moment to come is of a clock that was set back, and counts. Relaxed. */
void client_use_refused(const struct clients *c, uint32_t ix, uint64_t now_ms,
	uint64_t wall_ms[static PERIODS]);

#endif
