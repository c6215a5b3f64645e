/*
 * A walk: a monitoring question that reads the ledger slice by slice, one slice a turn of
 * the loop, so that no long read holds up the relays or keeps the writer from its pages.
 *
 *	walk_begin(c, slice, finish, state)
 *	   slice(walk)  reads one slice: QUERY_MORE = call again next turn
 *	   finish(walk) answers walk->conn
 *
 * The walk owns `state` (freed with it). A client that leaves ends it.
 */
#ifndef FRONT_WALK_H
#define FRONT_WALK_H

#include "front/front.h"
#include "store/query.h"

struct walk {
	struct walk *prev, *next; /* in front->walks */
	struct conn *conn;        /* NULL = the client has left */
	enum query_verdict (*slice)(struct walk *w, struct err *e);
	void (*finish)(struct walk *w);
	struct query_place place;
	void *state;
};

/* Answers 503 itself when there is no ledger to read. Takes state (from malloc). */
void walk_begin(struct conn *c, const struct walk *plan);

/* One slice for each walk; true = some go on. */
bool walks_turn(struct front *f);

/* At the end of the process. */
void walks_close(struct front *f);

#endif
