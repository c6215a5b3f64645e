/*
 * What there is to say of a request of which the ledger has no attempt: one sentence, for
 * GET /monitoring/requests/ID and `atlasctl why` alike. Such a request waits still, or has
 * ended without being sent; of the latter only the log knows more.
 */
#ifndef INSIGHT_UNSENT_H
#define INSIGHT_UNSENT_H

#include "segment/segment.h"

enum { UNSENT_BYTES = 256 };

/* s: who waits stands there; NULL = nothing runs. Returns out. */
const char *unsent_explain(const struct segment *s,
	const uint8_t id[static EXCHANGE_ID_BYTES], uint64_t now_ns,
	char out[static UNSENT_BYTES]);

#endif
