/*
 * Inside store/: the LMDB environment, its tables, and its errors as sentences. Nobody
 * outside this folder includes it.
 *
 * Only default flags: committed means durable, whatever happens; every faster mode loses
 * or corrupts something in a power cut.
 */
#ifndef STORE_TABLES_H
#define STORE_TABLES_H

#include "store/keys.h"
#include "store/place.h"
#include "store/state.h"
#include "store/store.h"

#include <lmdb.h>

enum table {
	/* "state", "pruned", "kept", "order", "firing" → the struct of that name */
	TABLE_META,
	TABLE_ROWS,     /* sequence → struct row */
	TABLE_ATTEMPTS, /* request id, attempt → sequence */
	TABLE_CHAIN,    /* number → struct link */
	TABLE_OPEN,     /* sequence of an OPEN row → nothing */
	TABLE_SESSIONS, /* session → struct tally_record */
	TABLE_POINTS,   /* tier, dimension, start, name → struct tally_record */
	TABLE_TIMES,    /* tier, start → struct times */
	TABLE_CLIENTS,  /* client id → struct token */
	TABLE_CHATS,    /* client id, session → struct chat */
	TABLE_TURNS, /* client id, session, request id → struct chat_turn, its text */
	TABLE_RATES, /* number of its content → struct rates_kept */
	TABLES
};

const char *table_name(enum table t);

struct store {
	MDB_env *env;
	MDB_txn *held; /* store_hold(); NULL = each read has its own */
	MDB_dbi dbi[TABLES];
	struct place_file lock; /* LMDB's lock file, as it was opened */
};

/* Open the files in dir; the tables come with tables_open(). max_bytes is the writer's;
 * 0 = only reading, at the size the file names. */
bool tables_open_env(struct store *s, const char *dir, uint64_t max_bytes,
	struct err *e) ATTR_UNUSED_RESULT;

/* For reading what nobody writes, by the one who has another environment of that directory
 * open: LMDB's locks belong to that, and are left alone. */
bool tables_open_aside(
	struct store *s, const char *dir, struct err *e) ATTR_UNUSED_RESULT;

/* Find the tables within txn, or make them. Returns an LMDB code. */
int tables_open(struct store *s, MDB_txn *txn, bool make) ATTR_UNUSED_RESULT;

/* Find the tables of a ledger that is there, and read its state. */
bool tables_load(
	struct store *s, struct state *state, struct err *e) ATTR_UNUSED_RESULT;
void tables_close(struct store *s);

/* Of tables_begin_read() and tables_check_file(): the file ends before its last page. */
enum { TABLES_CUT_SHORT = MDB_LAST_ERRCODE + 1000 };

/* Is the file as long as what it says it holds? Before it is read: behind its end there is
 * only a signal. Short by 32 pages may be what no transaction has written, and is not seen.
 * 0 or TABLES_CUT_SHORT. */
int tables_check_file(const struct store *s) ATTR_UNUSED_RESULT;

/* Is the lock file in dir the one that s has open? Whoever reads by another is not seen by
 * the writer, and what it reads is written over. */
enum tables_lock { TABLES_LOCK_SAME, TABLES_LOCK_GONE, TABLES_LOCK_OTHER };
enum tables_lock tables_look_at_lock(const struct store *s, const char *dir);

/* Begin a transaction for reading, or borrow the one that is held. Returns an LMDB code;
 * pairs with tables_end_read(). */
int tables_begin_read(const struct store *s, MDB_txn **txn) ATTR_UNUSED_RESULT;
void tables_end_read(const struct store *s, MDB_txn *txn);

/* One key, one value; LMDB codes. What get finds is LMDB's own memory until the next
 * write or the end of the transaction. */
int table_get(const struct store *s, MDB_txn *txn, enum table t, const struct key *k,
	struct str *value) ATTR_UNUSED_RESULT;
int table_put(const struct store *s, MDB_txn *txn, enum table t, const struct key *k,
	struct str value) ATTR_UNUSED_RESULT;
/* The same for a key behind every other of its table: fills pages to the end. */
int table_append(const struct store *s, MDB_txn *txn, enum table t, const struct key *k,
	struct str value) ATTR_UNUSED_RESULT;
/* The same for a key that must be new: else MDB_KEYEXIST. */
int table_add(const struct store *s, MDB_txn *txn, enum table t, const struct key *k,
	struct str value) ATTR_UNUSED_RESULT;
int table_delete(const struct store *s, MDB_txn *txn, enum table t,
	const struct key *k) ATTR_UNUSED_RESULT;

/* A walk: at k (or, with MDB_SET_RANGE, at the first key behind it), then on. */
int table_walk(const struct store *s, MDB_txn *txn, enum table t,
	MDB_cursor **cursor) ATTR_UNUSED_RESULT;
int walk_seek(MDB_cursor *c, const struct key *k, struct str *key,
	struct str *value) ATTR_UNUSED_RESULT;
int walk_step(MDB_cursor *c, MDB_cursor_op op, struct str *key,
	struct str *value) ATTR_UNUSED_RESULT;

/* The state record: MDB_CORRUPTED when it is damaged, MDB_VERSION_MISMATCH when another
 * version of Atlas wrote it. Put: also what it says of LMDB's meta pages, so it belongs into
 * each commit. */
int tables_get_state(
	const struct store *s, MDB_txn *txn, struct state *out) ATTR_UNUSED_RESULT;
int tables_put_state(
	const struct store *s, MDB_txn *txn, struct state *state) ATTR_UNUSED_RESULT;

/* A record of the META table, each under its name and with a place of its own in its seal,
 * so that none stands for another. n bytes, beginning with a struct seal. Get: all zero when
 * it is not there; MDB_CORRUPTED when it is damaged. */
enum meta { META_STATE, META_PRUNED, META_KEPT, META_ORDER, META_FIRING, METAS };
int tables_get_meta(const struct store *s, MDB_txn *txn, enum meta which, void *out,
	size_t n, uint32_t version) ATTR_UNUSED_RESULT;
int tables_put_meta(const struct store *s, MDB_txn *txn, enum meta which, void *record,
	size_t n, uint32_t version) ATTR_UNUSED_RESULT;

/* Is what stands in META under that key a record of ours, as it was sealed? Of whatever
 * version: whoever reads it knows what to do with another. */
bool tables_is_whole_meta(struct str key, struct str stored) ATTR_UNUSED_RESULT;

/* What was pruned; all zero when nothing was yet. MDB_CORRUPTED when damaged. */
int tables_get_pruned(
	const struct store *s, MDB_txn *txn, struct pruned *out) ATTR_UNUSED_RESULT;
int tables_put_pruned(
	const struct store *s, MDB_txn *txn, struct pruned *p) ATTR_UNUSED_RESULT;

/* "the ledger: WHAT: …" in words that say what to do. Always false. */
bool tables_err(struct err *e, int rc, const char *what);

#endif
