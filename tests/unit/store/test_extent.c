/* Where the rows begin, before and after the old ones were taken out. */
#include "../unit.h"
#include "fixture.h"
#include "store/extent.h"
#include "store/prune.h"

enum { ROWS = 100, LASTS_MS = 30000, EVERY_MS = 1000 };

static const char *dir;
static struct ledger *ledger;

static uint64_t sent_at(uint64_t i)
{
	return TEST_NOW_MS + i * EVERY_MS;
}

static void apply(const union fact *f)
{
	ck_assert_int_eq(ledger_apply(ledger, SLOT_DISPATCH,
				 ledger_position(ledger, SLOT_DISPATCH) + 1, f),
		LEDGER_APPLIED);
}

static void set_up(void)
{
	struct err e = {0};
	dir = fixture_dir("/dev/shm");
	ledger = fixture_open(dir, 1);
	ck_assert(ledger_begin(ledger, &e));
	for (uint64_t i = 0; i < ROWS; i++) {
		union fact sent = fixture_intent(i + 1, 1);
		union fact done = fixture_settle(i + 1, 1, OUTCOME_SETTLED_USAGE);
		sent.intent.sent_ms = sent_at(i);
		done.settle.done_ms = sent_at(i) + LASTS_MS;
		apply(&sent);
		apply(&done);
	}
	ck_assert_msg(ledger_commit(ledger, &e), "%s", e.text);
}

static void tear_down(void)
{
	ledger_close(ledger);
	fixture_remove(dir);
}

/* Take out the first n rows. */
static struct extent without(uint64_t n)
{
	struct prune_policy p = {.rows_before_ms = sent_at(n) + LASTS_MS};
	struct extent x;
	struct err e = {0};
	uint32_t taken;
	ck_assert(ledger_prune(ledger, &p, ROWS, &taken, &e));
	ck_assert_msg(extent_read(ledger_store(ledger), &x, &e), "%s", e.text);
	ck_assert_uint_eq(x.n_gone, n);
	return x;
}

START_TEST(it_is_whole_from_where_the_oldest_was_closed)
{
	set_up();
	ck_assert_uint_eq(without(0).whole_ms, 0);
	ck_assert_uint_eq(without(10).whole_ms, sent_at(10) + LASTS_MS + 1);
	ck_assert_uint_eq(without(ROWS).whole_ms, sent_at(ROWS - 1) + 1);
	tear_down();
}
END_TEST

START_TEST(what_is_taken_out_behind_a_walk_is_no_loss_to_it)
{
	set_up();
	struct extent all = without(0), some = without(10), more = without(20);
	ck_assert(!extent_has_lost(&some, &some, 0));
	ck_assert(extent_has_lost(&all, &some, 0));
	ck_assert(extent_has_lost(&all, &some, sent_at(10)));
	ck_assert(!extent_has_lost(&all, &some, some.whole_ms));
	ck_assert(extent_has_lost(&some, &more, sent_at(10)));
	ck_assert(!extent_has_lost(&some, &more, more.whole_ms));
	tear_down();
}
END_TEST

UNIT_MAIN("extent", it_is_whole_from_where_the_oldest_was_closed,
	what_is_taken_out_behind_a_walk_is_no_loss_to_it)
