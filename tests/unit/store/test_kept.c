/* The states of keys, and resets. */
#include "../unit.h"
#include "fixture.h"
#include "store/kept.h"

static union fact state_fact(const char *key, enum stabilizer_state state)
{
	union fact f = {.stabilizer = {.boot_ns = 5,
				.boot = 7,
				.state = {.state = state, .remaining_ns = 900}}};
	fact_begin(&f.head, FACT_STABILIZER, sizeof f.stabilizer, TEST_NOW_MS);
	snprintf(f.stabilizer.key, sizeof f.stabilizer.key, "%s", key);
	return f;
}

static struct kept read_kept(struct ledger *l)
{
	struct kept k;
	struct err e = {0};
	ck_assert_msg(kept_read(ledger_store(l), &k, &e), "%s", e.text);
	return k;
}

START_TEST(kept_is_nothing_at_first)
{
	const char *dir = fixture_dir("/dev/shm");
	struct ledger *l = fixture_open(dir, 1);
	struct kept k = read_kept(l);
	ck_assert_uint_eq(k.n, 0);
	ck_assert_uint_eq(k.reset_sequence, 0);
	ledger_close(l);
	fixture_remove(dir);
}
END_TEST

START_TEST(kept_has_a_keys_newest_state_until_it_is_steady)
{
	const char *dir = fixture_dir("/dev/shm");
	struct ledger *l = fixture_open(dir, 1);
	(void)fixture_apply(l, state_fact("a", STABILIZER_BACKOFF));
	(void)fixture_apply(l, state_fact("b", STABILIZER_RAMP));
	ck_assert_int_eq(
		fixture_apply(l, state_fact("a", STABILIZER_HOLD)), LEDGER_APPLIED);
	ledger_close(l);
	l = fixture_open(dir, 2);
	struct kept k = read_kept(l);
	ck_assert_uint_eq(k.n, 2);
	ck_assert_str_eq(k.key[1].name, "a");
	ck_assert_uint_eq(k.key[1].state.state, STABILIZER_HOLD);
	ck_assert_uint_eq(k.key[1].state.remaining_ns, 900);
	ck_assert_uint_eq(k.key[1].told.boot, 7);
	ck_assert_uint_eq(k.key[1].told.wall_ms, TEST_NOW_MS);
	(void)fixture_apply(l, state_fact("a", STABILIZER_STEADY));
	k = read_kept(l);
	ck_assert_uint_eq(k.n, 1);
	ck_assert_str_eq(k.key[0].name, "b");
	ledger_close(l);
	fixture_remove(dir);
}
END_TEST

START_TEST(kept_drops_the_oldest_when_it_is_full)
{
	const char *dir = fixture_dir("/dev/shm");
	struct ledger *l = fixture_open(dir, 1);
	for (unsigned i = 0; i <= KEPT_KEYS; i++) {
		char name[16];
		snprintf(name, sizeof name, "key%u", i);
		(void)fixture_apply(l, state_fact(name, STABILIZER_HOLD));
	}
	struct kept k = read_kept(l);
	ck_assert_uint_eq(k.n, KEPT_KEYS);
	ck_assert_str_eq(k.key[0].name, "key1");
	ledger_close(l);
	fixture_remove(dir);
}
END_TEST

START_TEST(kept_forgets_all_states_with_a_reset_and_says_since_when)
{
	const char *dir = fixture_dir("/dev/shm");
	struct ledger *l = fixture_open(dir, 1);
	(void)fixture_apply(l, state_fact("a", STABILIZER_HOLD));
	(void)fixture_apply(l, fixture_intent(1, 1));
	union fact f = {.reset = {.client_id = 3}};
	fact_begin(&f.head, FACT_RESET, sizeof f.reset, TEST_NOW_MS);
	ck_assert_int_eq(fixture_apply(l, f), LEDGER_APPLIED);
	struct kept k = read_kept(l);
	ck_assert_uint_eq(k.n, 0);
	ck_assert_uint_eq(k.reset_sequence, ledger_sequence(l));
	ledger_close(l);
	fixture_remove(dir);
}
END_TEST

START_TEST(kept_refuses_a_state_that_cannot_be)
{
	const char *dir = fixture_dir("/dev/shm");
	struct ledger *l = fixture_open(dir, 1);
	ck_assert_int_eq(
		fixture_apply(l, state_fact("a", STABILIZER_STATES)), LEDGER_BAD);
	ck_assert_uint_eq(read_kept(l).n, 0);
	ledger_close(l);
	fixture_remove(dir);
}
END_TEST

UNIT_MAIN("kept", kept_is_nothing_at_first,
	kept_has_a_keys_newest_state_until_it_is_steady,
	kept_drops_the_oldest_when_it_is_full,
	kept_forgets_all_states_with_a_reset_and_says_since_when,
	kept_refuses_a_state_that_cannot_be)
