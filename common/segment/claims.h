/*
 * Claims: who is at work in a chat. Of all fronts one at a time holds the claim of a name,
 * so of two turns that arrive together one runs and the other is told so.
 *
 *	struct claim c;
 *	if (claims_take(&claims, &ask, &c) == CLAIM_TAKEN)
 *		… claims_drop(&claims, &c);
 *
 * A table of words; a name's claim is in one of the CLAIMS_WINDOW behind the place it
 * hashes to. A word is the whole truth about itself and is changed by compare-and-swap:
 *
 *	 state:2 │ channel:8 │ generation:16 │ name:38
 *
 *	 FREE ── take ──► TRIED ── nobody else has it ──► HELD ── drop ──► FREE
 *	                    └──── another has, or tries it in a lower place ──► FREE
 *
 * Who tries in the lower place takes the higher one's word away before it goes on, so that
 * never both hold it; one of them does. The word of a front that died says so itself: its
 * channel is not that front's any more, and whoever comes next frees it.
 * Full: CLAIM_FULL when all of a window are taken, by others.
 */
#ifndef SEGMENT_CLAIMS_H
#define SEGMENT_CLAIMS_H

#include "segment/channel.h"

enum { CLAIMS_N = 65536, CLAIMS_WINDOW = 32 };

/* One process's view of the table. W: fronts  R: fronts */
struct claims {
	_Atomic uint64_t *words; /* n of them */
	uint32_t n;              /* a power of two, at least CLAIMS_WINDOW */
	const struct channel_words *channels;
	uint32_t n_channels;
};

struct claim_ask {
	uint64_t name;                /* a hash of what is claimed */
	uint32_t channel, generation; /* of the front that claims it, and is LIVE */
};

/* What its holder keeps. word 0 = nothing. */
struct claim {
	uint32_t ix;
	uint64_t word;
};

enum claim_verdict { CLAIM_TAKEN, CLAIM_BUSY, CLAIM_FULL };

/* Sequentially consistent: of two that try, one sees the other; pairs with itself. What
 * was done before a drop is seen by who takes it next. */
enum claim_verdict claims_take(const struct claims *t, const struct claim_ask *ask,
	struct claim *out) ATTR_UNUSED_RESULT;

/* Give it back; nothing held is fine. Release; pairs with claims_take(). */
void claims_drop(const struct claims *t, struct claim *c);

#endif
