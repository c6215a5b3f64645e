/* Rows found by when they were sent, however the wall clock was set meanwhile. */
#include "../unit.h"
#include "fixture.h"
#include "store/prune.h"

#define MINUTE_MS UINT64_C(60000)
#define HOUR_MS   (60 * MINUTE_MS)

enum { ROWS_MAX = 2000 };

static const char *dir;
static struct ledger *ledger;
static uint64_t sent[ROWS_MAX], n_rows, wall_ms;

static void set_up(void)
{
	dir = fixture_dir("/dev/shm");
	ledger = fixture_open(dir, 1);
	n_rows = 0;
	wall_ms = 1000 * HOUR_MS;
}

static void tear_down(void)
{
	ledger_close(ledger);
	fixture_remove(dir);
}

/* n rows, one a minute, closed at once; one commit. */
static void add(uint64_t n)
{
	struct err e = {0};
	ck_assert(ledger_begin(ledger, &e));
	for (uint64_t at = ledger_position(ledger, SLOT_DISPATCH); n-- > 0;) {
		union fact f[2] = {fixture_intent(n_rows + 1, 1),
			fixture_settle(n_rows + 1, 1, OUTCOME_SETTLED_USAGE)};
		f[0].intent.sent_ms = sent[n_rows++] = wall_ms += MINUTE_MS;
		f[1].settle.done_ms = wall_ms;
		for (int i = 0; i < 2; i++)
			ck_assert_int_eq(
				ledger_apply(ledger, SLOT_DISPATCH, ++at, &f[i]),
				LEDGER_APPLIED);
	}
	ck_assert_msg(ledger_commit(ledger, &e), "%s", e.text);
}

static void open_again(void)
{
	ledger_close(ledger);
	ledger = fixture_open(dir, 1);
}

/* Where a walk begins that looks for that moment: the number of a row, from 0. */
static uint64_t find(uint64_t ms)
{
	struct query_place at;
	struct err e = {0};
	ck_assert_msg(query_find_sent(ledger_store(ledger), ms, &at, &e), "%s", e.text);
	return at.next / 2; /* an intent, a settle */
}

static void none_is_missed(void)
{
	for (uint64_t ms = wall_ms - 60 * HOUR_MS; ms < wall_ms + 30 * HOUR_MS;
		ms += 7 * MINUTE_MS) {
		uint64_t first = find(ms);
		for (uint64_t i = 0; i < first; i++)
			ck_assert_uint_lt(sent[i], ms);
	}
}

START_TEST(in_order_it_begins_a_minute_before)
{
	set_up();
	add(500);
	none_is_missed();
	ck_assert_uint_eq(find(sent[300]), 299);
	tear_down();
}
END_TEST

START_TEST(a_wall_that_was_set_back_hides_no_row)
{
	static const int hours[] = {-1, 24, -24, 2, -3};
	set_up();
	add(100);
	for (size_t i = 0; i < N_ELEMENTS(hours); i++) {
		wall_ms += (uint64_t)hours[i] * HOUR_MS;
		add(150);
		none_is_missed();
		open_again();
		none_is_missed();
	}
	tear_down();
}
END_TEST

START_TEST(what_is_pruned_is_out_of_order_no_more)
{
	struct prune_policy p = {.rows_before_ms = 1020 * HOUR_MS};
	struct query_summary sum;
	struct err e = {0};
	uint32_t n;
	set_up();
	add(200);
	wall_ms -= HOUR_MS;
	add(200);
	wall_ms += 24 * HOUR_MS;
	add(200);
	ck_assert_uint_lt(find(sent[500]), 450);
	ck_assert(query_summary(ledger_store(ledger), &sum, &e));
	ck_assert_uint_eq(sum.rows_from_ms, 0);
	ck_assert(ledger_prune(ledger, &p, 1000, &n, &e));
	ck_assert_uint_eq(n, 400);
	ck_assert(query_summary(ledger_store(ledger), &sum, &e));
	ck_assert_uint_eq(sum.rows_from_ms, MAX(sent[199], sent[399]) + 1);
	ck_assert_uint_eq(find(sent[500]), 499);
	tear_down();
}
END_TEST

UNIT_MAIN("order", in_order_it_begins_a_minute_before,
	a_wall_that_was_set_back_hides_no_row, what_is_pruned_is_out_of_order_no_more)
