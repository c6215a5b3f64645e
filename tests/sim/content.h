/*
 * What an answer says: the JSON of a whole reply, the events of a stream. Each event can
 * be made again at any time from the exchange alone. What it looks like is the endpoint's
 * (content_chat.c and so on); here is what they share.
 */
#ifndef SIM_CONTENT_H
#define SIM_CONTENT_H

#include "exchange.h"

/* The body of a whole reply. */
void content_whole(struct buf *out, const struct exchange *ex);

/* Event `step` of a stream, see endpoint.h. */
void content_event(struct buf *out, const struct exchange *ex, uint64_t step);

/* ---- for the endpoints ---------------------------------------------------------- */

/* One count, bent as the mode wants it, behind a comma where one is due. */
void content_count(
	struct buf *out, const struct exchange *ex, const char *name, uint64_t v);

/* ,"usage":{…} in chat completions' words; nothing where the mode leaves it out. */
void content_usage(struct buf *out, const struct exchange *ex);

/* Is there to be a usage at all, and is it null? */
bool content_has_usage(const struct exchange *ex);

/* ,"service_tier":…,"system_fingerprint":… */
void content_served(struct buf *out, const struct exchange *ex);

/* Piece i of a choice, or the one long line of a mode. */
void content_piece(
	struct buf *out, const struct exchange *ex, uint64_t choice, uint64_t i);

/* All pieces of a choice. */
void content_text(struct buf *out, const struct exchange *ex, uint64_t choice);

/* "stop", "length" or "tool_calls" */
const char *content_finish(const struct exchange *ex);

/* The log probability of a piece, -0.0001 to -2. */
double content_logprob(const struct exchange *ex, uint64_t choice, uint64_t i);

/* An error in the middle of a stream of chunks. */
void content_error_event(struct buf *out, const struct exchange *ex);

extern const char content_sorry[];

#endif
