/*
 * What there is to say of a request of which the ledger has no attempt, or no end: one
 * sentence, for GET /monitoring/requests/ID and `atlasctl why` alike.
 *
 *	bool is_about = queue_view_find(…)      before the ledger is asked
 *	mark = watermark_take(segment), and wait a while for it to be written
 *	read the ledger: nothing?
 *	unsent_explain(&why, …) == UNSENT_NEVER and is_about: it has ended meanwhile: again
 *
 * One that is not about any more had all said of it before that was looked at, so only
 * then is it known that the ledger will never have it. Of such a one only the log knows
 * more.
 */
#ifndef INSIGHT_UNSENT_H
#define INSIGHT_UNSENT_H

#include "segment/segment.h"

enum { UNSENT_BYTES = 256 };

enum unsent {
	UNSENT_NEVER,     /* it was not sent, nor will be */
	UNSENT_WAITS,     /* it may be sent yet, or is on its way */
	UNSENT_UNWRITTEN, /* nobody can tell: record is behind; ask again */
	UNSENT_DAMAGED    /* it was sent, and its record cannot be read */
};

/* s: who waits stands there; NULL = nothing runs. is_damaged: the ledger has an attempt of
 * it that it cannot give out. */
enum unsent unsent_explain(const struct segment *s,
	const uint8_t id[static EXCHANGE_ID_BYTES], bool is_damaged, bool is_written,
	uint64_t now_ns, char out[static UNSENT_BYTES]);

#endif
