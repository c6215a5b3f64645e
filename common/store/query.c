/* Bounded, resumable reads. */
#include "store/query.h"

#include "base/num.h"
#include "store/order.h"
#include "store/slice.h"
#include "store/tally.h"

#include <string.h>

struct query_place query_start(void)
{
	return (struct query_place){0};
}

struct query_place query_start_last(void)
{
	return (struct query_place){.next = UINT64_MAX};
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
	bool (*visit)(struct visitor *v, struct query_place *at, uint64_t number,
		struct str value);
	union {
		query_row_fn *row;
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
	int rc = slice_begin(&sl, s, v->table, QUERY_SLICE_ROWS);
	if (rc == 0)
		rc = slice_seek(&sl, &from, &key, &value);
	for (; rc == 0; rc = slice_next(&sl, &key, &value)) {
		uint64_t number;
		if (!key_number(key, &number)) {
			rc = MDB_CORRUPTED;
			break;
		}
		at->next = num_add_sat(number, 1);
		bool go_on = v->visit(v, at, number, value);
		if (slice_is_full(&sl) || !go_on)
			break;
	}
	return slice_end(&sl, rc, e);
}

/* ---- rows ------------------------------------------------------------------------ */

static bool visit_row(
	struct visitor *v, struct query_place *at, uint64_t sequence, struct str value)
{
	struct row r;
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

/* The newest row below that sequence. */
static int last_below(
	struct slice *sl, uint64_t sequence, struct str *key, struct str *value)
{
	struct key from = key_of_number(sequence);
	int rc = slice_seek(sl, &from, key, value);
	if (rc == MDB_NOTFOUND)
		return walk_step(sl->cursor, MDB_LAST, key, value);
	return rc != 0 ? rc : slice_previous(sl, key, value);
}

enum query_verdict query_rows_back(struct store *s, struct query_place *at,
	query_row_fn *fn, void *arg, struct err *e)
{
	struct visitor v = {TABLE_ROWS, arg, visit_row, {.row = fn}};
	struct slice sl;
	struct str key, value;
	int rc = slice_begin(&sl, s, TABLE_ROWS, QUERY_SLICE_ROWS);
	if (rc == 0)
		rc = last_below(&sl, at->next, &key, &value);
	for (; rc == 0; rc = slice_previous(&sl, &key, &value)) {
		if (!key_number(key, &at->next)) {
			rc = MDB_CORRUPTED;
			break;
		}
		bool go_on = v.visit(&v, at, at->next, value);
		if (slice_is_full(&sl) || !go_on)
			break;
	}
	return slice_end(&sl, rc, e);
}

/* The first whole row at or behind that sequence: when was it sent? MDB_NOTFOUND = there
 * is none. */
static int sent_at(
	struct slice *sl, uint64_t sequence, uint64_t *found, uint64_t *sent_ms)
{
	struct str key, value;
	struct key from = key_of_number(sequence);
	struct row r;
	int rc = slice_seek(sl, &from, &key, &value);
	for (; rc == 0; rc = slice_next(sl, &key, &value)) {
		if (!key_number(key, found))
			return MDB_CORRUPTED;
		if (row_open(&r, value, *found)) {
			*sent_ms = r.sent_ms;
			return 0;
		}
	}
	return rc;
}

/* Sequences grow with time, or nearly (order.h), so it is looked for by halves. */
static int find_sent(
	struct slice *sl, uint64_t newest, uint64_t wall_ms, uint64_t *first)
{
	uint64_t low = 0, high = newest + 1, found, sent_ms, from_ms;
	int rc = order_earlier(sl->store, sl->txn, wall_ms, &from_ms);
	if (rc != 0)
		return rc;
	while (low < high) {
		uint64_t middle = low + (high - low) / 2;
		rc = sent_at(sl, middle, &found, &sent_ms);
		if (rc != 0 && rc != MDB_NOTFOUND)
			return rc;
		if (rc == MDB_NOTFOUND || sent_ms >= from_ms)
			high = middle;
		else
			low = found + 1;
	}
	*first = low;
	return 0;
}

bool query_find_sent(
	struct store *s, uint64_t wall_ms, struct query_place *at, struct err *e)
{
	struct query_summary sum = {0};
	struct slice sl;
	*at = query_start();
	if (!query_summary(s, &sum, e))
		return false;
	int rc = slice_begin(&sl, s, TABLE_ROWS, QUERY_SLICE_ROWS);
	if (rc == 0)
		rc = find_sent(&sl, sum.sequence, wall_ms, &at->next);
	return slice_end(&sl, rc, e) != QUERY_FAILED;
}

/* The row of that sequence; *is_whole = it is there and not damaged. */
static int find_row(
	const struct slice *sl, uint64_t sequence, struct row *r, bool *is_whole)
{
	struct key k = key_of_number(sequence);
	struct str stored;
	int rc = table_get(sl->store, sl->txn, TABLE_ROWS, &k, &stored);
	*is_whole = rc == 0 && row_open(r, stored, sequence);
	return rc;
}

static int get_row(
	const struct slice *sl, uint64_t sequence, struct row *r, bool *is_whole)
{
	int rc = find_row(sl, sequence, r, is_whole);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

/* ---- one session's rows ---------------------------------------------------------- */

static void copy_session(char out[static EXCHANGE_SESSION_BYTES], const char *session)
{
	memset(out, 0, EXCHANGE_SESSION_BYTES);
	memcpy(out, session, strnlen(session, EXCHANGE_SESSION_BYTES - 1));
}

/* A walk from its newest row begins where the session's record says. */
static int start_of_chain(struct slice *sl, const struct key *k, struct query_place *at)
{
	struct tally_record r;
	if (at->next != UINT64_MAX)
		return 0;
	int rc = tally_get(sl->store, sl->txn, TABLE_SESSIONS, k, &r);
	at->next = r.newest;
	return rc;
}

/* The row at->next, and at->next becomes the one before it. A row that is damaged or not
 * of this chain ends it. */
static int chain_step(
	struct slice *sl, const char *session, struct query_place *at, struct row *r)
{
	uint64_t sequence = at->next;
	bool is_whole;
	if (sequence == 0)
		return MDB_NOTFOUND;
	int rc = find_row(sl, sequence, r, &is_whole);
	if (rc != 0)
		return rc; /* MDB_NOTFOUND: pruned */
	at->next = 0;
	if (!is_whole || strcmp(r->session, session) != 0 || r->previous >= sequence) {
		note_bad(at, sequence);
		return MDB_NOTFOUND;
	}
	at->next = r->previous;
	return 0;
}

enum query_verdict query_session_rows(struct store *s, const char *session,
	struct query_place *at, query_row_fn *fn, void *arg, struct err *e)
{
	char name[EXCHANGE_SESSION_BYTES];
	struct slice sl;
	struct row r;
	copy_session(name, session);
	struct key k = key_of_session(name);
	if (k.n == 0)
		return QUERY_DONE;
	int rc = slice_begin(&sl, s, TABLE_SESSIONS, QUERY_SLICE_ROWS);
	if (rc == 0)
		rc = start_of_chain(&sl, &k, at);
	while (rc == 0) {
		uint64_t sequence = at->next;
		rc = chain_step(&sl, name, at, &r);
		if (rc != 0)
			break;
		bool go_on = fn(arg, sequence, &r);
		if (slice_is_full(&sl) || !go_on)
			break;
	}
	return slice_end(&sl, rc, e);
}

/* ---- one request's rows ---------------------------------------------------------- */

/* What an entry of the attempts' table says, if it is of the request of `from`. */
static int read_attempt(struct str key, struct str value, const struct key *from,
	uint32_t *attempt, uint64_t *sequence)
{
	if (!key_has_prefix(key, from, EXCHANGE_ID_BYTES))
		return MDB_NOTFOUND;
	if (!key_attempt(key, attempt) || !key_number(value, sequence))
		return MDB_CORRUPTED;
	return 0;
}

enum query_verdict query_request(struct store *s,
	const uint8_t id[static EXCHANGE_ID_BYTES], struct query_place *at,
	query_row_fn *fn, void *arg, struct err *e)
{
	struct slice sl;
	struct str key, value;
	struct row r;
	uint64_t sequence;
	uint32_t attempt;
	bool is_whole, go_on = true;
	struct key from = key_of_attempt(id, (uint32_t)at->next);
	int rc = slice_begin(&sl, s, TABLE_ATTEMPTS, QUERY_SLICE_ROWS);
	if (rc == 0)
		rc = slice_seek(&sl, &from, &key, &value);
	for (; rc == 0; rc = slice_next(&sl, &key, &value)) {
		rc = read_attempt(key, value, &from, &attempt, &sequence);
		if (rc == 0)
			rc = get_row(&sl, sequence, &r, &is_whole);
		if (rc != 0)
			break;
		at->next = (uint64_t)attempt + 1;
		if (is_whole)
			go_on = fn(arg, sequence, &r);
		else
			note_bad(at, sequence);
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
	tables_end_read(s, txn);
	if (rc != 0)
		return tables_err(e, rc, "read");
	*out = (struct query_summary){.total = state.total,
		.sequence = state.sequence,
		.n_open = state.n_open,
		.rows_from_ms =
			state.anchor.number > 0 ? state.pruned_rows.last_ms + 1 : 0};
	memcpy(out->kept_ms, state.kept_ms, sizeof out->kept_ms);
	return true;
}

/* The newest point of all in a tier; MDB_NOTFOUND = it has none. */
static int newest_point(struct slice *sl, enum tier t, uint64_t *start)
{
	struct key end = key_of_point((uint8_t)t, DIM_TOTAL, UINT64_MAX, STR(""));
	struct str key, value, name;
	int rc = slice_seek(sl, &end, &key, &value);
	if (rc == 0)
		rc = slice_previous(sl, &key, &value);
	else if (rc == MDB_NOTFOUND)
		rc = walk_step(sl->cursor, MDB_LAST, &key, &value);
	bool is_one = rc == 0 && key_has_prefix(key, &end, end.n - sizeof *start) &&
		      key_point(key, start, &name);
	return rc == 0 && !is_one ? MDB_NOTFOUND : rc;
}

/* By the shortest that still has it: shorter ones are forgotten first. */
static int find_behind(struct slice *sl, uint64_t *behind_ms)
{
	uint64_t start;
	*behind_ms = 0;
	for (unsigned t = TIERS; t-- > TIER_MINUTE;) {
		uint64_t length = tier_ms((enum tier)t);
		int rc = newest_point(sl, (enum tier)t, &start);
		if (rc == MDB_NOTFOUND)
			return 0;
		if (rc != 0)
			return rc;
		uint64_t end = num_mul_sat(num_add_sat(start, 1), length);
		if (t < TIER_DAY && end + tier_ms((enum tier)(t + 1)) <= *behind_ms)
			return 0;
		*behind_ms = end;
	}
	return 0;
}

bool query_behind(struct store *s, uint64_t *behind_ms, struct err *e)
{
	struct slice sl;
	int rc = slice_begin(&sl, s, TABLE_POINTS, 1);
	if (rc == 0)
		rc = find_behind(&sl, behind_ms);
	return slice_end(&sl, rc, e) != QUERY_FAILED;
}

bool query_session(
	struct store *s, const char *session, struct query_session *out, struct err *e)
{
	char name[EXCHANGE_SESSION_BYTES];
	struct tally_record r;
	MDB_txn *txn;
	*out = (struct query_session){0};
	copy_session(name, session);
	struct key k = key_of_session(name);
	if (k.n == 0)
		return true;
	int rc = tables_begin_read(s, &txn);
	if (rc != 0)
		return tables_err(e, rc, "read");
	rc = tally_get(s, txn, TABLE_SESSIONS, &k, &r);
	tables_end_read(s, txn);
	if (rc != 0)
		return tables_err(e, rc, "read");
	*out = (struct query_session){r.newest != 0, r.totals};
	return true;
}

/* ---- tokens ---------------------------------------------------------------------- */

static bool visit_token(
	struct visitor *v, struct query_place *at, uint64_t id, struct str value)
{
	struct token t;
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
