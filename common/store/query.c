/* Bounded, resumable reads. */
#include "store/query.h"

#include "base/clock.h"
#include "base/num.h"
#include "store/tally.h"

#include <string.h>

enum { CLOCK_EVERY = 64, HOUR_MINUTES = 60 };

struct query_place query_start(void)
{
	return (struct query_place){0};
}

struct query_place query_start_last(void)
{
	return (struct query_place){.next = UINT64_MAX};
}

struct query_place query_start_hours(uint64_t now_ms, uint64_t hours)
{
	uint64_t minutes = num_mul_sat(hours, HOUR_MINUTES);
	return (struct query_place){
		.next = num_sub_sat(totals_minute(now_ms), minutes)};
}

/* ---- a slice: one transaction, one walk, a bound -------------------------------- */

struct slice {
	const struct store *store;
	MDB_txn *txn;
	MDB_cursor *cursor;
	uint64_t until_ns;
	uint32_t n;
};

static int slice_begin(struct slice *sl, const struct store *s, enum table t)
{
	*sl = (struct slice){.store = s, .until_ns = clock_mono_ns() + QUERY_SLICE_NS};
	int rc = tables_begin_read(s, &sl->txn);
	return rc != 0 ? rc : table_walk(s, sl->txn, t, &sl->cursor);
}

/* Count one record; true = this slice has had its share. */
static bool slice_is_full(struct slice *sl)
{
	sl->n++;
	return sl->n >= QUERY_SLICE_ROWS ||
	       (sl->n % CLOCK_EVERY == 0 && clock_mono_ns() >= sl->until_ns);
}

static enum query_verdict slice_end(struct slice *sl, int rc, struct err *e)
{
	if (sl->cursor != NULL)
		mdb_cursor_close(sl->cursor);
	if (sl->txn != NULL)
		mdb_txn_abort(sl->txn);
	if (rc == 0)
		return QUERY_MORE;
	if (rc == MDB_NOTFOUND)
		return QUERY_DONE;
	tables_err(e, rc, "read");
	return QUERY_FAILED;
}

static void note_bad(struct query_place *at, uint64_t number)
{
	if (at->n_bad++ == 0)
		at->first_bad = number;
}

/* What a walk does with each record: look at it, count it as bad or give it out. */
struct visitor {
	enum table table;
	void *arg;
	bool (*visit)(struct visitor *v, struct slice *sl, struct query_place *at,
		uint64_t number, struct str value);
	union {
		query_row_fn *row;
		query_minute_fn *minute;
		query_token_fn *token;
	} fn;
};

/* Along a table whose keys are numbers, upwards from at->next. */
static enum query_verdict walk_numbers(
	struct store *s, struct query_place *at, struct visitor *v, struct err *e)
{
	struct slice sl;
	struct str key, value;
	struct key from = key_of_number(at->next);
	int rc = slice_begin(&sl, s, v->table);
	if (rc == 0)
		rc = walk_seek(sl.cursor, &from, &key, &value);
	for (; rc == 0; rc = walk_step(sl.cursor, MDB_NEXT, &key, &value)) {
		uint64_t number;
		if (!key_number(key, &number)) {
			rc = MDB_CORRUPTED;
			break;
		}
		at->next = num_add_sat(number, 1);
		bool go_on = v->visit(v, &sl, at, number, value);
		if (slice_is_full(&sl) || !go_on)
			break;
	}
	return slice_end(&sl, rc, e);
}

/* ---- rows ------------------------------------------------------------------------ */

static bool visit_row(struct visitor *v, struct slice *sl, struct query_place *at,
	uint64_t sequence, struct str value)
{
	struct row r;
	(void)sl;
	if (row_open(&r, value, sequence))
		return v->fn.row(v->arg, sequence, &r);
	note_bad(at, sequence);
	return true;
}

enum query_verdict query_rows(struct store *s, struct query_place *at, query_row_fn *fn,
	void *arg, struct err *e)
{
	struct visitor v = {TABLE_ROWS, arg, visit_row, {.row = fn}};
	return walk_numbers(s, at, &v, e);
}

/* The row that an index entry names. False = stop. */
static bool give_row(
	struct visitor *v, struct slice *sl, struct query_place *at, uint64_t sequence)
{
	struct key k = key_of_number(sequence);
	struct str stored;
	if (table_get(sl->store, sl->txn, TABLE_ROWS, &k, &stored) == 0)
		return visit_row(v, sl, at, sequence, stored);
	note_bad(at, sequence);
	return true;
}

/* The last entry of the session before `before`. */
static int seek_before(struct slice *sl, const struct key *before, struct str *key)
{
	struct str value;
	int rc = walk_seek(sl->cursor, before, key, &value);
	if (rc == 0)
		return walk_step(sl->cursor, MDB_PREV, key, &value);
	if (rc != MDB_NOTFOUND)
		return rc;
	return walk_step(sl->cursor, MDB_LAST, key, &value);
}

static void copy_session(char out[static EXCHANGE_SESSION_BYTES], const char *session)
{
	memset(out, 0, EXCHANGE_SESSION_BYTES);
	memcpy(out, session, strnlen(session, EXCHANGE_SESSION_BYTES - 1));
}

enum query_verdict query_session_rows(struct store *s, const char *session,
	struct query_place *at, query_row_fn *fn, void *arg, struct err *e)
{
	struct visitor v = {TABLE_SESSION_ROWS, arg, NULL, {.row = fn}};
	char name[EXCHANGE_SESSION_BYTES];
	struct slice sl;
	struct str key, value;
	copy_session(name, session);
	struct key before = key_of_session_row(name, at->next);
	size_t n_prefix = before.n - sizeof(uint64_t);
	int rc = slice_begin(&sl, s, v.table);
	if (rc == 0)
		rc = seek_before(&sl, &before, &key);
	for (; rc == 0; rc = walk_step(sl.cursor, MDB_PREV, &key, &value)) {
		if (!key_has_prefix(key, &before, n_prefix))
			rc = MDB_NOTFOUND;
		else if (!key_number(key, &at->next))
			rc = MDB_CORRUPTED;
		if (rc != 0)
			break;
		bool go_on = give_row(&v, &sl, at, at->next);
		if (slice_is_full(&sl) || !go_on)
			break;
	}
	return slice_end(&sl, rc, e);
}

enum query_verdict query_request(struct store *s,
	const uint8_t id[static EXCHANGE_ID_BYTES], struct query_place *at,
	query_row_fn *fn, void *arg, struct err *e)
{
	struct visitor v = {TABLE_ATTEMPTS, arg, NULL, {.row = fn}};
	struct slice sl;
	struct str key, value;
	struct key from = key_of_attempt(id, (uint32_t)at->next);
	int rc = slice_begin(&sl, s, v.table);
	if (rc == 0)
		rc = walk_seek(sl.cursor, &from, &key, &value);
	for (; rc == 0; rc = walk_step(sl.cursor, MDB_NEXT, &key, &value)) {
		uint64_t sequence;
		uint32_t attempt;
		if (!key_has_prefix(key, &from, EXCHANGE_ID_BYTES))
			rc = MDB_NOTFOUND;
		else if (!key_number(value, &sequence) || !key_attempt(key, &attempt))
			rc = MDB_CORRUPTED;
		if (rc != 0)
			break;
		at->next = (uint64_t)attempt + 1;
		bool go_on = give_row(&v, &sl, at, sequence);
		if (slice_is_full(&sl) || !go_on)
			break;
	}
	return slice_end(&sl, rc, e);
}

/* ---- totals ---------------------------------------------------------------------- */

bool query_summary(struct store *s, struct query_summary *out, struct err *e)
{
	MDB_txn *txn;
	struct state state;
	int rc = tables_begin_read(s, &txn);
	if (rc != 0)
		return tables_err(e, rc, "read");
	rc = tables_get_state(s, txn, &state);
	mdb_txn_abort(txn);
	if (rc != 0)
		return tables_err(e, rc, "read");
	*out = (struct query_summary){state.total, state.sequence, state.n_open};
	return true;
}

static struct str str_of_key(const struct key *k)
{
	return (struct str){(const char *)k->bytes, k->n};
}

bool query_session(
	struct store *s, const char *session, struct totals *out, struct err *e)
{
	char name[EXCHANGE_SESSION_BYTES];
	struct str stored;
	MDB_txn *txn;
	*out = (struct totals){0};
	copy_session(name, session);
	struct key k = key_of_session(name);
	if (k.n == 0)
		return true;
	int rc = tables_begin_read(s, &txn);
	if (rc != 0)
		return tables_err(e, rc, "read");
	rc = table_get(s, txn, TABLE_SESSIONS, &k, &stored);
	if (rc == 0 && !tally_open(stored, TABLE_SESSIONS, str_of_key(&k), out))
		rc = MDB_CORRUPTED;
	mdb_txn_abort(txn);
	return rc == 0 || rc == MDB_NOTFOUND || tables_err(e, rc, "read");
}

static bool visit_minute(struct visitor *v, struct slice *sl, struct query_place *at,
	uint64_t minute, struct str value)
{
	struct key k = key_of_number(minute);
	struct totals t;
	(void)sl;
	if (tally_open(value, TABLE_MINUTES, str_of_key(&k), &t))
		return v->fn.minute(v->arg, minute, &t);
	note_bad(at, minute);
	return true;
}

enum query_verdict query_minutes(struct store *s, struct query_place *at,
	query_minute_fn *fn, void *arg, struct err *e)
{
	struct visitor v = {TABLE_MINUTES, arg, visit_minute, {.minute = fn}};
	return walk_numbers(s, at, &v, e);
}

static bool add_minute(void *arg, uint64_t minute, const struct totals *t)
{
	(void)minute;
	totals_add(arg, t);
	return true;
}

enum query_verdict query_totals(
	struct store *s, struct query_place *at, struct totals *sum, struct err *e)
{
	return query_minutes(s, at, add_minute, sum, e);
}

/* ---- tokens ---------------------------------------------------------------------- */

static bool visit_token(struct visitor *v, struct slice *sl, struct query_place *at,
	uint64_t id, struct str value)
{
	struct token t;
	(void)sl;
	if (token_open(&t, value, id))
		return v->fn.token(v->arg, &t);
	note_bad(at, id);
	return true;
}

enum query_verdict query_tokens(struct store *s, struct query_place *at,
	query_token_fn *fn, void *arg, struct err *e)
{
	struct visitor v = {TABLE_CLIENTS, arg, visit_token, {.token = fn}};
	return walk_numbers(s, at, &v, e);
}
