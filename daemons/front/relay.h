/*
 * Relaying: an exchange's reply on its way to the client that asked.
 *
 *	           STREAMING, stream        pipe empty, DONE
 *	 WAITING ────────────────► HEAD OUT ───────────────► answered
 *	    │ └── STREAMING, whole: collect ── DONE ────────► answered with cost in the head
 *	    ├──── FAILED ──────────► error answer, or error event behind the head
 *	    └──── queued, and wants to know: head out early, comments
 *
 * Everything read from the reply part is input: a state or a number that cannot be makes
 * an `internal` answer and is counted. Back-pressure: while the client's output is above
 * its bound nothing is taken from the pipe.
 */
#ifndef FRONT_RELAY_H
#define FRONT_RELAY_H

#include "decide/wait.h"
#include "front/front.h"
#include "segment/exchange.h"
#include "text/apierr.h"

/* The connection's request is now the exchange in that slot. tells_queue: while it waits
 * the client hears in comments of a stream where it stands; the stream's head goes out
 * with the first, so that what fails later is an event in it. */
void relay_wait(struct conn *c, uint32_t slot, bool tells_queue);

/* Who takes a reply instead of the client: a chat, which makes its own events of it. */
struct relay_sink {
	/* The reply's head is final; said before each look at its bytes. */
	void (*begin)(struct conn *c, void *arg, const struct exchange *x);
	/* Bytes of the reply's body. */
	void (*take)(struct conn *c, void *arg, struct str part);
	/* The end. failure: NULL, or why there is no whole reply, with the wait it asks
	 * for. The exchange is given back behind it; the connection is the sink's. */
	void (*end)(struct conn *c, void *arg, const struct exchange *x,
		const struct apierr *failure, uint64_t wait_ms);
	/* The client has left; over() follows. */
	void (*left)(struct front *f, void *arg);
	/* … and the exchange has ended, with what it came to; x = NULL: the front leaves
	 * first, or has given its segment up. arg is not used again. */
	void (*over)(struct front *f, void *arg, const struct exchange *x);
	/* At every sweep. */
	void (*tick)(struct conn *c, void *arg, const struct exchange *x);
};

/* The same for a sink. */
void relay_wait_for(
	struct conn *c, uint32_t slot, const struct relay_sink *sink, void *arg);

/* A whole reply as the answer: its status, its body, how it went and what it cost. */
void relay_answer_whole(struct conn *c, const struct exchange *x, struct str body);

/* Where it stands in the queue, as its client is told. */
struct wait_place relay_place(const struct front *f, const struct exchange *x);

/* How long the first of this front's own who wait will still wait, as dispatch has told;
 * looked up anew four times a second at most. 0 = it is not known. */
uint64_t relay_shortest_wait_ms(struct front *f);

/* Look at every slot dispatch has told of; true = there was one. */
bool relay_news(struct front *f);
bool relay_has_news(const struct front *f);

/* At every sweep: signs of life on streams that wait. */
void relay_keep_alive(struct front *f);

/* The segment is given up: answer every open exchange now. */
void relay_abandon_all(struct front *f);

/* What still waits for the end of an exchange whose client has left gets its over(). */
bool relay_has_orphans(const struct front *f);
void relay_end_orphans(struct front *f);

#endif
