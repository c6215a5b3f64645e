/* The ledger as a whole: exactly once, one writer, a new segment, the end. */
#include "../unit.h"
#include "store/points.h"
#include "world.h"

enum { FACTS = 10000 };

static union fact facts[FACTS];

static struct world *fill(uint64_t seed, uint32_t n)
{
	struct world *w = world_new(seed);
	for (uint32_t i = 0; i < n; i++)
		facts[i] = world_next(w);
	return w;
}

static void commit(struct ledger *l, uint64_t from, uint64_t to)
{
	struct err e = {0};
	ck_assert_msg(world_commit(l, facts, from, to, &e), "%s", e.text);
}

START_TEST(facts_read_again_from_any_position_are_applied_once)
{
	enum { N = 3000 };
	const char *dir = fixture_dir("/dev/shm");
	struct world *w = fill(1, N), *dice = world_new(2);
	struct ledger *l = fixture_open(dir, 1);
	for (uint64_t at = 0; at < N;) {
		uint64_t from = world_random(dice, at + 1);
		uint64_t n = 1 + world_random(dice, 200);
		at = MIN(at + n, (uint64_t)N);
		commit(l, from + 1, at);
		if (world_random(dice, 4) == 0) {
			ledger_close(l);
			l = fixture_open(dir, 1);
		}
		ck_assert_uint_eq(ledger_position(l, SLOT_DISPATCH), at);
	}
	world_check_rows(w, ledger_store(l));
	world_assert_totals(ledger_totals(l), world_totals(w, -1, 0));
	ledger_close(l);
	fixture_remove(dir);
	free(w);
	free(dice);
}
END_TEST

struct minutes {
	const struct world *w;
	uint64_t n, requests, unknown_requests;
};

static void check_minute(void *arg, const struct point *p)
{
	struct minutes *m = arg;
	const struct totals *t = p->totals;
	struct totals want = world_totals(m->w, -1, p->start_ms / 60000);
	want.requests = t->requests;
	want.unknown_requests = t->unknown_requests;
	world_assert_totals(t, want);
	m->n++;
	m->requests += t->requests;
	m->unknown_requests += t->unknown_requests;
}

START_TEST(every_total_is_what_the_rows_add_up_to)
{
	const char *dir = fixture_dir("/dev/shm");
	struct world *w = fill(3, FACTS);
	struct ledger *l = fixture_open(dir, 1);
	struct err e = {0};
	for (uint64_t at = 0; at < FACTS; at += 500)
		commit(l, at + 1, at + 500);
	world_check_rows(w, ledger_store(l));
	world_assert_totals(ledger_totals(l), world_totals(w, -1, 0));
	for (int ix = 1; ix < WORLD_SESSIONS; ix++) {
		char name[EXCHANGE_SESSION_BYTES];
		struct totals t;
		world_session((uint32_t)ix, name);
		ck_assert(query_session(ledger_store(l), name, &t, &e));
		world_assert_totals(&t, world_totals(w, ix, 0));
	}
	struct minutes m = {.w = w};
	struct points_place at = points_start();
	struct range all = {.n = 1, .span = {{TIER_MINUTE, 0, UINT64_MAX}}};
	ck_assert_int_eq(points_walk(ledger_store(l), &all, DIM_TOTAL, &at,
				 check_minute, &m, &e),
		QUERY_DONE);
	ck_assert_uint_ge(m.n, 10);
	ck_assert_uint_eq(m.requests, ledger_totals(l)->requests);
	ck_assert_uint_eq(m.unknown_requests, ledger_totals(l)->unknown_requests);
	ck_assert_uint_eq(ledger_n_open(l), w->n_open);
	ledger_close(l);
	fixture_remove(dir);
	free(w);
}
END_TEST

START_TEST(open_intents_are_unknown_under_a_new_segment)
{
	const char *dir = fixture_dir("/dev/shm");
	struct world *w = fill(4, 2000);
	struct ledger *l = fixture_open(dir, 1);
	commit(l, 1, 2000);
	ck_assert_uint_gt(ledger_n_open(l), 0);
	ledger_close(l);
	l = fixture_open(dir, 2);
	world_lose_open(w);
	world_check_rows(w, ledger_store(l));
	world_assert_totals(ledger_totals(l), world_totals(w, -1, 0));
	ck_assert_uint_eq(ledger_n_open(l), 0);
	ledger_close(l);
	fixture_remove(dir);
	free(w);
}
END_TEST

static struct ledger *rehearse(const char *dir, uint64_t max_bytes)
{
	struct ledger_plan plan = {.data_dir = dir,
		.max_bytes = max_bytes,
		.now_ms = TEST_NOW_MS,
		.is_rehearsal = true};
	struct ledger_found found;
	struct ledger *l = NULL;
	struct err e = {0};
	ck_assert_msg(ledger_open(&l, &plan, &found, &e), "%s", e.text);
	return l;
}

static void follow(struct ledger *l, uint64_t instance)
{
	struct ledger_found found = {0};
	struct err e = {0};
	ck_assert_msg(
		ledger_follow(l, instance, TEST_NOW_MS, &found, &e), "%s", e.text);
}

START_TEST(one_ledger_follows_segment_after_segment)
{
	const char *dir = fixture_dir("/dev/shm");
	struct world *w = fill(4, 2000);
	struct ledger *l = fixture_open(dir, 1);
	commit(l, 1, 1000);
	follow(l, 1);
	ck_assert_uint_eq(ledger_position(l, SLOT_DISPATCH), 1000);
	commit(l, 1001, 2000);
	follow(l, 2);
	ck_assert_uint_eq(ledger_position(l, SLOT_DISPATCH), 0);
	world_lose_open(w);
	world_check_rows(w, ledger_store(l));
	ledger_close(l);
	fixture_remove(dir);
	free(w);
}
END_TEST

START_TEST(a_rehearsal_reads_what_would_be_written_and_writes_nothing)
{
	const char *dir = fixture_dir("/dev/shm");
	struct world *w = fill(4, 2000);
	struct ledger *l = fixture_open(dir, 1);
	commit(l, 1, 1000);
	ledger_close(l);
	l = rehearse(dir, TEST_MAX_BYTES);
	follow(l, 1);
	commit(l, 1001, 1500);
	commit(l, 1501, 2000);
	world_check_rows(w, ledger_store(l));
	follow(l, 2);
	ck_assert_uint_eq(ledger_n_open(l), 0);
	ledger_close(l);
	l = fixture_open(dir, 1);
	ck_assert_uint_eq(ledger_position(l, SLOT_DISPATCH), 1000);
	commit(l, 1001, 2000);
	world_check_rows(w, ledger_store(l));
	ledger_close(l);
	fixture_remove(dir);
	free(w);
}
END_TEST

static void find_none(const char *dir, bool must_be_there)
{
	struct ledger_plan plan = {.data_dir = dir,
		.max_bytes = TEST_MAX_BYTES,
		.now_ms = TEST_NOW_MS,
		.must_be_there = must_be_there,
		.is_rehearsal = !must_be_there};
	struct ledger_found found;
	struct ledger *l = NULL;
	char path[80];
	ck_assert(!ledger_open(&l, &plan, &found, NULL));
	snprintf(path, sizeof path, "%s/ledger", dir);
	ck_assert_int_ne(access(path, F_OK), 0);
}

START_TEST(none_is_made_for_a_rehearsal_or_where_one_must_be_there)
{
	const char *dir = fixture_dir("/dev/shm");
	find_none(dir, true);
	find_none(dir, false);
	fixture_remove(dir);
}
END_TEST

START_TEST(more_open_intents_than_one_transaction_takes_are_all_closed)
{
	enum { N = 10001 };
	const char *dir = fixture_dir("/dev/shm");
	struct ledger *l = fixture_open(dir, 1);
	struct err e = {0};
	ck_assert(ledger_begin(l, &e));
	for (uint64_t i = 1; i <= N; i++) {
		union fact f = fixture_intent(i, 1);
		ck_assert_int_eq(ledger_apply(l, SLOT_DISPATCH, i, &f), LEDGER_APPLIED);
	}
	ck_assert(ledger_commit(l, &e));
	ledger_close(l);
	l = fixture_open(dir, 2);
	ck_assert_uint_eq(ledger_n_open(l), 0);
	ck_assert_uint_eq(ledger_totals(l)->unknown_requests, N);
	ledger_close(l);
	fixture_remove(dir);
}
END_TEST

START_TEST(positions_of_another_segment_do_not_count)
{
	const char *dir = fixture_dir("/dev/shm");
	struct ledger *l = fixture_open(dir, 1);
	(void)fixture_apply(l, fixture_intent(1, 1));
	ledger_close(l);
	l = fixture_open(dir, 2);
	ck_assert_uint_eq(ledger_position(l, SLOT_DISPATCH), 0);
	ck_assert_int_eq(fixture_apply(l, fixture_intent(2, 1)), LEDGER_APPLIED);
	ledger_close(l);
	fixture_remove(dir);
}
END_TEST

START_TEST(nothing_up_to_the_very_position_is_taken_again)
{
	const char *dir = fixture_dir("/dev/shm");
	struct ledger *l = fixture_open(dir, 1);
	union fact f = fixture_settle(1, 1, OUTCOME_SETTLED_USAGE);
	struct err e = {0};
	ck_assert(ledger_begin(l, &e));
	ck_assert_int_eq(ledger_apply(l, SLOT_DISPATCH, 8, &f), LEDGER_BAD);
	ck_assert_int_eq(ledger_apply(l, SLOT_DISPATCH, 8, &f), LEDGER_REPEATED);
	ck_assert(ledger_commit(l, &e));
	ledger_close(l);
	fixture_remove(dir);
}
END_TEST

START_TEST(what_is_in_no_lane_moves_none_and_is_taken_once)
{
	const char *dir = fixture_dir("/dev/shm");
	struct ledger *l = fixture_open(dir, 1);
	union fact intent = fixture_intent(1, 1);
	union fact settle = fixture_settle(1, 1, OUTCOME_RELEASED);
	struct err e = {0};
	for (int i = 0; i < 2; i++) {
		enum ledger_verdict v = i == 0 ? LEDGER_APPLIED : LEDGER_REPEATED;
		ck_assert(ledger_begin(l, &e));
		ck_assert_int_eq(ledger_add(l, &intent), v);
		ck_assert_int_eq(ledger_add(l, &settle), v);
		ck_assert(ledger_commit(l, &e));
	}
	ck_assert_uint_eq(ledger_position(l, SLOT_DISPATCH), 0);
	ck_assert_uint_eq(ledger_n_open(l), 0);
	ledger_close(l);
	fixture_remove(dir);
}
END_TEST

START_TEST(each_lane_has_its_own_position)
{
	const char *dir = fixture_dir("/dev/shm");
	struct ledger *l = fixture_open(dir, 1);
	union fact token = fixture_token(1, "ann", 1);
	struct err e = {0};
	(void)fixture_apply(l, fixture_intent(1, 1));
	ck_assert(ledger_begin(l, &e));
	ck_assert_int_eq(ledger_apply(l, SLOT_MASTER, 8, &token), LEDGER_APPLIED);
	ck_assert(ledger_commit(l, &e));
	ck_assert_uint_eq(ledger_position(l, SLOT_MASTER), 8);
	ledger_close(l);
	fixture_remove(dir);
}
END_TEST

START_TEST(a_skipped_lane_is_read_on_behind_the_gap)
{
	const char *dir = fixture_dir("/dev/shm");
	struct ledger *l = fixture_open(dir, 1);
	struct err e = {0};
	ck_assert(ledger_begin(l, &e));
	ledger_skip(l, SLOT_DISPATCH, 4096);
	ck_assert(ledger_commit(l, &e));
	ledger_close(l);
	l = fixture_open(dir, 1);
	ck_assert_uint_eq(ledger_position(l, SLOT_DISPATCH), 4096);
	ledger_close(l);
	fixture_remove(dir);
}
END_TEST

START_TEST(a_second_writer_is_refused)
{
	const char *dir = fixture_dir("/dev/shm");
	struct ledger *l = fixture_open(dir, 1), *second = NULL;
	struct ledger_plan plan = {.data_dir = dir,
		.max_bytes = TEST_MAX_BYTES,
		.instance = 1,
		.now_ms = TEST_NOW_MS};
	struct ledger_found found;
	struct err e = {0};
	ck_assert(!ledger_open(&second, &plan, &found, &e));
	ck_assert_ptr_nonnull(strstr(e.text, "another process writes it"));
	ledger_close(l);
	fixture_remove(dir);
}
END_TEST

START_TEST(what_is_not_committed_never_happened)
{
	const char *dir = fixture_dir("/dev/shm");
	struct ledger *l = fixture_open(dir, 1);
	union fact f = fixture_intent(1, 1);
	struct err e = {0};
	ck_assert(ledger_begin(l, &e));
	ck_assert_int_eq(ledger_apply(l, SLOT_DISPATCH, 8, &f), LEDGER_APPLIED);
	ledger_close(l);
	l = fixture_open(dir, 1);
	ck_assert_uint_eq(ledger_position(l, SLOT_DISPATCH), 0);
	ck_assert_int_eq(fixture_apply(l, f), LEDGER_APPLIED);
	ledger_close(l);
	fixture_remove(dir);
}
END_TEST

/* Facts until a commit fails in a map that is too small; returns how many are in. */
static uint64_t fill_the_map(const char *dir, uint64_t max_bytes)
{
	struct ledger_plan plan = {.data_dir = dir,
		.max_bytes = max_bytes,
		.instance = 1,
		.now_ms = TEST_NOW_MS};
	struct ledger_found found;
	struct ledger *l;
	struct err e = {0};
	ck_assert_msg(ledger_open(&l, &plan, &found, &e), "%s", e.text);
	uint64_t at = 0;
	while (at + 50 <= FACTS && world_commit(l, facts, at + 1, at + 50, &e))
		at += 50;
	ck_assert_ptr_nonnull(strstr(e.text, "max_size"));
	struct err again = {0};
	ck_assert(!ledger_begin(l, &again));
	ledger_close(l);
	return at;
}

START_TEST(a_full_map_fails_the_commit_loses_nothing_and_can_be_rehearsed_in)
{
	const char *dir = fixture_dir("/dev/shm");
	free(fill(5, FACTS));
	uint64_t committed = fill_the_map(dir, 1 << 20);
	ck_assert_uint_gt(committed, 0);
	ck_assert_uint_lt(committed, FACTS);
	struct ledger *l = rehearse(dir, 1 << 20);
	follow(l, 1);
	commit(l, committed + 1, FACTS);
	ck_assert_uint_eq(ledger_position(l, SLOT_DISPATCH), FACTS);
	ledger_close(l);
	l = fixture_open(dir, 1); /* with room again */
	ck_assert_uint_eq(ledger_position(l, SLOT_DISPATCH), committed);
	struct world *w = world_new(5);
	while (w->n_facts < committed)
		(void)world_next(w);
	world_check_rows(w, ledger_store(l));
	world_assert_totals(ledger_totals(l), world_totals(w, -1, 0));
	ledger_close(l);
	fixture_remove(dir);
	free(w);
}
END_TEST

/* ---- somebody takes it away ------------------------------------------------------ */

static const char *file_in(const char *dir, const char *name)
{
	static char path[2][128];
	static int n;
	n = 1 - n;
	snprintf(path[n], sizeof path[n], "%s/%s", dir, name);
	return path[n];
}

START_TEST(a_file_that_is_taken_away_is_missed_until_it_is_back)
{
	const char *dir = fixture_dir("/dev/shm");
	const char *file = file_in(dir, "ledger/data.mdb"), *away = file_in(dir, "x");
	struct ledger *l = fixture_open(dir, 1);
	struct err e = {0};
	ck_assert(ledger_is_in_place(l, &e));
	ck_assert_int_eq(rename(file, away), 0);
	ck_assert(!ledger_is_in_place(l, &e));
	ck_assert_ptr_nonnull(strstr(e.text, file));
	ck_assert_int_eq(rename(away, file), 0);
	ck_assert(ledger_is_in_place(l, &e));
	ledger_close(l);
	fixture_remove(dir);
}
END_TEST

START_TEST(another_file_in_its_place_is_not_it)
{
	const char *dir = fixture_dir("/dev/shm"), *other = file_in(dir, "other");
	struct ledger *l = fixture_open(dir, 1);
	struct err e = {0};
	ck_assert_int_eq(mkdir(other, 0700), 0);
	ledger_close(fixture_open(other, 1));
	ck_assert_int_eq(rename(file_in(dir, "other/ledger/data.mdb"),
				 file_in(dir, "ledger/data.mdb")),
		0);
	ck_assert(!ledger_is_in_place(l, &e));
	ck_assert_ptr_nonnull(strstr(e.text, "another file"));
	ledger_close(l);
	fixture_remove(dir);
}
END_TEST

START_TEST(a_file_that_is_cut_short_is_neither_written_nor_read)
{
	enum { N = 3000 };
	const char *dir = fixture_dir("/dev/shm");
	const char *file = file_in(dir, "ledger/data.mdb");
	struct err e = {0};
	struct store *s;
	free(fill(7, N));
	struct ledger *l = fixture_open(dir, 1);
	commit(l, 1, N);
	ck_assert(store_open_readonly(&s, dir, &e));
	ck_assert_int_eq(truncate(file, 64 * 4096), 0);
	struct query_summary sum;
	ck_assert(!ledger_is_in_place(l, &e));
	ck_assert_ptr_nonnull(strstr(e.text, "cut short"));
	ck_assert(!query_summary(s, &sum, &e));
	ck_assert_int_eq(truncate(file, 0), 0);
	ck_assert(!query_summary(s, &sum, &e));
	store_close(s);
	ledger_close(l);
	fixture_remove(dir);
}
END_TEST

START_TEST(a_cut_file_is_not_opened)
{
	enum { N = 3000 };
	const char *dir = fixture_dir("/dev/shm");
	struct err e = {0};
	struct store *s;
	free(fill(7, N));
	struct ledger *l = fixture_open(dir, 1);
	commit(l, 1, N);
	ledger_close(l);
	ck_assert_int_eq(truncate(file_in(dir, "ledger/data.mdb"), 64 * 4096), 0);
	ck_assert(!store_open_readonly(&s, dir, &e));
	ck_assert_ptr_nonnull(strstr(e.text, "cut short"));
	fixture_remove(dir);
}
END_TEST

static bool goes_on(const char *dir, uint64_t instance, struct err *e)
{
	struct ledger_plan plan = {.data_dir = dir,
		.max_bytes = TEST_MAX_BYTES,
		.instance = instance,
		.now_ms = TEST_NOW_MS,
		.goes_on = true};
	struct ledger_found found;
	struct ledger *l = NULL;
	bool is_open = ledger_open(&l, &plan, &found, e);
	ledger_close(l);
	return is_open;
}

START_TEST(a_successor_goes_on_with_the_same_ledger_or_none)
{
	const char *dir = fixture_dir("/dev/shm");
	struct err none = {0}, other = {0}, no = {0};
	ck_assert(!goes_on(dir, 1, &none));
	ck_assert_ptr_nonnull(strstr(none.text, "is gone"));
	ledger_close(fixture_open(dir, 1));
	ck_assert(goes_on(dir, 1, &no));
	ck_assert(!goes_on(dir, 2, &other));
	ck_assert_ptr_nonnull(strstr(other.text, "is not the one"));
	fixture_remove(dir);
}
END_TEST

UNIT_MAIN("ledger", facts_read_again_from_any_position_are_applied_once,
	every_total_is_what_the_rows_add_up_to,
	open_intents_are_unknown_under_a_new_segment,
	one_ledger_follows_segment_after_segment,
	a_rehearsal_reads_what_would_be_written_and_writes_nothing,
	none_is_made_for_a_rehearsal_or_where_one_must_be_there,
	more_open_intents_than_one_transaction_takes_are_all_closed,
	positions_of_another_segment_do_not_count,
	what_is_in_no_lane_moves_none_and_is_taken_once,
	nothing_up_to_the_very_position_is_taken_again, each_lane_has_its_own_position,
	a_skipped_lane_is_read_on_behind_the_gap, a_second_writer_is_refused,
	what_is_not_committed_never_happened,
	a_full_map_fails_the_commit_loses_nothing_and_can_be_rehearsed_in,
	a_file_that_is_taken_away_is_missed_until_it_is_back,
	another_file_in_its_place_is_not_it,
	a_file_that_is_cut_short_is_neither_written_nor_read, a_cut_file_is_not_opened,
	a_successor_goes_on_with_the_same_ledger_or_none)
