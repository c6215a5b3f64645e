/*
 * A token bucket that is one 64-bit word: the theoretical arrival time of the generic cell
 * rate algorithm (ATM Forum, Traffic Management 4.0, 4.4.2: virtual scheduling), in
 * nanoseconds of the monotonic clock. An all-zero word is a full bucket.
 *
 *	struct bucket_rate r = {150000, 60 * NS_PER_S, 15000, 0};
 *	struct bucket_take t = bucket_take(tat_ns, &r, n, now_ns);
 *	if (t.verdict == BUCKET_TAKEN) tat_ns = t.tat_ns; else wait until t.earliest_ns
 *
 *	         now            tat
 *	  ────────┼──────────────┼─────────── time     tat - now = what has been taken and
 *	          │▒▒▒▒▒▒▒▒▒▒▒▒▒▒|······|              not flowed back yet, as time
 *	          └──── burst ──────────┘              a take moves tat to the right
 *
 * Never above burst + rate × t in any interval t, exactly, in whatever order takes come:
 * what a take costs is rounded up and the burst's length down, to whole nanoseconds. The
 * one take that then would not fit an idle bucket (n = burst) waits until it is idle.
 *
 * With `most` above burst one take may be larger than the burst: it waits until the bucket
 * has been idle for as long as what is beyond the burst takes to flow, and owes the whole
 * of it afterwards. Then an interval that holds more than one take still never has more
 * than burst + rate × t, and one that holds a single take at most that one.
 *
 * Times that differ by d between processes loosen this by rate × d, no more.
 *
 * Refunds keep the promise for the corrected amounts too: what has flowed back of a
 * reservation since it was taken is spent capacity and not refunded. Who would rather
 * count a refund at the moment it comes gives taken_ns = now_ns. Either way a bucket never
 * holds more than its burst.
 * Full (nothing left): a take is refused with the instant at which it will do.
 */
#ifndef RATE_BUCKET_H
#define RATE_BUCKET_H

#include "base/attr.h"

struct bucket_rate {
	uint64_t tokens; /* in each period, > 0 */
	uint64_t period_ns;
	uint64_t burst; /* the most that one instant may take of a bucket just full */
	uint64_t most;  /* the largest single take; never less than burst, 0 = burst */
};

/* A bucket as it stands in the segment. W: who takes from it  R: all */
struct bucket {
	_Atomic uint64_t tat_ns;
};

enum bucket_verdict { BUCKET_TAKEN, BUCKET_LATER, BUCKET_NEVER };

struct bucket_take {
	enum bucket_verdict verdict;
	uint64_t tat_ns;      /* the word from now on; the old one unless TAKEN */
	uint64_t earliest_ns; /* LATER: the first instant at which n will do if nothing
	                         else happens; TAKEN: now_ns; NEVER (n > burst and most): UINT64_MAX */
};

/* A reservation and what it has come to. */
struct bucket_use {
	uint64_t reserved, actual;
	uint64_t taken_ns; /* when it was reserved */
};

/* Take n tokens, or say when. Pure. */
struct bucket_take bucket_take(
	uint64_t tat_ns, const struct bucket_rate *r, uint64_t n, uint64_t now_ns);

/* The word after a reservation's correction: a refund, or the excess taken whether it
 * fits or not. Pure. */
uint64_t bucket_correct(uint64_t tat_ns, const struct bucket_rate *r,
	const struct bucket_use *u, uint64_t now_ns);

/* The largest single take that would do now. Pure. */
uint64_t bucket_left(uint64_t tat_ns, const struct bucket_rate *r, uint64_t now_ns);

/* A bucket's word from what was taken of it before, told newest first:
 *
 *	struct bucket_recall c = {0};
 *	bucket_recall(&c, &r, n, age_ns);                for each take, ages never fall
 *	tat_ns = bucket_recalled(&c, &r, told_ns, now_ns);
 *
 * Exact, since tat is the latest of all age-old beginnings plus what was taken since. What
 * is older than told_ns was not told: the burst is taken to have been used just then, which
 * is all the same to whom has taken less than the rate meanwhile. Pure. */
struct bucket_recall {
	uint64_t cost_ns;  /* of all that were told */
	uint64_t level_ns; /* how far they have left tat beyond now */
};
void bucket_recall(struct bucket_recall *c, const struct bucket_rate *r, uint64_t n,
	uint64_t age_ns);
uint64_t bucket_recalled(const struct bucket_recall *c, const struct bucket_rate *r,
	uint64_t told_ns, uint64_t now_ns);

/* bucket_take() on a word that several processes share; killed at any instruction it has
 * taken all or nothing. Compare-and-swap, relaxed: the word is the whole truth, nothing
 * else is read on its strength. */
struct bucket_take bucket_take_shared(_Atomic uint64_t *word,
	const struct bucket_rate *r, uint64_t n, uint64_t now_ns);

/* n is about to be taken, and only the rate flows from then on, as if the bucket had been
 * empty until now. For one writer. Relaxed: as above. */
void bucket_defer(
	struct bucket *b, const struct bucket_rate *r, uint64_t n, uint64_t now_ns);

/* What bucket_take_shared() would say, and nothing taken. Relaxed: the word is the whole
 * truth. */
struct bucket_take bucket_look_shared(const _Atomic uint64_t *word,
	const struct bucket_rate *r, uint64_t n, uint64_t now_ns);

/* bucket_correct() on such a word. Same ordering. */
void bucket_correct_shared(_Atomic uint64_t *word, const struct bucket_rate *r,
	const struct bucket_use *u, uint64_t now_ns);

#endif
