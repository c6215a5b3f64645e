/*
 * Inside store/: one fact into one open transaction. Knows what a fact means to the
 * tables; knows nothing of lanes, commits and files.
 */
#ifndef STORE_APPLY_H
#define STORE_APPLY_H

#include "store/firing.h"
#include "store/ledger.h"
#include "store/tally.h"

enum { BATCH_RATES = 64 };

/* The open transaction and what changes with it. */
struct batch {
	const struct store *store;
	MDB_txn *txn; /* NULL = none is open */
	struct tally *tally;
	struct state state;
	struct pruned pruned; /* within prune_some() */
	uint64_t newest_ms; /* wall: when the youngest row was sent, 0 = not seen yet */
	uint64_t rates[BATCH_RATES];   /* kept already, by number % BATCH_RATES */
	int rc;                        /* the first LMDB code that was not 0 */
	ledger_counted_fn *on_counted; /* NULL = nobody wants to know */
	void *on_counted_arg;
};

/* Take one fact; text is that of a chat's turn. LEDGER_FAILED leaves the code in b->rc. */
enum ledger_verdict apply_fact(
	struct batch *b, const union fact *f, struct str text) ATTR_UNUSED_RESULT;

/* Give the token the first of NAME, NAME-2, NAME-3 … that no live token has. */
void apply_name(struct batch *b, struct fact_token *f);

/* Those of chats (apply_chat.c). */
enum ledger_verdict apply_chat_turn(struct batch *b, const struct fact_chat_turn *f,
	struct str text) ATTR_UNUSED_RESULT;
enum ledger_verdict apply_chat_change(
	struct batch *b, const struct fact_chat_change *f) ATTR_UNUSED_RESULT;

/* Those of the upstream's limits (kept.c). */
enum ledger_verdict apply_stabilizer(
	struct batch *b, const struct fact_stabilizer *f) ATTR_UNUSED_RESULT;
enum ledger_verdict apply_reset(
	struct batch *b, const struct fact_reset *f) ATTR_UNUSED_RESULT;

/* The number under which such rates are kept, from now on at the latest; 0 = there are none,
 * or no room (rates_kept.c). An LMDB code. */
int rates_note(
	struct batch *b, const struct rates *r, uint64_t *number) ATTR_UNUSED_RESULT;

/* Write it down within the transaction (firing.c). An LMDB code. */
int firing_put(
	const struct store *s, MDB_txn *txn, struct firing *f) ATTR_UNUSED_RESULT;

/* Give up the OPEN row of that sequence: UNKNOWN, at the upper end of its interval.
 * LEDGER_BAD = the row is damaged; it is OPEN no longer, and in no total. */
enum ledger_verdict apply_loss(
	struct batch *b, uint64_t sequence, uint64_t now_ms) ATTR_UNUSED_RESULT;

/* Fold what is gathered in memory into the tables: before each commit. */
bool apply_fold(struct batch *b) ATTR_UNUSED_RESULT;

#endif
