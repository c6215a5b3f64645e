/*
 * The ledger, for its one writer, record.
 *
 *	struct ledger *l;
 *	if (!ledger_open(&l, &plan, &e)) …
 *	ledger_begin(l, &e)
 *		ledger_apply(l, slot, position, &fact)      many times
 *	ledger_commit(l, &e)                                durable: now release the lanes
 *
 * One commit holds the rows, the totals and the position of every lane it has read, so a
 * fact is applied exactly once: whoever reads a lane again after a crash, from wherever,
 * is told REPEATED for all that the ledger holds already. Positions belong to one
 * segment; under a new one they start at 0, and every row still OPEN has lost its
 * dispatch and becomes UNKNOWN before the first fact is taken.
 *
 * A rehearsal does all that in one transaction that is never committed: what would be
 * written can be read, also where there is no room to write it, and is gone with
 * ledger_close(). It makes no ledger, and nothing may be pruned in it.
 *
 * After the first failure the ledger takes nothing more (ledger_begin() refuses): LMDB
 * does not recover from a failed commit in place. The process leaves, and its successor
 * finds the last commit whole. A full disk and a full map are this case too.
 */
#ifndef STORE_LEDGER_H
#define STORE_LEDGER_H

#include "segment/facts.h"
#include "store/store.h"
#include "store/totals.h"

struct ledger; /* opaque */

/* A row has just been counted, in the open transaction: OPEN no longer, part of every
 * total it belongs to. */
typedef void ledger_counted_fn(void *arg, const struct row *r);

struct ledger_plan {
	const char *data_dir;
	uint64_t max_bytes; /* the file may grow to this: store/room.h */
	uint64_t instance;  /* of the segment whose lanes are read; 0 = ledger_follow()
	                       will tell */
	uint64_t now_ms;    /* wall: when rows found OPEN were given up */
	bool goes_on; /* it was open under this instance before: none is made anew,
	                 and another one is refused */
	bool must_be_there; /* none is made anew, another one is as good */
	bool is_rehearsal;
	ledger_counted_fn *on_counted; /* NULL = nobody wants to know */
	void *on_counted_arg;
};

/* What opening found. */
struct ledger_found {
	bool is_new;
	uint64_t n_lost;         /* OPEN rows that are UNKNOWN now */
	uint64_t n_bad_rows;     /* OPEN rows that could not be read */
	uint64_t n_dead_readers; /* cleared */
	bool has_covered; /* a meta page was not what its commits say: the disk had
	                     refused the last write to it, or it was damaged. It has
	                     been written again, at the commit that was in force */
};

/* Open for writing, make it where there is none. False when another process writes it,
 * or what store_open_readonly() says. */
bool ledger_open(struct ledger **out, const struct ledger_plan *plan,
	struct ledger_found *found, struct err *e) ATTR_UNUSED_RESULT;

/* Read that segment's lanes from now on, outside a transaction; *found grows. */
bool ledger_follow(struct ledger *l, uint64_t instance, uint64_t now_ms,
	struct ledger_found *found, struct err *e) ATTR_UNUSED_RESULT;

/* Is its file still there, under its name and at its length? Somebody may have taken it
 * away or cut it short: what is written then is lost with the last process that has it
 * open. To be asked before a transaction and now and then. */
bool ledger_is_in_place(const struct ledger *l, struct err *e) ATTR_UNUSED_RESULT;

/* Is LMDB's lock file there that it was opened with? Without it those who read are not seen,
 * and what they read is written over: close it, and open it again. */
bool ledger_has_lock(const struct ledger *l);

/* Where it is not: does a copy of it stand there, with nothing missing? Not before that has
 * stood there unchanged since it was asked last, for it may be being written. Who finds one
 * closes this ledger and opens that. False and e: what is wrong with the file that does. */
bool ledger_has_copy(struct ledger *l, struct err *e) ATTR_UNUSED_RESULT;

/* Drops an open transaction. NULL is fine. */
void ledger_close(struct ledger *l);

bool ledger_begin(struct ledger *l, struct err *e) ATTR_UNUSED_RESULT;

enum ledger_verdict {
	LEDGER_APPLIED,
	LEDGER_REPEATED, /* seen before: before the lane's position, a known attempt or
	                    token, a second settle */
	LEDGER_IGNORED,  /* a release of an attempt nobody knows, and what only the log
	                    keeps */
	LEDGER_BAD,      /* cannot be: an impossible value, a settle whose intent is not
	                    there, or whose row is damaged */
	LEDGER_FAILED    /* the store refused; ledger_commit() says why */
};

/* A token that yields its name gets one that is free, for ledger_apply() to follow in the
 * same transaction; every other fact stays as it is. */
void ledger_name_token(struct ledger *l, union fact *f);

/* Take the fact that ends at `position` of slot's lane. Whatever the verdict (but
 * FAILED), the lane counts as read up to there. */
enum ledger_verdict ledger_apply(struct ledger *l, uint32_t slot, uint64_t position,
	const union fact *f) ATTR_UNUSED_RESULT;

/* The same for a turn of a chat, with the text that its fact tells the place of. */
enum ledger_verdict ledger_apply_text(struct ledger *l, uint32_t slot,
	uint64_t position, const union fact *f, struct str text) ATTR_UNUSED_RESULT;

/* Take a fact that is in no lane. */
enum ledger_verdict ledger_add(
	struct ledger *l, const union fact *f) ATTR_UNUSED_RESULT;

/* The lane's bytes up to `position` cannot be read: go on behind them. */
void ledger_skip(struct ledger *l, uint32_t slot, uint64_t position);

/* Make all since ledger_begin() durable, in a rehearsal readable. False = nothing of it
 * happened, and nothing ever will through l. */
bool ledger_commit(struct ledger *l, struct err *e) ATTR_UNUSED_RESULT;

/* As of the last commit or the open transaction. */
uint64_t ledger_position(const struct ledger *l, uint32_t slot);
uint64_t ledger_sequence(const struct ledger *l); /* facts applied, ever */
uint64_t ledger_n_open(const struct ledger *l);
const struct totals *ledger_totals(const struct ledger *l);

/* For reading by query.h in this process, outside a transaction. */
struct store *ledger_store(struct ledger *l);

#endif
