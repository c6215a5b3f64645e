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

enum { N = TALLY_MAX_KEYS + 500 };

/* N requests, each in a minute and a session of its own: all intents, then all settles. */
static void commit_one_of_each(struct ledger *l, enum fact_kind kind)
{
	struct err e = {0};
	uint64_t at = ledger_position(l, SLOT_DISPATCH);
	ck_assert(ledger_begin(l, &e));
	for (uint64_t i = 1; i <= N; i++) {
		union fact f = kind == FACT_INTENT
				       ? fixture_intent(i, 1)
				       : fixture_settle(i, 1, OUTCOME_SETTLED_USAGE);
		if (kind == FACT_INTENT) {
			f.intent.sent_ms = i * 60000;
			snprintf(f.intent.session, EXCHANGE_SESSION_BYTES, "s%llu",
				(unsigned long long)i);
		}
		ck_assert_int_eq(
			ledger_apply(l, SLOT_DISPATCH, ++at, &f), LEDGER_APPLIED);
	}
	ck_assert_msg(ledger_commit(l, &e), "%s", e.text);
}

START_TEST(a_batch_of_more_keys_than_the_tally_holds_is_counted_whole)
{
	const char *dir = fixture_dir("/dev/shm");
	struct ledger *l = fixture_open(dir, 1);
	struct totals minutes = {0}, sessions = {0};
	struct query_place at = query_start();
	struct err e = {0};
	commit_one_of_each(l, FACT_INTENT);
	commit_one_of_each(l, FACT_SETTLE);
	while (query_totals(ledger_store(l), &at, &minutes, &e) == QUERY_MORE)
		;
	for (uint64_t i = 1; i <= N; i++) {
		char name[EXCHANGE_SESSION_BYTES];
		struct totals one;
		snprintf(name, sizeof name, "s%llu", (unsigned long long)i);
		ck_assert(query_session(ledger_store(l), name, &one, &e));
		totals_add(&sessions, &one);
	}
	ck_assert_uint_eq(minutes.cost_nanousd, N * 300);
	ck_assert_mem_eq(&sessions, &minutes, sizeof minutes);
	ledger_close(l);
	fixture_remove(dir);
}
END_TEST

UNIT_MAIN("tally", rows_of_one_key_take_one_place,
	the_same_key_in_two_tables_is_two_places,
	a_batch_of_more_keys_than_the_tally_holds_is_counted_whole)
