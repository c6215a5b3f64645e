/*
 * Keeping: a fact of a chat on its way into the ledger. The connection waits until record
 * has committed it, so whoever is told "done" reads it from then on through any front. A
 * turn's text lies in the region until then.
 *
 *	no room in region or lane ──► tried again each turn of the loop
 *	pushed ──committed──► kept(conn, arg): answer; the text's extent goes back
 *
 * A client that leaves meanwhile is forgotten, the fact is not: a front does not end
 * before its keeps are done. Full: each is one request of a connection's, so there are
 * never more than those.
 */
#ifndef FRONT_CHAT_KEEP_H
#define FRONT_CHAT_KEEP_H

#include "front/front.h"

struct chat_keep_plan {
	union fact fact; /* chat_turn or chat_change, with its head */
	struct str text; /* of a turn, from malloc and taken; p NULL = none */
	void (*kept)(struct conn *c, void *arg); /* answers */
	void (*drop)(void *arg);                 /* NULL = nothing to free */
	void *arg;
};

/* c may be NULL: nobody waits. */
void chat_keep(struct front *f, struct conn *c, const struct chat_keep_plan *plan);

/* Push what waits, answer what is committed; true = something moved. */
bool chat_keeps_turn(struct front *f);

/* Is one committed and not answered yet? */
bool chat_keeps_have_work(const struct front *f);

/* At the end of the process. */
void chat_keeps_close(struct front *f);

#endif
