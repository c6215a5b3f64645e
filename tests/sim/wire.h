/*
 * How a reply's bytes leave: its head, the framing of its body, where it is cut, and
 * whether it goes in one write or byte by byte. What the bytes say is content.c's.
 *
 * Bytes gather in sim->wire until wire_flush(), so that the events of one moment are one
 * write.
 */
#ifndef SIM_WIRE_H
#define SIM_WIRE_H

#include "exchange.h"

/* The head of a reply; body_n = length of a whole reply's body, unused for streams. */
void wire_begin(struct exchange *ex, uint64_t body_n);

/* The first n_sent of these n body bytes, framed as if all n came. */
void wire_put(struct exchange *ex, const char *p, size_t n, size_t n_sent);

/* The end of the framing; not called for a body that was cut. */
void wire_end(struct exchange *ex);

void wire_flush(struct exchange *ex);

/* May the connection serve another request after this reply? */
bool wire_keeps_alive(const struct exchange *ex);

/* Has everything left for the kernel? */
bool wire_is_clear(const struct exchange *ex);

/* Send the next byte of a trickle; how long until the one after it. */
uint64_t wire_trickle(struct exchange *ex);

/* The next stretch of a MODE_RAW; false when all of it has been poured. */
bool wire_pour(struct exchange *ex);

/* A whole error reply, with extra header lines or NULL. */
void wire_error(struct buf *out, const struct exchange *ex,
	const struct openai_error *e, const char *headers);

#endif
