/* The old ends of rows and rollups. */
#include "store/apply_prune.h"

#include "store/chain.h"

#include <string.h>

/* ---- rows ------------------------------------------------------------------------ */

static int delete_key(struct batch *b, enum table t, const struct key *k)
{
	int rc = table_delete(b->store, b->txn, t, k);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

/* What it came to goes where the pruned ones are added up. */
static int forget_session(
	struct batch *b, const struct key *k, const struct tally_record *s)
{
	totals_add(&b->pruned.sessions, &s->totals);
	return delete_key(b, TABLE_SESSIONS, k);
}

static bool is_day_pruned(const struct batch *b, uint64_t wall_ms)
{
	return wall_ms < b->state.kept_ms[TIER_DAY];
}

/* Its session ends with its newest row where the days have ended before. A damaged record
 * stays, for verify to find. */
static int leave_session_of_row(struct batch *b, const struct row *r, uint64_t sequence)
{
	struct tally_record s;
	struct key k = key_of_session(r->session);
	if (k.n == 0 || !is_day_pruned(b, r->sent_ms))
		return 0;
	int rc = tally_get(b->store, b->txn, TABLE_SESSIONS, &k, &s);
	if (rc == 0 && s.newest == sequence)
		return forget_session(b, &k, &s);
	return rc == MDB_CORRUPTED ? 0 : rc;
}

static int delete_row(struct batch *b, const struct row *r, uint64_t sequence)
{
	struct key row = key_of_number(sequence);
	struct key attempt = key_of_attempt(r->id, r->attempt);
	int rc = leave_session_of_row(b, r, sequence);
	if (rc == 0)
		rc = delete_key(b, TABLE_ATTEMPTS, &attempt);
	return rc != 0 ? rc : delete_key(b, TABLE_ROWS, &row);
}

/* That link and its row. MDB_NOTFOUND = there is none; MDB_CORRUPTED when either is. */
static int closed_at(struct batch *b, uint64_t number, struct link *link, struct row *r)
{
	struct key k = key_of_number(number), row;
	struct str stored;
	int rc = table_get(b->store, b->txn, TABLE_CHAIN, &k, &stored);
	if (rc != 0)
		return rc;
	if (!chain_open(stored, link))
		return MDB_CORRUPTED;
	row = key_of_number(link->sequence);
	rc = table_get(b->store, b->txn, TABLE_ROWS, &row, &stored);
	if (rc == 0 && !row_open(r, stored, link->sequence))
		rc = MDB_CORRUPTED;
	return rc == MDB_NOTFOUND ? MDB_CORRUPTED : rc;
}

/* Is one that was closed behind it old enough? Then it is too, whatever it says: the wall
 * was ahead. Looked at ever further away, since there may be many such. */
static bool has_old_successor(struct batch *b, uint64_t number, uint64_t before_ms)
{
	struct link link;
	struct row r;
	uint64_t newest = b->state.newest.number;
	for (uint64_t step = 1; step <= newest - number; step *= 2)
		if (closed_at(b, number + step, &link, &r) == 0 &&
			r.done_ms < before_ms)
			return true;
	return false;
}

static bool is_old(struct batch *b, uint64_t number, const struct row *r,
	const struct prune_policy *p)
{
	if (r->done_ms < p->rows_before_ms)
		return true;
	return r->done_ms > p->now_ms &&
	       has_old_successor(b, number, p->rows_before_ms);
}

/* MDB_NOTFOUND = the oldest may stay. A damaged one is never taken out: it is what
 * `atlasctl verify` has to find. */
static int prune_row(struct batch *b, const struct prune_policy *p)
{
	struct link link;
	struct row r;
	uint64_t number = b->state.anchor.number + 1;
	int rc = closed_at(b, number, &link, &r);
	if (rc == MDB_CORRUPTED || (rc == 0 && !is_old(b, number, &r, p)))
		return MDB_NOTFOUND;
	if (rc == 0)
		rc = delete_row(b, &r, link.sequence);
	struct key k = key_of_number(number);
	if (rc == 0)
		rc = delete_key(b, TABLE_CHAIN, &k);
	if (rc != 0)
		return rc;
	totals_add_row(&b->state.pruned_rows, &r);
	b->state.anchor.number = number;
	memcpy(b->state.anchor.hash, link.hash, sizeof link.hash);
	return 0;
}

static int prune_rows(
	struct batch *b, const struct prune_policy *p, uint32_t max, uint32_t *n)
{
	int rc = 0;
	while (rc == 0 && *n < max) {
		rc = prune_row(b, p);
		*n += rc == 0;
	}
	return rc == MDB_NOTFOUND ? 0 : rc;
}

/* ---- points ----------------------------------------------------------------------- */

/* Delete along the cursor while keys begin with `first`'s prefix and are before `end`. */
struct sweep {
	enum table table;
	struct key first, end;
	struct totals *sum; /* NULL = nobody adds them up */
	bool is_of_session_days;
};

static bool is_before(struct str key, const struct sweep *s)
{
	return key_has_prefix(key, &s->first, s->first.n - sizeof(uint64_t)) &&
	       key.n >= s->end.n && memcmp(key.p, s->end.bytes, s->end.n) < 0;
}

static int has_row(struct batch *b, uint64_t sequence, bool *has)
{
	struct key k = key_of_number(sequence);
	struct str stored;
	int rc = table_get(b->store, b->txn, TABLE_ROWS, &k, &stored);
	*has = rc == 0;
	return rc == MDB_NOTFOUND ? 0 : rc;
}

/* A session ends with the day of its newest row, when that is gone; what was sent in none
 * has no record but its days. */
static int leave_session_of_day(
	struct batch *b, struct str name, const struct tally_record *day)
{
	char session[EXCHANGE_SESSION_BYTES] = {0};
	struct tally_record s;
	bool has_newest;
	memcpy(session, name.p, MIN(name.n, sizeof session - 1));
	struct key k = key_of_session(session);
	if (k.n == 0) {
		totals_add(&b->pruned.sessions, &day->totals);
		return 0;
	}
	int rc = tally_get(b->store, b->txn, TABLE_SESSIONS, &k, &s);
	if (rc == 0 && s.newest == day->newest && s.newest != 0) {
		rc = has_row(b, s.newest, &has_newest);
		if (rc == 0 && !has_newest)
			rc = forget_session(b, &k, &s);
	}
	return rc == MDB_CORRUPTED ? 0 : rc;
}

/* What a record to be deleted came to. */
static int note_deleted(
	struct batch *b, const struct sweep *s, struct str key, struct str value)
{
	struct tally_record r;
	struct str name;
	uint64_t start;
	if (s->sum == NULL)
		return 0;
	if (!tally_open(value, s->table, key, &r) || !key_point(key, &start, &name))
		return MDB_CORRUPTED;
	totals_add(s->sum, &r.totals);
	return s->is_of_session_days ? leave_session_of_day(b, name, &r) : 0;
}

static int sweep_some(struct batch *b, const struct sweep *s, uint32_t max, uint32_t *n)
{
	MDB_cursor *c;
	struct str key, value;
	int rc = table_walk(b->store, b->txn, s->table, &c);
	if (rc != 0)
		return rc;
	rc = walk_seek(c, &s->first, &key, &value);
	while (rc == 0 && *n < max && is_before(key, s)) {
		rc = note_deleted(b, s, key, value);
		if (rc == MDB_CORRUPTED)
			break; /* stays, for verify to find, and so does what follows */
		if (rc == 0)
			rc = mdb_cursor_del(c, 0);
		*n += rc == 0;
		if (rc == 0) /* to what followed: LMDB knows what it has deleted */
			rc = walk_step(c, MDB_NEXT, &key, &value);
	}
	mdb_cursor_close(c);
	return rc == MDB_NOTFOUND || rc == MDB_CORRUPTED ? 0 : rc;
}

/* The points of one tier. From now on nobody is told that older ones are there. */
static int prune_tier(
	struct batch *b, enum tier t, uint64_t before_ms, uint32_t max, uint32_t *n)
{
	uint64_t end = tier_of_ms(t, before_ms);
	int rc = 0;
	for (unsigned d = 0; d < DIMS && rc == 0; d++) {
		struct sweep s = {TABLE_POINTS,
			key_of_point((uint8_t)t, (uint8_t)d, 0, STR("")),
			key_of_point((uint8_t)t, (uint8_t)d, end, STR("")),
			&b->pruned.points[t][d], t == TIER_DAY && d == DIM_SESSION};
		rc = sweep_some(b, &s, max, n);
	}
	struct sweep times = {TABLE_TIMES, key_of_times((uint8_t)t, 0),
		key_of_times((uint8_t)t, end), NULL, false};
	if (rc == 0)
		rc = sweep_some(b, &times, max, n);
	if (rc == 0 && *n > 0)
		b->state.kept_ms[t] = MAX(b->state.kept_ms[t], end * tier_ms(t));
	return rc;
}

static int prune_points(
	struct batch *b, const struct prune_policy *p, uint32_t max, uint32_t *n)
{
	int rc = 0;
	for (unsigned t = 0; t < TIERS && rc == 0; t++) {
		uint32_t n_tier = 0;
		rc = prune_tier(
			b, (enum tier)t, p->tier_before_ms[t], max - *n, &n_tier);
		*n += n_tier;
	}
	return rc;
}

int prune_some(struct batch *b, const struct prune_policy *p, uint32_t max, uint32_t *n)
{
	uint32_t n_points = 0;
	*n = 0;
	int rc = tables_get_pruned(b->store, b->txn, &b->pruned);
	if (rc == 0)
		rc = prune_rows(b, p, max, n);
	if (rc == 0 && *n < max)
		rc = prune_points(b, p, max - *n, &n_points);
	*n += n_points;
	return rc != 0 || *n == 0 ? rc
				  : tables_put_pruned(b->store, b->txn, &b->pruned);
}
