/* Everything against everything. */
#include "store/verify_parts.h"

#include "store/chats.h"
#include "store/rates_kept.h"
#include "store/token.h"
#include "store/verify_metas.h"
#include "store/verify_pages.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void verify_fault(struct verify *v, const char *fmt, ...)
{
	struct verify_report *r = v->report;
	if (r->n_faults++ >= VERIFY_FAULTS)
		return;
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(r->fault[r->n_faults - 1], VERIFY_TEXT_BYTES, fmt, ap);
	va_end(ap);
}

/* ---- along a table --------------------------------------------------------------- */

/* Where a walk has come to. */
struct way {
	enum table table;
	uint64_t n;
	struct key last;
	uintptr_t page; /* that the last key lies in */
};

static bool is_behind_last(const struct way *w, struct str key)
{
	struct str last = {(const char *)w->last.bytes, w->last.n};
	return w->n == 0 || key_compare(key, last) > 0;
}

/* Does who looks for this key find what the walk has found? */
static int check_found(
	struct verify *v, enum table t, const struct key *k, struct str value)
{
	struct str found;
	int rc = table_get(v->store, v->txn, t, k, &found);
	if (rc == MDB_NOTFOUND || (rc == 0 && found.p != value.p))
		verify_fault(
			v, "table %s: a key is not found where it is", table_name(t));
	return rc == MDB_NOTFOUND ? 0 : rc;
}

/* Keys stand in their order, and the first of each page can be found. */
static int check_way(struct verify *v, struct way *w, struct str key, struct str value)
{
	enum { PAGE_BYTES = 4096 };
	uintptr_t page = (uintptr_t)key.p / PAGE_BYTES;
	bool is_new_page = w->n == 0 || page != w->page;
	if (!is_behind_last(w, key))
		verify_fault(v, "table %s: keys out of order", table_name(w->table));
	w->n++;
	w->page = page;
	w->last.n = MIN(key.n, sizeof w->last.bytes);
	memcpy(w->last.bytes, key.p, w->last.n);
	return is_new_page ? check_found(v, w->table, &w->last, value) : 0;
}

int verify_walk(struct verify *v, enum table t, verify_visit_fn *visit)
{
	MDB_cursor *c;
	struct str key, value;
	struct way way = {.table = t};
	int rc = table_walk(v->store, v->txn, t, &c);
	if (rc != 0)
		return rc;
	for (rc = walk_step(c, MDB_FIRST, &key, &value); rc == 0;
		rc = walk_step(c, MDB_NEXT, &key, &value)) {
		rc = check_way(v, &way, key, value);
		if (rc == 0)
			rc = visit(v, key, value);
		if (rc != 0)
			break;
	}
	mdb_cursor_close(c);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

static int count_of(struct verify *v, enum table t, uint64_t *n)
{
	MDB_stat stat;
	int rc = mdb_stat(v->txn, v->store->dbi[t], &stat);
	*n = rc == 0 ? stat.ms_entries : 0;
	return rc;
}

/* ---- rows ------------------------------------------------------------------------- */

/*
 * Rows and the tables that lead to them are held against each other by sums of hashes, so
 * that each table is walked once, in its order, and nothing is looked up. Only when the
 * sums differ each row is asked for what leads to it, to name those that are wrong.
 */

uint64_t verify_hash(struct str key, uint64_t sequence)
{
	return hash_fast64(key.p, key.n, sequence);
}

static struct str str_of_key(const struct key *k)
{
	return (struct str){(const char *)k->bytes, k->n};
}

/* Each row of a session's chain is led to by the next one, the last by its session. */
static void note_session(struct verify *v, const struct row *r, uint64_t sequence)
{
	struct key session = key_of_session(r->session);
	if (session.n == 0)
		return;
	v->chains += verify_hash(str_of_key(&session), sequence);
	if (r->previous != 0)
		v->chains -= verify_hash(str_of_key(&session), r->previous);
}

/* Rows of one time name the same few, so what was there for the last ones is. */
static int check_rates(
	struct verify *v, uint64_t sequence, uint64_t number, unsigned of)
{
	struct key k = key_of_number(number);
	struct str stored;
	if (number == 0 || number == v->rates[of])
		return 0;
	int rc = table_get(v->store, v->txn, TABLE_RATES, &k, &stored);
	if (rc == MDB_NOTFOUND)
		verify_fault(v, "row %" PRIu64 ": its rates are not there", sequence);
	else
		v->rates[of] = number;
	return rc == MDB_NOTFOUND ? 0 : rc;
}

static int visit_row(struct verify *v, struct str key, struct str value)
{
	struct row r;
	uint64_t sequence = 0;
	v->report->n_rows++;
	if (!key_number(key, &sequence) || !row_open(&r, value, sequence)) {
		verify_fault(v, "row %" PRIu64 ": damaged", sequence);
		return 0;
	}
	struct key attempt = key_of_attempt(r.id, r.attempt);
	totals_add_row(&v->rows, &r);
	note_session(v, &r, sequence);
	v->attempts += verify_hash(str_of_key(&attempt), sequence);
	if (r.outcome == OUTCOME_OPEN) {
		v->report->n_open++;
		v->open += verify_hash(key, sequence);
	}
	int rc = check_rates(v, sequence, r.rates, 0);
	return rc != 0 ? rc : check_rates(v, sequence, r.high_rates, 1);
}

static int visit_attempt(struct verify *v, struct str key, struct str value)
{
	uint64_t sequence = 0;
	(void)!key_number(value, &sequence);
	v->attempts -= verify_hash(key, sequence);
	return 0;
}

static int visit_open_mark(struct verify *v, struct str key, struct str value)
{
	uint64_t sequence = 0;
	(void)value;
	(void)!key_number(key, &sequence);
	v->open -= verify_hash(key, sequence);
	return 0;
}

/* Does the attempt's entry lead back to its row? */
static int check_attempt(struct verify *v, const struct row *r, uint64_t sequence)
{
	struct key k = key_of_attempt(r->id, r->attempt);
	struct str value;
	uint64_t found = 0;
	int rc = table_get(v->store, v->txn, TABLE_ATTEMPTS, &k, &value);
	if (rc != 0 && rc != MDB_NOTFOUND)
		return rc;
	if (rc == MDB_NOTFOUND || !key_number(value, &found) || found != sequence)
		verify_fault(v, "row %" PRIu64 ": its attempt does not lead back to it",
			sequence);
	return 0;
}

static int check_open_mark(struct verify *v, const struct row *r, uint64_t sequence)
{
	struct key k = key_of_number(sequence);
	struct str value;
	bool is_open = r->outcome == OUTCOME_OPEN;
	int rc = table_get(v->store, v->txn, TABLE_OPEN, &k, &value);
	if (rc != 0 && rc != MDB_NOTFOUND)
		return rc;
	if (is_open != (rc == 0))
		verify_fault(v,
			"row %" PRIu64 ": its outcome and the list of open rows differ",
			sequence);
	return 0;
}

static int name_faults(struct verify *v, struct str key, struct str value)
{
	struct row r;
	uint64_t sequence = 0;
	if (!key_number(key, &sequence) || !row_open(&r, value, sequence))
		return 0; /* told already */
	int rc = check_attempt(v, &r, sequence);
	return rc != 0 ? rc : check_open_mark(v, &r, sequence);
}

/* They differ, whether one can be named or not. */
static int find_differences(struct verify *v)
{
	uint64_t n_before = v->report->n_faults;
	int rc = verify_walk(v, TABLE_ROWS, name_faults);
	if (v->report->n_faults == n_before)
		verify_fault(v, "rows and what leads to them differ");
	return rc;
}

static void check_count(
	struct verify *v, const char *what, uint64_t found, uint64_t wanted)
{
	if (found != wanted)
		verify_fault(v, "%" PRIu64 " %s, there should be %" PRIu64, found, what,
			wanted);
}

static int check_counts(struct verify *v)
{
	uint64_t n_attempts, n_open;
	int rc = count_of(v, TABLE_ATTEMPTS, &n_attempts);
	if (rc == 0)
		rc = count_of(v, TABLE_OPEN, &n_open);
	if (rc != 0)
		return rc;
	check_count(v, "attempts", n_attempts, v->report->n_rows);
	check_count(v, "open rows", v->report->n_open, v->state.n_open);
	check_count(v, "marks of open rows", n_open, v->state.n_open);
	return 0;
}

static int check_rows(struct verify *v)
{
	int rc = verify_walk(v, TABLE_ROWS, visit_row);
	if (rc == 0)
		rc = verify_walk(v, TABLE_ATTEMPTS, visit_attempt);
	if (rc == 0)
		rc = verify_walk(v, TABLE_OPEN, visit_open_mark);
	if (rc == 0 && (v->attempts != 0 || v->open != 0))
		rc = find_differences(v);
	return rc != 0 ? rc : check_counts(v);
}

/* ---- the chain ---------------------------------------------------------------------- */

/* Links follow each other as rows were closed, so their rows lie close together: a cursor
 * finds the next one on the page where it is. */
static int get_row(
	struct verify *v, uint64_t sequence, struct str *stored, bool *is_whole)
{
	struct key k = key_of_number(sequence);
	struct str key;
	struct row r;
	uint64_t found = 0;
	int rc = walk_seek(v->row, &k, &key, stored);
	*is_whole = rc == 0 && key_number(key, &found) && found == sequence &&
		    row_open(&r, *stored, sequence);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

/* Behind a fault the chain goes on from what is stored, so that one damaged row is one
 * fault. */
static int check_link(struct verify *v, const struct link *link)
{
	struct str row;
	bool is_whole;
	int rc = get_row(v, link->sequence, &row, &is_whole);
	if (rc != 0)
		return rc;
	if (is_whole)
		chain_extend(&v->end, row);
	if (!is_whole || !hash_equal(v->end.hash, link->hash, sizeof v->end.hash))
		verify_fault(v,
			"link %" PRIu64 ": row %" PRIu64 " is not what was closed",
			v->report->n_links + v->state.anchor.number, link->sequence);
	memcpy(v->end.hash, link->hash, sizeof v->end.hash);
	return 0;
}

/* Behind a gap nothing can be said of the rest. */
static int visit_link(struct verify *v, struct str key, struct str value)
{
	struct link link;
	uint64_t number = 0, wanted = v->state.anchor.number + v->report->n_links + 1;
	if (!key_number(key, &number) || number != wanted ||
		!chain_open(value, &link)) {
		verify_fault(v, "link %" PRIu64 ": not there", wanted);
		return MDB_NOTFOUND;
	}
	v->report->n_links++;
	return check_link(v, &link);
}

static int check_chain(struct verify *v)
{
	uint64_t n_links, wanted = v->state.newest.number - v->state.anchor.number;
	v->end = v->state.anchor;
	int rc = count_of(v, TABLE_CHAIN, &n_links);
	if (rc == 0)
		rc = table_walk(v->store, v->txn, TABLE_ROWS, &v->row);
	if (rc != 0)
		return rc;
	check_count(v, "links", n_links, wanted);
	rc = verify_walk(v, TABLE_CHAIN, visit_link);
	mdb_cursor_close(v->row);
	if (!hash_equal(v->end.hash, v->state.newest.hash, sizeof v->end.hash))
		verify_fault(v, "the chain does not end where the ledger says");
	check_count(v, "closed rows", v->report->n_rows - v->report->n_open,
		v->report->n_links);
	return rc;
}

/* ---- what no sum is of ------------------------------------------------------------------ */

static int visit_client(struct verify *v, struct str key, struct str value)
{
	struct token t;
	uint64_t id = 0;
	v->report->n_clients++;
	if (!key_number(key, &id) || !token_open(&t, value, id))
		verify_fault(v, "client %016" PRIx64 ": damaged", id);
	return 0;
}

static int visit_chat(struct verify *v, struct str key, struct str value)
{
	v->report->n_chats++;
	if (!chat_is_whole(value, key))
		verify_fault(v, "a chat: damaged");
	return 0;
}

static int visit_turn(struct verify *v, struct str key, struct str value)
{
	v->report->n_turns++;
	if (!chat_is_whole(value, key))
		verify_fault(v, "a turn of a chat: damaged");
	return 0;
}

static int visit_rates(struct verify *v, struct str key, struct str value)
{
	struct rates r;
	uint64_t number = 0;
	v->report->n_rates++;
	if (!key_number(key, &number) || !rates_open(&r, value, number))
		verify_fault(v, "rates %016" PRIx64 ": damaged", number);
	return 0;
}

static int check_others(struct verify *v)
{
	int rc = verify_walk(v, TABLE_CLIENTS, visit_client);
	if (rc == 0)
		rc = verify_walk(v, TABLE_RATES, visit_rates);
	if (rc == 0)
		rc = verify_walk(v, TABLE_CHATS, visit_chat);
	return rc != 0 ? rc : verify_walk(v, TABLE_TURNS, visit_turn);
}

static int check_all(struct verify *v)
{
	int rc = check_rows(v);
	if (rc == 0)
		rc = check_chain(v);
	if (rc == 0)
		rc = check_others(v);
	return rc != 0 ? rc : verify_sums(v);
}

static int visit_meta(struct verify *v, struct str key, struct str value)
{
	if (!tables_is_whole_meta(key, value))
		verify_fault(v, "the record " STR_FMT ": damaged",
			(int)MIN(key.n, (size_t)KEY_NAME_BYTES), key.p);
	return 0;
}

/* What there is in META, whoever it is of; without these two nothing can be added up. */
static int check_records(struct verify *v)
{
	int rc = verify_walk(v, TABLE_META, visit_meta);
	if (rc == 0)
		rc = tables_get_state(v->store, v->txn, &v->state);
	if (rc == 0)
		rc = tables_get_pruned(v->store, v->txn, &v->pruned);
	v->report->n_pruned = v->state.anchor.number;
	if (rc == MDB_CORRUPTED && v->report->n_faults > 0)
		return 0; /* told */
	return rc != 0 ? rc : check_all(v);
}

bool verify_ledger(struct store *s, struct verify_report *r, struct err *e)
{
	struct verify v = {.store = s, .report = r};
	must(s->held == NULL);
	*r = (struct verify_report){0};
	int rc = verify_metas_begin(&v);
	if (rc == 0 && verify_pages(&v))
		rc = check_records(&v);
	verify_metas_end(&v);
	return rc == 0 || tables_err(e, rc, "verify");
}
