/*
 * What a completion says: the JSON of a whole reply, the events of a stream. Each event
 * can be made again at any time from the exchange alone.
 */
#ifndef SIM_CONTENT_H
#define SIM_CONTENT_H

#include "exchange.h"

/* The body of a whole reply. */
void content_whole(struct buf *out, const struct exchange *ex);

/* Event `step` of a stream: 0 the role, 1..n_pieces a word each, n_pieces + 1 the tail
 * (finish_reason, usage, [DONE]) in one run. */
void content_event(struct buf *out, const struct exchange *ex, uint64_t step);

/* An error in the middle of a stream. */
void content_error_event(struct buf *out);

#endif
