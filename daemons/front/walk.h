/*
 * A walk: a monitoring question that reads the ledger slice by slice, one slice a turn of
 * the loop for all walks together, each in its turn, so that no long read and no number
 * of dashboards holds up the relays or keeps the writer from its pages. Before each slice
 * the CPU is offered to other processes: a scheduler lets whoever has begun go on for
 * some milliseconds, and dispatch would wait for as long.
 *
 *	walk_begin(c, &plan)
 *	   slice(walk)  reads, or writes, some: QUERY_MORE = call again
 *	   finish(walk) answers walk->conn
 *
 * One whose sums must agree reads one moment: it holds the store (store_hold()) from its
 * first slice to its last, and the others of its kind wait. One that streams writes while
 * it reads, and rests while its client has no room. One about what its client may have an
 * answer to already is fresh: it rests until record has written down what dispatch had said
 * when it was asked, at most WALK_FRESH_MS, and reads what there is when record is not that
 * quick.
 *
 * When another file stands in the ledger's place by now (a copy that was put back), those
 * that have begun read the old one to their end, but streams are cut; the others rest until
 * they are gone and the new one is open.
 *
 * The walk owns `state`: drop() or free() ends it with the walk. A client that leaves
 * ends it too.
 */
#ifndef FRONT_WALK_H
#define FRONT_WALK_H

#include "front/front.h"
#include "segment/watermark.h"
#include "store/query.h"

enum { WALK_FRESH_MS = 2000 };

struct walk {
	struct walk *prev, *next; /* in front->walks */
	struct conn *conn;        /* NULL = the client has left */
	enum query_verdict (*slice)(struct walk *w, struct err *e);
	void (*finish)(struct walk *w);
	void (*drop)(void *state); /* NULL = free() */
	bool is_one_moment;
	bool is_stream; /* the answer goes out while it is read */
	bool is_fresh;
	bool is_begun;         /* it has had a slice */
	struct watermark mark; /* of a fresh one: what it waits for, and how long */
	uint64_t fresh_until_ns;
	struct query_place place;
	void *state;
};

/* Answers 503 itself when there is no ledger to read. Takes state (from malloc). */
void walk_begin(struct conn *c, const struct walk *plan);

/* 503, logged and counted: the store said why it cannot be read. */
void walk_refuse(struct conn *c, const struct err *why);

/* For slice(), which then says MORE: wait for what has been said until now, as if the
 * question came again. */
void walk_ask_again(struct walk *w);

/* Whoever is about to read: if another file stands in the ledger's place, or in that of its
 * lock, front->store is closed, once nobody reads it. */
void walks_look_for_another(struct front *f);

/* One slice of the walk whose turn it is; false = there was none. */
bool walks_turn(struct front *f);

/* Is there one that could go on? */
bool walks_have_work(const struct front *f);

/* At the end of the process. */
void walks_close(struct front *f);

#endif
