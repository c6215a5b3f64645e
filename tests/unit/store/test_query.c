/* Reading: bounded slices that go on where they stopped, and damage that is reported. */
#include "../unit.h"
#include "fixture.h"
#include "store/keys.h"
#include "store/rollup.h"

#include <lmdb.h>

static const char *dir;

/* n requests of session "s" and n of "s2", settled, one a minute from minute 1000 on. */
static void make_ledger(uint64_t n)
{
	dir = fixture_dir("/dev/shm");
	struct ledger *l = fixture_open(dir, 1);
	struct err e = {0};
	uint64_t at = 0;
	ck_assert(ledger_begin(l, &e));
	for (uint64_t i = 0; i < 2 * n; i++) {
		union fact f[2] = {fixture_intent(i + 1, 1),
			fixture_settle(i + 1, 1, OUTCOME_SETTLED_USAGE)};
		f[0].intent.sent_ms = (1000 + i / 2) * 60000;
		snprintf(f[0].intent.session, EXCHANGE_SESSION_BYTES,
			i % 2 ? "s2" : "s");
		for (int k = 0; k < 2; k++)
			ck_assert_int_eq(ledger_apply(l, SLOT_DISPATCH, ++at, &f[k]),
				LEDGER_APPLIED);
	}
	ck_assert(ledger_commit(l, &e));
	ledger_close(l);
}

static struct store *open_store(void)
{
	struct store *s = NULL;
	struct err e = {0};
	ck_assert_msg(store_open_readonly(&s, dir, &e), "%s", e.text);
	return s;
}

static void end(struct store *s)
{
	store_close(s);
	fixture_remove(dir);
}

/* ---- damage: one record changed behind the ledger's back ---- */

enum { DAMAGED_BYTE = 200 };

typedef void change_fn(uint8_t *value, size_t n);

static void flip_a_bit(uint8_t *value, size_t n)
{
	value[DAMAGED_BYTE % n] ^= 1;
}

/* Whole in itself, but of another session. */
static void move_row_5_away(uint8_t *value, size_t n)
{
	struct row r;
	struct row_stored stored;
	must(row_open(&r, (struct str){(char *)value, n}, 5));
	memset(r.session, 'x', strlen(r.session));
	row_seal(&r, 5, &stored);
	must(stored.n == n);
	memcpy(value, stored.bytes, n);
}

static void change_value(
	MDB_txn *txn, const char *table, MDB_val key, change_fn *change)
{
	MDB_dbi dbi;
	MDB_val value;
	_Alignas(struct row) uint8_t copy[2048];
	must(mdb_dbi_open(txn, table, 0, &dbi) == 0);
	must(mdb_get(txn, dbi, &key, &value) == 0 && value.mv_size <= sizeof copy);
	memcpy(copy, value.mv_data, value.mv_size);
	change(copy, value.mv_size);
	value.mv_data = copy;
	must(mdb_put(txn, dbi, &key, &value, 0) == 0);
}

static void change(const char *table, const void *key, size_t n, change_fn *fn)
{
	char path[128];
	MDB_env *env;
	MDB_txn *txn;
	snprintf(path, sizeof path, "%s/ledger", dir);
	must(mdb_env_create(&env) == 0 && mdb_env_set_maxdbs(env, 16) == 0 &&
		mdb_env_set_mapsize(env, TEST_MAX_BYTES) == 0);
	must(mdb_env_open(env, path, 0, 0600) == 0);
	must(mdb_txn_begin(env, NULL, 0, &txn) == 0);
	change_value(txn, table, (MDB_val){n, (void *)(uintptr_t)key}, fn);
	must(mdb_txn_commit(txn) == 0);
	mdb_env_close(env);
}

static void damage(const char *table, const void *key, size_t n)
{
	change(table, key, n, flip_a_bit);
}

/* ---- rows ---- */

struct seen {
	uint64_t n, stop_after;
	uint64_t sequence[5000];
};

static bool on_row(void *arg, uint64_t sequence, const struct row *r)
{
	struct seen *s = arg;
	(void)r;
	must(s->n < N_ELEMENTS(s->sequence));
	s->sequence[s->n++] = sequence;
	return s->n != s->stop_after;
}

static struct seen seen;

static void see_nothing(uint64_t stop_after)
{
	seen.n = 0;
	seen.stop_after = stop_after;
}

START_TEST(a_walk_over_many_rows_goes_on_slice_by_slice)
{
	make_ledger(1250);
	struct store *s = open_store();
	struct query_place at = query_start();
	struct err e = {0};
	see_nothing(0);
	ck_assert_int_eq(query_rows(s, &at, on_row, &seen, &e), QUERY_MORE);
	ck_assert_uint_le(seen.n, QUERY_SLICE_ROWS);
	while (query_rows(s, &at, on_row, &seen, &e) == QUERY_MORE)
		;
	ck_assert_uint_eq(seen.n, 2500);
	for (uint64_t i = 1; i < seen.n; i++)
		ck_assert_uint_gt(seen.sequence[i], seen.sequence[i - 1]);
	end(s);
}
END_TEST

START_TEST(a_caller_that_has_enough_goes_on_behind_it_later)
{
	make_ledger(5);
	struct store *s = open_store();
	struct query_place at = query_start();
	struct err e = {0};
	see_nothing(3);
	ck_assert_int_eq(query_rows(s, &at, on_row, &seen, &e), QUERY_MORE);
	ck_assert_uint_eq(seen.n, 3);
	ck_assert_int_eq(query_rows(s, &at, on_row, &seen, &e), QUERY_DONE);
	ck_assert_uint_eq(seen.n, 10);
	end(s);
}
END_TEST

START_TEST(a_sessions_rows_come_newest_first_and_no_others)
{
	make_ledger(1100);
	struct store *s = open_store();
	struct query_place at = query_start_last();
	struct err e = {0};
	see_nothing(0);
	while (query_session_rows(s, "s", &at, on_row, &seen, &e) == QUERY_MORE)
		;
	ck_assert_uint_eq(seen.n, 1100);
	for (uint64_t i = 1; i < seen.n; i++)
		ck_assert_uint_eq(seen.sequence[i], seen.sequence[i - 1] - 4);
	end(s);
}
END_TEST

START_TEST(a_session_nobody_has_used_has_no_rows_and_no_totals)
{
	make_ledger(2);
	struct store *s = open_store();
	struct query_place at = query_start_last();
	struct query_session t;
	struct totals zero = {0};
	struct err e = {0};
	see_nothing(0);
	ck_assert_int_eq(
		query_session_rows(s, "t", &at, on_row, &seen, &e), QUERY_DONE);
	ck_assert_uint_eq(seen.n, 0);
	ck_assert(query_session(s, "t", &t, &e));
	ck_assert(!t.is_known);
	ck_assert_mem_eq(&t.totals, &zero, sizeof zero);
	ck_assert(query_session(s, "s", &t, &e));
	ck_assert(t.is_known);
	end(s);
}
END_TEST

START_TEST(a_requests_attempts_come_in_their_order)
{
	dir = fixture_dir("/dev/shm");
	struct ledger *l = fixture_open(dir, 1);
	for (uint32_t attempt = 1; attempt <= 3; attempt++) {
		(void)fixture_apply(l, fixture_intent(1, attempt));
		(void)fixture_apply(l, fixture_intent(2, attempt));
	}
	ledger_close(l);
	struct store *s = open_store();
	struct query_place at = query_start();
	struct err e = {0};
	uint8_t id[EXCHANGE_ID_BYTES];
	fixture_id(1, id);
	see_nothing(2);
	ck_assert_int_eq(query_request(s, id, &at, on_row, &seen, &e), QUERY_MORE);
	ck_assert_int_eq(query_request(s, id, &at, on_row, &seen, &e), QUERY_DONE);
	ck_assert_uint_eq(seen.n, 3);
	ck_assert_uint_eq(seen.sequence[0], 1);
	ck_assert_uint_eq(seen.sequence[1], 3);
	ck_assert_uint_eq(seen.sequence[2], 5);
	end(s);
}
END_TEST

START_TEST(a_flipped_bit_in_a_row_is_reported_and_the_row_not_given_out)
{
	static const uint8_t third[8] = {0, 0, 0, 0, 0, 0, 0, 5};
	make_ledger(5);
	damage("rows", third, sizeof third);
	struct store *s = open_store();
	struct query_place at = query_start();
	struct err e = {0};
	see_nothing(0);
	ck_assert_int_eq(query_rows(s, &at, on_row, &seen, &e), QUERY_DONE);
	ck_assert_uint_eq(seen.n, 9);
	ck_assert_uint_eq(at.n_bad, 1);
	ck_assert_uint_eq(at.first_bad, 5);
	end(s);
}
END_TEST

START_TEST(a_sessions_walk_ends_at_a_damaged_row_and_says_so)
{
	static const uint8_t third[8] = {0, 0, 0, 0, 0, 0, 0, 5};
	make_ledger(5); /* "s" has the rows 1, 5, 9, 13 and 17 */
	damage("rows", third, sizeof third);
	struct store *s = open_store();
	struct query_place at = query_start_last();
	struct err e = {0};
	see_nothing(0);
	ck_assert_int_eq(
		query_session_rows(s, "s", &at, on_row, &seen, &e), QUERY_DONE);
	ck_assert_uint_eq(seen.n, 3);
	ck_assert_uint_eq(at.n_bad, 1);
	ck_assert_uint_eq(at.first_bad, 5);
	end(s);
}
END_TEST

START_TEST(a_sessions_walk_never_leaves_its_session)
{
	static const uint8_t third[8] = {0, 0, 0, 0, 0, 0, 0, 5};
	make_ledger(5);
	change("rows", third, sizeof third, move_row_5_away);
	struct store *s = open_store();
	struct query_place at = query_start_last();
	struct err e = {0};
	see_nothing(0);
	ck_assert_int_eq(
		query_session_rows(s, "s", &at, on_row, &seen, &e), QUERY_DONE);
	ck_assert_uint_eq(seen.n, 3);
	ck_assert_uint_eq(at.n_bad, 1);
	end(s);
}
END_TEST

START_TEST(a_settle_of_a_damaged_row_is_reported_and_counts_nothing)
{
	static const uint8_t first[8] = {0, 0, 0, 0, 0, 0, 0, 1};
	dir = fixture_dir("/dev/shm");
	struct ledger *l = fixture_open(dir, 1);
	(void)fixture_apply(l, fixture_intent(1, 1));
	ledger_close(l);
	damage("rows", first, sizeof first);
	l = fixture_open(dir, 1);
	ck_assert_int_eq(fixture_apply(l, fixture_settle(1, 1, OUTCOME_SETTLED_USAGE)),
		LEDGER_BAD);
	ck_assert_uint_eq(ledger_totals(l)->attempts, 0);
	ledger_close(l);
	fixture_remove(dir);
}
END_TEST

START_TEST(a_damaged_open_row_does_not_stop_a_new_segment)
{
	static const uint8_t first[8] = {0, 0, 0, 0, 0, 0, 0, 1};
	dir = fixture_dir("/dev/shm");
	struct ledger *l = fixture_open(dir, 1);
	(void)fixture_apply(l, fixture_intent(1, 1));
	(void)fixture_apply(l, fixture_intent(2, 1));
	ledger_close(l);
	damage("rows", first, sizeof first);
	struct ledger_plan plan = {.data_dir = dir,
		.max_bytes = TEST_MAX_BYTES,
		.instance = 2,
		.now_ms = TEST_NOW_MS};
	struct ledger_found found;
	struct err e = {0};
	ck_assert_msg(ledger_open(&l, &plan, &found, &e), "%s", e.text);
	ck_assert_uint_eq(found.n_bad_rows, 1);
	ck_assert_uint_eq(found.n_lost, 1);
	ck_assert_uint_eq(ledger_n_open(l), 0);
	ledger_close(l);
	fixture_remove(dir);
}
END_TEST

START_TEST(a_sum_is_never_built_on_a_damaged_one)
{
	struct key minute = key_of_point(TIER_MINUTE, DIM_TOTAL, 1000, STR(""));
	make_ledger(1);
	damage("points", minute.bytes, minute.n);
	struct ledger *l = fixture_open(dir, 1);
	union fact f[2] = {
		fixture_intent(9, 1), fixture_settle(9, 1, OUTCOME_SETTLED_USAGE)};
	struct err e = {0};
	f[0].intent.sent_ms = 1000 * 60000;
	ck_assert(ledger_begin(l, &e));
	ck_assert_int_eq(ledger_apply(l, SLOT_DISPATCH, 100, &f[0]), LEDGER_APPLIED);
	ck_assert_int_eq(ledger_apply(l, SLOT_DISPATCH, 101, &f[1]), LEDGER_APPLIED);
	ck_assert(!ledger_commit(l, &e));
	ck_assert_ptr_nonnull(strstr(e.text, "damaged"));
	ledger_close(l);
	fixture_remove(dir);
}
END_TEST

START_TEST(a_damaged_state_is_not_opened)
{
	make_ledger(1);
	damage("meta", "state", 5);
	struct store *s;
	struct err e = {0};
	ck_assert(!store_open_readonly(&s, dir, &e));
	ck_assert_ptr_nonnull(strstr(e.text, "damaged"));
	fixture_remove(dir);
}
END_TEST

/* ---- totals ---- */

START_TEST(the_summary_is_that_of_the_newest_commit)
{
	make_ledger(3);
	struct store *s = open_store();
	struct query_summary sum;
	struct err e = {0};
	ck_assert(query_summary(s, &sum, &e));
	ck_assert_uint_eq(sum.total.requests, 6);
	ck_assert_uint_eq(sum.sequence, 12);
	ck_assert_uint_eq(sum.n_open, 0);
	end(s);
}
END_TEST

UNIT_MAIN("query", a_walk_over_many_rows_goes_on_slice_by_slice,
	a_caller_that_has_enough_goes_on_behind_it_later,
	a_sessions_rows_come_newest_first_and_no_others,
	a_session_nobody_has_used_has_no_rows_and_no_totals,
	a_requests_attempts_come_in_their_order,
	a_flipped_bit_in_a_row_is_reported_and_the_row_not_given_out,
	a_sessions_walk_ends_at_a_damaged_row_and_says_so,
	a_sessions_walk_never_leaves_its_session,
	a_settle_of_a_damaged_row_is_reported_and_counts_nothing,
	a_damaged_open_row_does_not_stop_a_new_segment,
	a_sum_is_never_built_on_a_damaged_one, a_damaged_state_is_not_opened,
	the_summary_is_that_of_the_newest_commit)
