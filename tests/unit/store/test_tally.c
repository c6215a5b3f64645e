/* The tally: a key is written once a batch, and a full one loses nothing. */
#include "../unit.h"
#include "fixture.h"
#include "store/tally.h"

static struct row paid(uint64_t nanousd)
{
	return (struct row){.outcome = OUTCOME_SETTLED_USAGE, .cost_nanousd = nanousd};
}

START_TEST(rows_of_one_key_take_one_place)
{
	struct tally *t = tally_new();
	struct key k = key_of_number(5);
	struct row r = paid(1);
	for (int i = 0; i < 3 * TALLY_MAX_KEYS; i++)
		tally_add_row(t, TABLE_MINUTES, &k, &r);
	ck_assert(tally_has_room(t, TALLY_MAX_KEYS - 1));
	ck_assert(!tally_has_room(t, TALLY_MAX_KEYS));
	tally_free(t);
}
END_TEST

START_TEST(the_same_key_in_two_tables_is_two_places)
{
	struct tally *t = tally_new();
	struct key k = key_of_number(5);
	struct row r = paid(1);
	tally_add_row(t, TABLE_MINUTES, &k, &r);
	tally_add_row(t, TABLE_SESSIONS, &k, &r);
	ck_assert(!tally_has_room(t, TALLY_MAX_KEYS - 1));
	tally_free(t);
}
END_TEST

START_TEST(a_batch_of_more_minutes_than_the_tally_holds_is_counted_whole)
{
	enum { N = TALLY_MAX_KEYS + 500 };
	const char *dir = fixture_dir("/dev/shm");
	struct ledger *l = fixture_open(dir, 1);
	struct err e = {0};
	uint64_t at = 0;
	ck_assert(ledger_begin(l, &e));
	for (uint64_t i = 1; i <= N; i++) {
		union fact f[2] = {fixture_intent(i, 1),
			fixture_settle(i, 1, OUTCOME_SETTLED_USAGE)};
		f[0].intent.sent_ms = i * 60000;
		for (int k = 0; k < 2; k++)
			ck_assert_int_eq(ledger_apply(l, SLOT_DISPATCH, ++at, &f[k]),
				LEDGER_APPLIED);
	}
	ck_assert(ledger_commit(l, &e));
	struct totals sum = {0}, session;
	struct query_place place = query_start();
	while (query_totals(ledger_store(l), &place, &sum, &e) == QUERY_MORE)
		;
	ck_assert_uint_eq(sum.cost_nanousd, N * 300);
	ck_assert(query_session(ledger_store(l), "s", &session, &e));
	ck_assert_mem_eq(&session, &sum, sizeof sum);
	ledger_close(l);
	fixture_remove(dir);
}
END_TEST

UNIT_MAIN("tally", rows_of_one_key_take_one_place,
	the_same_key_in_two_tables_is_two_places,
	a_batch_of_more_minutes_than_the_tally_holds_is_counted_whole)
