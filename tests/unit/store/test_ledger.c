/* What a ledger takes: each fact exactly once, into every total, lane by lane. */
#include "../unit.h"
#include "store/points.h"
#include "world.h"

enum { FACTS = 10000 };

static union fact facts[FACTS];

START_TEST(facts_read_again_from_any_position_are_applied_once)
{
	enum { N = 3000 };
	const char *dir = fixture_dir("/dev/shm");
	struct world *w = world_at(1, N, facts), *dice = world_new(2);
	struct ledger *l = fixture_open(dir, 1);
	for (uint64_t at = 0; at < N;) {
		uint64_t from = world_random(dice, at + 1);
		uint64_t n = 1 + world_random(dice, 200);
		at = MIN(at + n, (uint64_t)N);
		world_must_commit(l, facts, from + 1, at);
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
	struct world *w = world_at(3, FACTS, facts);
	struct ledger *l = fixture_open(dir, 1);
	struct err e = {0};
	for (uint64_t at = 0; at < FACTS; at += 500)
		world_must_commit(l, facts, at + 1, at + 500);
	world_check_rows(w, ledger_store(l));
	world_assert_totals(ledger_totals(l), world_totals(w, -1, 0));
	for (int ix = 1; ix < WORLD_SESSIONS; ix++) {
		char name[EXCHANGE_SESSION_BYTES];
		struct query_session found;
		world_session((uint32_t)ix, name);
		ck_assert(query_session(ledger_store(l), name, &found, &e));
		world_assert_totals(&found.totals, world_totals(w, ix, 0));
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
	struct world *w = world_at(4, 2000, facts);
	struct ledger *l = fixture_open(dir, 1);
	world_must_commit(l, facts, 1, 2000);
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

UNIT_MAIN("ledger", facts_read_again_from_any_position_are_applied_once,
	every_total_is_what_the_rows_add_up_to,
	open_intents_are_unknown_under_a_new_segment,
	more_open_intents_than_one_transaction_takes_are_all_closed,
	positions_of_another_segment_do_not_count,
	nothing_up_to_the_very_position_is_taken_again,
	what_is_in_no_lane_moves_none_and_is_taken_once, each_lane_has_its_own_position,
	a_skipped_lane_is_read_on_behind_the_gap, what_is_not_committed_never_happened)
