/* The tally: a key is written once a batch, and a full one loses nothing. */
#include "../unit.h"
#include "fixture.h"
#include "store/tally.h"

static struct row paid(uint64_t sent_ms, const char *session)
{
	struct row r = {.outcome = OUTCOME_SETTLED_USAGE,
		.cost_nanousd = 1,
		.sent_ms = sent_ms};
	snprintf(r.session, sizeof r.session, "%s", session);
	return r;
}

START_TEST(rows_of_one_key_take_one_place)
{
	struct tally *t = tally_new();
	struct row r = paid(5, "s");
	for (int i = 0; i < TALLY_MAX_KEYS; i++) {
		ck_assert(tally_has_room(t));
		tally_add_row(t, &r, 1);
	}
	tally_free(t);
}
END_TEST

START_TEST(a_tally_without_room_for_all_that_a_row_touches_says_so)
{
	struct tally *t = tally_new();
	uint32_t n = 0;
	for (; tally_has_room(t); n++) {
		char session[16];
		snprintf(session, sizeof session, "s%u", n);
		struct row r = paid(5, session);
		tally_add_row(t, &r, 1);
	}
	/* three points and a sum each */
	ck_assert_uint_ge(n, TALLY_MAX_KEYS / 4 - ROLLUP_POINTS);
	tally_free(t);
	t = tally_new();
	for (n = 0; tally_has_room(t); n++) {
		struct row r = paid(n * UINT64_C(86400000), "s");
		tally_add_row(t, &r, 1);
	}
	ck_assert_uint_eq(n, TALLY_MAX_TIMES / TIERS);
	tally_free(t);
}
END_TEST

enum { N = TALLY_MAX_KEYS / 3 };

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
	struct totals sessions = {0};
	struct err e = {0};
	commit_one_of_each(l, FACT_INTENT);
	commit_one_of_each(l, FACT_SETTLE);
	for (uint64_t i = 1; i <= N; i++) {
		char name[EXCHANGE_SESSION_BYTES];
		struct query_session one;
		snprintf(name, sizeof name, "s%llu", (unsigned long long)i);
		ck_assert(query_session(ledger_store(l), name, &one, &e));
		totals_add(&sessions, &one.totals);
	}
	ck_assert_uint_eq(sessions.cost_nanousd, N * 300);
	ck_assert_mem_eq(&sessions, ledger_totals(l), sizeof sessions);
	ledger_close(l);
	fixture_remove(dir);
}
END_TEST

UNIT_MAIN("tally", rows_of_one_key_take_one_place,
	a_tally_without_room_for_all_that_a_row_touches_says_so,
	a_batch_of_more_keys_than_the_tally_holds_is_counted_whole)
