/* Verify: the records about the ledger itself. */
#include "../unit.h"
#include "fixture.h"
#include "store/firing.h"
#include "store/prune.h"
#include "store/tables.h"
#include "store/verify.h"

static const char *dir;

static struct verify_report check(struct ledger *l)
{
	struct verify_report r;
	struct err e = {0};
	ck_assert_msg(verify_ledger(ledger_store(l), &r, &e), "%s", e.text);
	return r;
}

/* The wall is set back behind a row; a key is not steady, an alert fires. */
static struct ledger *make_about(void)
{
	struct ledger *l;
	struct err e = {0};
	uint32_t n;
	dir = fixture_dir("/dev/shm");
	l = fixture_open(dir, 1);
	ck_assert_int_eq(fixture_apply(l, fixture_intent(1, 1)), LEDGER_APPLIED);
	ck_assert_int_eq(fixture_apply(l, fixture_settle(1, 1, OUTCOME_SETTLED_USAGE)),
		LEDGER_APPLIED);
	union fact early = fixture_intent(2, 1);
	early.intent.sent_ms = TEST_NOW_MS - 3600000;
	union fact state = {
		.stabilizer = {.key = "a", .state = {.state = STABILIZER_STEADY + 1}}};
	fact_begin(&state.head, FACT_STABILIZER, sizeof state.stabilizer, TEST_NOW_MS);
	ck_assert_int_eq(fixture_apply(l, early), LEDGER_APPLIED);
	ck_assert_int_eq(fixture_apply(l, state), LEDGER_APPLIED);
	struct firing f = {.alert = {{.since_ms = 5}}};
	ck_assert(ledger_keep_firing(l, &f, &e));
	struct prune_policy p = {.tier_before_ms = {TEST_NOW_MS + 300000}};
	ck_assert(ledger_prune(l, &p, 100, &n, &e) && n > 0);
	return l;
}

/* One of each, also those that hardly any ledger has. */
START_TEST(no_record_about_the_ledger_can_be_changed)
{
	static const char *const names[] = {
		"state", "pruned", "kept", "order", "firing"};
	_Static_assert(N_ELEMENTS(names) == METAS, "each of them");
	static uint8_t bytes[1 << 16];
	for (size_t i = 0; i < N_ELEMENTS(names); i++) {
		struct ledger *l = make_about();
		struct store *s = ledger_store(l);
		struct key k = {.n = strlen(names[i])};
		struct str stored;
		struct state state;
		MDB_txn *txn;
		memcpy(k.bytes, names[i], k.n);
		ck_assert_uint_eq(check(l).n_faults, 0);
		must(mdb_txn_begin(s->env, NULL, 0, &txn) == 0);
		must(tables_get_state(s, txn, &state) == 0 &&
			tables_put_state(s, txn, &state) == 0);
		ck_assert_int_eq(table_get(s, txn, TABLE_META, &k, &stored), 0);
		must(stored.n <= sizeof bytes);
		memcpy(bytes, stored.p, stored.n);
		bytes[stored.n - 1 - i] ^= 4;
		stored.p = (const char *)bytes;
		must(table_put(s, txn, TABLE_META, &k, stored) == 0 &&
			mdb_txn_commit(txn) == 0);
		struct verify_report r = check(l);
		ck_assert_msg(r.n_faults > 0 && strstr(r.fault[0], names[i]) != NULL,
			"%s: %s", names[i], r.fault[0]);
		ledger_close(l);
		fixture_remove(dir);
	}
}
END_TEST

UNIT_MAIN("verify_meta", no_record_about_the_ledger_can_be_changed)
