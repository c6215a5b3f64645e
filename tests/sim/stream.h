/*
 * A streamed reply, from its first word to its last byte. Words leave at the exchange's
 * pace and as fast as the client takes them; a client that does not read stops the words.
 *
 *	stream_begin()   head, role, first word; then timer and drain call
 *	stream_go_on()   which ends with the last line of the bill; on its commit
 *	stream_end()     sends the tail, an error, or half of something
 */
#ifndef SIM_STREAM_H
#define SIM_STREAM_H

#include "exchange.h"

void stream_begin(struct exchange *ex);

/* Send what is due; then the timer, the drain or the last line of the bill. */
void stream_go_on(struct exchange *ex);

void stream_end(struct exchange *ex);

/* What is owed when it breaks off here. A model runs on a little before it notices that
 * nobody listens: up to 7 tokens more than the words that left. */
struct usage stream_usage_so_far(const struct exchange *ex);

#endif
