/* The alerts that fire, from one start to the next. */
#include "../unit.h"
#include "fixture.h"
#include "store/firing.h"

static struct firing read_firing(struct ledger *l)
{
	struct firing f;
	struct err e = {0};
	ck_assert_msg(firing_read(ledger_store(l), &f, &e), "%s", e.text);
	return f;
}

static void keep(struct ledger *l, enum alert_state state, uint64_t since_ms)
{
	struct firing f = {0};
	struct err e = {0};
	f.alert[ALERT_budget] = (struct alert_entry){
		.state = state, .since_ms = since_ms, .seen = {.detail = "ann day"}};
	ck_assert_msg(ledger_keep_firing(l, &f, &e), "%s", e.text);
}

START_TEST(nothing_fires_at_first)
{
	const char *dir = fixture_dir("/dev/shm");
	struct ledger *l = fixture_open(dir, 1);
	struct firing f = read_firing(l), none = {0};
	ck_assert_mem_eq(&f, &none, sizeof f);
	ledger_close(l);
	fixture_remove(dir);
}
END_TEST

START_TEST(what_fires_is_known_at_the_next_start)
{
	const char *dir = fixture_dir("/dev/shm");
	struct ledger *l = fixture_open(dir, 1);
	keep(l, ALERT_FIRING, 5);
	keep(l, ALERT_FIRING, 7);
	ledger_close(l);
	l = fixture_open(dir, 2);
	struct alert_entry e = read_firing(l).alert[ALERT_budget];
	ck_assert_uint_eq(e.state, ALERT_FIRING);
	ck_assert_uint_eq(e.since_ms, 7);
	ck_assert_str_eq(e.seen.detail, "ann day");
	ledger_close(l);
	fixture_remove(dir);
}
END_TEST

START_TEST(it_changes_no_sequence_and_no_position)
{
	const char *dir = fixture_dir("/dev/shm");
	struct ledger *l = fixture_open(dir, 1);
	uint64_t sequence = ledger_sequence(l), position = ledger_position(l, 1);
	keep(l, ALERT_FIRING, 5);
	ck_assert_uint_eq(ledger_sequence(l), sequence);
	ck_assert_uint_eq(ledger_position(l, 1), position);
	ledger_close(l);
	fixture_remove(dir);
}
END_TEST

UNIT_MAIN("firing", nothing_fires_at_first, what_fires_is_known_at_the_next_start,
	it_changes_no_sequence_and_no_position)
