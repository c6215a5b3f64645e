/*
 * How long things took in one span of time: four histograms, which merge like totals do.
 *
 *	wait        ms from the request's coming to its first attempt's sending, or its end
 *	            where it was never sent: row_tells_wait()
 *	processing  ms from sending to the end, of each attempt that reached OpenAI and
 *	            that neither its client nor Atlas has cut short
 *	first       ms from sending to the reply's first byte, of those that got one
 *	rate        completion tokens a second, from the first byte of a stream, from the
 *	            sending of a whole answer
 */
#ifndef STORE_TIMES_H
#define STORE_TIMES_H

#include "base/histo.h"
#include "store/row.h"

/* As it is stored; the seal's place is a hash of the key. A change raises the version. */
struct times {
	struct seal seal;
	struct histo wait, processing, first, rate;
};

enum { TIMES_VERSION = 1 };

/* Add what is known of a row that is no longer OPEN. */
void times_add_row(struct times *t, const struct row *r);

/* a += b. */
void times_merge(struct times *a, const struct times *b);

#endif
