/*
 * Relaying: an exchange's reply on its way to the client that asked.
 *
 *	           STREAMING, stream        pipe empty, DONE
 *	 WAITING ────────────────► HEAD OUT ───────────────► answered
 *	    │ └── STREAMING, whole: collect ── DONE ────────► answered with cost in the head
 *	    └──── FAILED ──────────► error answer, or error event behind the head
 *
 * Everything read from the reply part is input: a state or a number that cannot be makes
 * an `internal` answer and is counted. Back-pressure: while the client's output is above
 * its bound nothing is taken from the pipe.
 */
#ifndef FRONT_RELAY_H
#define FRONT_RELAY_H

#include "front/front.h"

/* The connection's request is now the exchange in that slot. */
void relay_wait(struct conn *c, uint32_t slot);

/* Look at every slot dispatch has told of; true = there was one. */
bool relay_news(struct front *f);
bool relay_has_news(const struct front *f);

/* Once a second: signs of life on streams that wait. */
void relay_keep_alive(struct front *f);

/* The segment is given up: answer every open exchange now. */
void relay_abandon_all(struct front *f);

#endif
