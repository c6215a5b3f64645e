/* Gathering: what is kept of a span is gone on from, as long as it is right. */
#include "../unit.h"
#include "fixture.h"
#include "store/gather.h"
#include "store/tables.h"

#define MINUTE   UINT64_C(60000)
#define HOUR     (60 * MINUTE)
#define NOON_MS  (400 * 24 * HOUR + 12 * HOUR)
#define NOON_MIN (NOON_MS / MINUTE)

static const char *dir;
static struct ledger *l;
static struct closed *c;
static uint64_t n_requests;

static void settle(uint64_t at_ms)
{
	union fact intent = fixture_intent(++n_requests, 1);
	union fact end = fixture_settle(n_requests, 1, OUTCOME_SETTLED_USAGE);
	intent.intent.sent_ms = at_ms;
	snprintf(intent.intent.model, sizeof intent.intent.model, "m");
	ck_assert_int_eq(fixture_apply(l, intent), LEDGER_APPLIED);
	ck_assert_int_eq(fixture_apply(l, end), LEDGER_APPLIED);
}

/* One attempt a minute, from eleven to one. */
static void begin(void)
{
	dir = fixture_dir("/dev/shm");
	l = fixture_open(dir, 1);
	c = closed_new();
	n_requests = 0;
	for (uint64_t i = 0; i < 120; i++)
		settle(NOON_MS - HOUR + i * MINUTE);
}

static void end(void)
{
	closed_free(c);
	ledger_close(l);
	fixture_remove(dir);
}

static void on_total(void *arg, const struct point *p)
{
	gather_count(arg, p);
}

static void count_totals(struct gather *g, const struct range *range)
{
	struct points_place at = points_start();
	struct err e = {0};
	enum query_verdict r = QUERY_MORE;
	while (r == QUERY_MORE)
		r = points_walk(
			ledger_store(l), range, DIM_TOTAL, &at, on_total, g, &e);
	ck_assert_msg(r == QUERY_DONE, "%s", e.text);
}

/* What is over of the hour before that moment. */
static struct groups *gather(struct gather *g, uint64_t now_ms)
{
	struct range_want want = range_last_hours(now_ms, 1);
	struct range range;
	struct groups *base;
	struct err e = {0};
	enum query_verdict r = QUERY_MORE;
	want.cut_ms = now_ms;
	range_make(&range, &want);
	gather_init(g, c, &range);
	count_totals(g, &range);
	while (r == QUERY_MORE)
		r = gather_read(ledger_store(l), g, DIM_MODEL, &base, &e);
	ck_assert_msg(r == QUERY_DONE, "%s", e.text);
	return base;
}

static uint64_t requests(const struct groups *g, const char *name)
{
	const struct group *x = groups_find(g, (struct str){name, strlen(name)});
	return x != NULL ? x->totals.attempts : 0;
}

/* As if that had been read of those minutes. */
static void keep_made_up(uint64_t from, uint64_t to, const struct totals *total)
{
	struct range_span span = {TIER_MINUTE, from, to};
	struct groups *made_up = groups_new();
	groups_add(made_up, STR("made up"), total);
	(void)closed_keep(c, DIM_MODEL, &span, total, &made_up);
}

static struct totals total_of(uint64_t from, uint64_t to)
{
	struct range one = {.n = 1, .span = {{TIER_MINUTE, from, to}}};
	struct gather g;
	gather_init(&g, c, &one);
	count_totals(&g, &one);
	return g.over_total;
}

static void keep_ten_and_twenty(void)
{
	struct totals ten = total_of(NOON_MIN, NOON_MIN + 10),
		      twenty = total_of(NOON_MIN, NOON_MIN + 20);
	keep_made_up(NOON_MIN, NOON_MIN + 10, &ten);
	keep_made_up(NOON_MIN, NOON_MIN + 20, &twenty);
}

START_TEST(an_hour_is_gathered)
{
	struct gather g;
	begin();
	ck_assert_uint_eq(requests(gather(&g, NOON_MS + 25 * MINUTE), "m"), 60);
	gather_fini(&g);
	end();
}
END_TEST

START_TEST(a_span_goes_on_from_the_longest_that_is_kept_of_it)
{
	struct gather g;
	begin();
	keep_ten_and_twenty();
	struct groups *base = gather(&g, NOON_MS + 25 * MINUTE);
	ck_assert_uint_eq(requests(base, "made up"), 20);
	ck_assert_uint_eq(requests(base, "m"), 40);
	gather_fini(&g);
	end();
}
END_TEST

START_TEST(not_from_what_is_no_longer_right)
{
	struct gather g;
	begin();
	keep_ten_and_twenty();
	settle(NOON_MS + 15 * MINUTE);
	struct groups *base = gather(&g, NOON_MS + 25 * MINUTE);
	ck_assert_uint_eq(requests(base, "made up"), 10);
	ck_assert_uint_eq(requests(base, "m"), 51);
	gather_fini(&g);
	settle(NOON_MS + 5 * MINUTE);
	base = gather(&g, NOON_MS + 26 * MINUTE);
	ck_assert_uint_eq(requests(base, "made up"), 0);
	ck_assert_uint_eq(requests(base, "m"), 62);
	gather_fini(&g);
	end();
}
END_TEST

/* Each minute takes one off its begin: up to the next ten it is read again. */
START_TEST(the_first_minutes_are_kept_from_the_next_ten_on)
{
	const uint64_t eleven = NOON_MIN - 60;
	struct gather g;
	begin();
	struct totals rest = total_of(eleven + 30, NOON_MIN);
	keep_made_up(eleven + 30, NOON_MIN, &rest);
	for (uint64_t minute = 21; minute <= 30; minute++) {
		struct groups *base = gather(&g, NOON_MS + minute * MINUTE);
		ck_assert_uint_eq(requests(base, "made up"), 30);
		ck_assert_uint_eq(requests(base, "m"), 30);
		gather_fini(&g);
	}
	ck_assert_uint_eq(requests(gather(&g, NOON_MS + 31 * MINUTE), "m"), 60);
	gather_fini(&g);
	end();
}
END_TEST

/* One bit of that minute's point of the model. */
static void flip_point(uint64_t minute)
{
	struct store *s = ledger_store(l);
	struct key k = key_of_point(TIER_MINUTE, DIM_MODEL, minute, STR("m"));
	struct str stored;
	uint8_t bytes[512];
	MDB_txn *txn;
	must(mdb_txn_begin(s->env, NULL, 0, &txn) == 0);
	must(table_get(s, txn, TABLE_POINTS, &k, &stored) == 0 &&
		stored.n <= sizeof bytes);
	memcpy(bytes, stored.p, stored.n);
	bytes[stored.n / 2] ^= 1;
	stored.p = (const char *)bytes;
	must(table_put(s, txn, TABLE_POINTS, &k, stored) == 0 &&
		mdb_txn_commit(txn) == 0);
}

START_TEST(what_a_damaged_point_leaves_out_is_not_kept)
{
	struct gather g;
	begin();
	flip_point(NOON_MIN + 5);
	for (int i = 0; i < 3; i++) {
		ck_assert_uint_eq(requests(gather(&g, NOON_MS + 25 * MINUTE), "m"), 59);
		ck_assert_uint_eq(g.n_bad, 1);
		gather_fini(&g);
	}
	flip_point(NOON_MIN + 5);
	ck_assert_uint_eq(requests(gather(&g, NOON_MS + 25 * MINUTE), "m"), 60);
	ck_assert_uint_eq(g.n_bad, 0);
	gather_fini(&g);
	end();
}
END_TEST

UNIT_MAIN("gather", an_hour_is_gathered,
	a_span_goes_on_from_the_longest_that_is_kept_of_it,
	not_from_what_is_no_longer_right,
	the_first_minutes_are_kept_from_the_next_ten_on,
	what_a_damaged_point_leaves_out_is_not_kept)
