/* Everything against everything. */
#include "store/verify.h"

#include "store/apply.h"
#include "store/tally.h"
#include "store/token.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct verify {
	const struct store *store;
	MDB_txn *txn;
	struct verify_report *report;
	struct state state;
	struct pruned pruned;
	struct totals rows; /* what the rows come to */
	struct totals points[TIERS][DIMS];
};

ATTR_PRINTF(2, 3)
static void fault(struct verify *v, const char *fmt, ...)
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

typedef int visit_fn(struct verify *v, struct str key, struct str value);

static int walk(struct verify *v, enum table t, visit_fn *visit)
{
	MDB_cursor *c;
	struct str key, value;
	int rc = table_walk(v->store, v->txn, t, &c);
	if (rc != 0)
		return rc;
	for (rc = walk_step(c, MDB_FIRST, &key, &value); rc == 0;
		rc = walk_step(c, MDB_NEXT, &key, &value)) {
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
		fault(v, "row %" PRIu64 ": its attempt does not lead back to it",
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
		fault(v,
			"row %" PRIu64 ": its outcome and the list of open rows differ",
			sequence);
	v->report->n_open += is_open;
	return 0;
}

static int visit_row(struct verify *v, struct str key, struct str value)
{
	struct row r;
	uint64_t sequence = 0;
	v->report->n_rows++;
	if (!key_number(key, &sequence) || !row_open(&r, value, sequence)) {
		fault(v, "row %" PRIu64 ": damaged", sequence);
		return 0;
	}
	totals_add_row(&v->rows, &r);
	int rc = check_attempt(v, &r, sequence);
	return rc != 0 ? rc : check_open_mark(v, &r, sequence);
}

static void check_count(
	struct verify *v, const char *what, uint64_t found, uint64_t wanted)
{
	if (found != wanted)
		fault(v, "%" PRIu64 " %s, there should be %" PRIu64, found, what,
			wanted);
}

static int check_rows(struct verify *v)
{
	uint64_t n_attempts, n_open;
	int rc = walk(v, TABLE_ROWS, visit_row);
	if (rc == 0)
		rc = count_of(v, TABLE_ATTEMPTS, &n_attempts);
	if (rc == 0)
		rc = count_of(v, TABLE_OPEN, &n_open);
	if (rc != 0)
		return rc;
	check_count(v, "attempts", n_attempts, v->report->n_rows);
	check_count(v, "open rows", v->report->n_open, v->state.n_open);
	check_count(v, "marks of open rows", n_open, v->state.n_open);
	return 0;
}

/* ---- the chain ---------------------------------------------------------------------- */

static int get_row(struct verify *v, uint64_t sequence, struct row *r, bool *is_whole)
{
	struct key k = key_of_number(sequence);
	struct str stored;
	int rc = table_get(v->store, v->txn, TABLE_ROWS, &k, &stored);
	*is_whole = rc == 0 && row_open(r, stored, sequence);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

/* Behind a fault the chain goes on from what is stored, so that one damaged row is one
 * fault. */
static int check_link(struct verify *v, struct chain_end *end, const struct link *link)
{
	struct row r;
	bool is_whole;
	int rc = get_row(v, link->sequence, &r, &is_whole);
	if (rc != 0)
		return rc;
	if (is_whole)
		chain_extend(end, &r);
	if (!is_whole || !hash_equal(end->hash, link->hash, sizeof end->hash))
		fault(v, "link %" PRIu64 ": row %" PRIu64 " is not what was closed",
			v->report->n_links + v->state.anchor.number, link->sequence);
	memcpy(end->hash, link->hash, sizeof end->hash);
	return 0;
}

static int check_chain(struct verify *v)
{
	struct chain_end end = v->state.anchor;
	uint64_t n_links;
	int rc = count_of(v, TABLE_CHAIN, &n_links);
	if (rc != 0)
		return rc;
	check_count(
		v, "links", n_links, v->state.newest.number - v->state.anchor.number);
	for (uint64_t at = v->state.anchor.number + 1;
		rc == 0 && at <= v->state.newest.number; at++) {
		struct key k = key_of_number(at);
		struct str stored;
		struct link link;
		rc = table_get(v->store, v->txn, TABLE_CHAIN, &k, &stored);
		if (rc != 0 || !chain_open(stored, &link)) {
			fault(v, "link %" PRIu64 ": not there", at);
			return rc == MDB_NOTFOUND ? 0 : rc;
		}
		v->report->n_links++;
		rc = check_link(v, &end, &link);
	}
	if (!hash_equal(end.hash, v->state.newest.hash, sizeof end.hash))
		fault(v, "the chain does not end where the ledger says");
	check_count(v, "closed rows", v->report->n_rows - v->report->n_open,
		v->report->n_links);
	return rc;
}

/* ---- sums ---------------------------------------------------------------------------- */

static int visit_point(struct verify *v, struct str key, struct str value)
{
	struct tally_record r;
	v->report->n_points++;
	if (key.n < 2 || (uint8_t)key.p[0] >= TIERS || (uint8_t)key.p[1] >= DIMS ||
		!tally_open(value, TABLE_POINTS, key, &r))
		fault(v, "a point: damaged");
	else
		totals_add(&v->points[(uint8_t)key.p[0]][(uint8_t)key.p[1]], &r.totals);
	return 0;
}

static int visit_times(struct verify *v, struct str key, struct str value)
{
	struct times t;
	v->report->n_times++;
	if (!tally_open_times(value, key, &t))
		fault(v, "a record of histograms: damaged");
	return 0;
}

static int visit_session(struct verify *v, struct str key, struct str value)
{
	struct tally_record r;
	v->report->n_sessions++;
	if (!tally_open(value, TABLE_SESSIONS, key, &r))
		fault(v, "session " STR_FMT ": damaged",
			(int)MIN(key.n, (size_t)EXCHANGE_SESSION_BYTES), key.p);
	return 0;
}

static int visit_client(struct verify *v, struct str key, struct str value)
{
	struct token t;
	uint64_t id = 0;
	v->report->n_clients++;
	if (!key_number(key, &id) || !token_open(&t, value, id))
		fault(v, "client %016" PRIx64 ": damaged", id);
	return 0;
}

static void check_sum(struct verify *v, const char *what, const struct totals *left,
	const struct totals *pruned)
{
	struct totals sum = *left;
	totals_add(&sum, pruned);
	if (memcmp(&sum, &v->state.total, sizeof sum) != 0)
		fault(v, "%s do not add up to the total", what);
}

static void check_sums(struct verify *v)
{
	static const char *const tiers[TIERS] = {"minutes", "hours", "days"};
	check_sum(v, "rows", &v->rows, &v->state.pruned_rows);
	for (unsigned t = 0; t < TIERS; t++)
		for (unsigned d = 0; d < DIMS; d++)
			check_sum(
				v, tiers[t], &v->points[t][d], &v->pruned.points[t][d]);
}

static int check_all(struct verify *v)
{
	int rc = check_rows(v);
	if (rc == 0)
		rc = check_chain(v);
	if (rc == 0)
		rc = walk(v, TABLE_POINTS, visit_point);
	if (rc == 0)
		rc = walk(v, TABLE_TIMES, visit_times);
	if (rc == 0)
		rc = walk(v, TABLE_SESSIONS, visit_session);
	if (rc == 0)
		rc = walk(v, TABLE_CLIENTS, visit_client);
	if (rc == 0)
		check_sums(v);
	return rc;
}

bool verify_ledger(struct store *s, struct verify_report *r, struct err *e)
{
	struct verify v = {.store = s, .report = r};
	*r = (struct verify_report){0};
	int rc = tables_begin_read(s, &v.txn);
	if (rc != 0)
		return tables_err(e, rc, "verify");
	rc = tables_get_state(s, v.txn, &v.state);
	if (rc == 0)
		rc = tables_get_pruned(s, v.txn, &v.pruned);
	if (rc == 0)
		rc = kept_check(s, v.txn);
	if (rc == 0)
		rc = check_all(&v);
	r->n_pruned = v.state.anchor.number;
	tables_end_read(s, v.txn);
	return rc == 0 || tables_err(e, rc, "verify");
}
