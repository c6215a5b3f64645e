/* How a ledger is opened, followed and lost: one writer, a rehearsal, no room, no file. */
#include "../unit.h"
#include "world.h"

enum { FACTS = 10000 };

static union fact facts[FACTS];

START_TEST(a_second_writer_is_refused)
{
	const char *dir = fixture_dir("/dev/shm");
	struct ledger *l = fixture_open(dir, 1), *second = NULL;
	struct ledger_plan plan = {.data_dir = dir,
		.max_bytes = TEST_MAX_BYTES,
		.instance = 1,
		.now_ms = TEST_NOW_MS};
	struct ledger_found found;
	struct err e = {0};
	ck_assert(!ledger_open(&second, &plan, &found, &e));
	ck_assert_ptr_nonnull(strstr(e.text, "another process writes it"));
	ledger_close(l);
	fixture_remove(dir);
}
END_TEST

static bool goes_on(const char *dir, uint64_t instance, struct err *e)
{
	struct ledger_plan plan = {.data_dir = dir,
		.max_bytes = TEST_MAX_BYTES,
		.instance = instance,
		.now_ms = TEST_NOW_MS,
		.goes_on = true};
	struct ledger_found found;
	struct ledger *l = NULL;
	bool is_open = ledger_open(&l, &plan, &found, e);
	ledger_close(l);
	return is_open;
}

START_TEST(a_successor_goes_on_with_the_same_ledger_or_none)
{
	const char *dir = fixture_dir("/dev/shm");
	struct err none = {0}, other = {0}, no = {0};
	ck_assert(!goes_on(dir, 1, &none));
	ck_assert_ptr_nonnull(strstr(none.text, "is gone"));
	ledger_close(fixture_open(dir, 1));
	ck_assert(goes_on(dir, 1, &no));
	ck_assert(!goes_on(dir, 2, &other));
	ck_assert_ptr_nonnull(strstr(other.text, "is not the one"));
	fixture_remove(dir);
}
END_TEST

static struct ledger *rehearse(const char *dir, uint64_t max_bytes)
{
	struct ledger_plan plan = {.data_dir = dir,
		.max_bytes = max_bytes,
		.now_ms = TEST_NOW_MS,
		.is_rehearsal = true};
	struct ledger_found found;
	struct ledger *l = NULL;
	struct err e = {0};
	ck_assert_msg(ledger_open(&l, &plan, &found, &e), "%s", e.text);
	return l;
}

static void follow(struct ledger *l, uint64_t instance)
{
	struct ledger_found found = {0};
	struct err e = {0};
	ck_assert_msg(
		ledger_follow(l, instance, TEST_NOW_MS, &found, &e), "%s", e.text);
}

START_TEST(one_ledger_follows_segment_after_segment)
{
	const char *dir = fixture_dir("/dev/shm");
	struct world *w = world_at(4, 2000, facts);
	struct ledger *l = fixture_open(dir, 1);
	world_must_commit(l, facts, 1, 1000);
	follow(l, 1);
	ck_assert_uint_eq(ledger_position(l, SLOT_DISPATCH), 1000);
	world_must_commit(l, facts, 1001, 2000);
	follow(l, 2);
	ck_assert_uint_eq(ledger_position(l, SLOT_DISPATCH), 0);
	world_lose_open(w);
	world_check_rows(w, ledger_store(l));
	ledger_close(l);
	fixture_remove(dir);
	free(w);
}
END_TEST

START_TEST(a_rehearsal_reads_what_would_be_written_and_writes_nothing)
{
	const char *dir = fixture_dir("/dev/shm");
	struct world *w = world_at(4, 2000, facts);
	struct ledger *l = fixture_open(dir, 1);
	world_must_commit(l, facts, 1, 1000);
	ledger_close(l);
	l = rehearse(dir, TEST_MAX_BYTES);
	follow(l, 1);
	world_must_commit(l, facts, 1001, 1500);
	world_must_commit(l, facts, 1501, 2000);
	world_check_rows(w, ledger_store(l));
	follow(l, 2);
	ck_assert_uint_eq(ledger_n_open(l), 0);
	ledger_close(l);
	l = fixture_open(dir, 1);
	ck_assert_uint_eq(ledger_position(l, SLOT_DISPATCH), 1000);
	world_must_commit(l, facts, 1001, 2000);
	world_check_rows(w, ledger_store(l));
	ledger_close(l);
	fixture_remove(dir);
	free(w);
}
END_TEST

static void find_none(const char *dir, bool must_be_there)
{
	struct ledger_plan plan = {.data_dir = dir,
		.max_bytes = TEST_MAX_BYTES,
		.now_ms = TEST_NOW_MS,
		.must_be_there = must_be_there,
		.is_rehearsal = !must_be_there};
	struct ledger_found found;
	struct ledger *l = NULL;
	char path[80];
	ck_assert(!ledger_open(&l, &plan, &found, NULL));
	snprintf(path, sizeof path, "%s/ledger", dir);
	ck_assert_int_ne(access(path, F_OK), 0);
}

START_TEST(none_is_made_for_a_rehearsal_or_where_one_must_be_there)
{
	const char *dir = fixture_dir("/dev/shm");
	find_none(dir, true);
	find_none(dir, false);
	fixture_remove(dir);
}
END_TEST

/* Facts until a commit fails in a map that is too small; returns how many are in. */
static uint64_t fill_the_map(const char *dir, uint64_t max_bytes)
{
	struct ledger_plan plan = {.data_dir = dir,
		.max_bytes = max_bytes,
		.instance = 1,
		.now_ms = TEST_NOW_MS};
	struct ledger_found found;
	struct ledger *l;
	struct err e = {0};
	ck_assert_msg(ledger_open(&l, &plan, &found, &e), "%s", e.text);
	uint64_t at = 0;
	while (at + 50 <= FACTS && world_commit(l, facts, at + 1, at + 50, &e))
		at += 50;
	ck_assert_ptr_nonnull(strstr(e.text, "max_size"));
	struct err again = {0};
	ck_assert(!ledger_begin(l, &again));
	ledger_close(l);
	return at;
}

START_TEST(a_full_map_fails_the_commit_loses_nothing_and_can_be_rehearsed_in)
{
	const char *dir = fixture_dir("/dev/shm");
	free(world_at(5, FACTS, facts));
	uint64_t committed = fill_the_map(dir, 1 << 20);
	ck_assert_uint_gt(committed, 0);
	ck_assert_uint_lt(committed, FACTS);
	struct ledger *l = rehearse(dir, 1 << 20);
	follow(l, 1);
	world_must_commit(l, facts, committed + 1, FACTS);
	ck_assert_uint_eq(ledger_position(l, SLOT_DISPATCH), FACTS);
	ledger_close(l);
	l = fixture_open(dir, 1); /* with room again */
	ck_assert_uint_eq(ledger_position(l, SLOT_DISPATCH), committed);
	struct world *w = world_at(5, committed, NULL);
	world_check_rows(w, ledger_store(l));
	world_assert_totals(ledger_totals(l), world_totals(w, -1, 0));
	ledger_close(l);
	fixture_remove(dir);
	free(w);
}
END_TEST

/* ---- somebody takes it away ------------------------------------------------------ */

static const char *file_in(const char *dir, const char *name)
{
	static char path[2][128];
	static int n;
	n = 1 - n;
	snprintf(path[n], sizeof path[n], "%s/%s", dir, name);
	return path[n];
}

START_TEST(a_file_that_is_taken_away_is_missed_until_it_is_back)
{
	const char *dir = fixture_dir("/dev/shm");
	const char *file = file_in(dir, "ledger/data.mdb"), *away = file_in(dir, "x");
	struct ledger *l = fixture_open(dir, 1);
	struct err e = {0};
	ck_assert(ledger_is_in_place(l, &e));
	ck_assert_int_eq(rename(file, away), 0);
	ck_assert(!ledger_is_in_place(l, &e));
	ck_assert_ptr_nonnull(strstr(e.text, file));
	ck_assert_int_eq(rename(away, file), 0);
	ck_assert(ledger_is_in_place(l, &e));
	ledger_close(l);
	fixture_remove(dir);
}
END_TEST

/* Until then whoever reads is seen by no new writer. */
START_TEST(by_another_lock_file_the_ledger_is_opened_again)
{
	const char *dir = fixture_dir("/dev/shm");
	struct ledger *l = fixture_open(dir, 1);
	struct store *s;
	struct err e = {0};
	ck_assert(store_open_readonly(&s, dir, &e));
	ck_assert(ledger_has_lock(l) && !store_is_replaced(s, dir));
	ck_assert_int_eq(unlink(file_in(dir, "ledger/lock.mdb")), 0);
	ck_assert(!ledger_has_lock(l));
	ck_assert(!store_is_replaced(s, dir));
	ledger_close(l);
	l = fixture_open(dir, 1);
	ck_assert(ledger_has_lock(l));
	ck_assert(store_is_replaced(s, dir));
	store_close(s);
	ck_assert(store_open_readonly(&s, dir, &e));
	ck_assert(!store_is_replaced(s, dir));
	store_close(s);
	ledger_close(l);
	fixture_remove(dir);
}
END_TEST

/* Nor when it has stood there for a while. */
static void has_no_copy(struct ledger *l, const char *why)
{
	struct err e = {0};
	ck_assert(!ledger_has_copy(l, &e));
	ck_assert_str_eq(e.text, "");
	ck_assert(!ledger_has_copy(l, &e));
	ck_assert_ptr_nonnull(strstr(e.text, why));
}

START_TEST(another_file_in_its_place_is_not_it)
{
	const char *dir = fixture_dir("/dev/shm"), *other = file_in(dir, "other");
	struct ledger *l = fixture_open(dir, 1);
	struct err e = {0};
	ck_assert_int_eq(mkdir(other, 0700), 0);
	ledger_close(fixture_open(other, 2));
	ck_assert_int_eq(rename(file_in(dir, "other/ledger/data.mdb"),
				 file_in(dir, "ledger/data.mdb")),
		0);
	ck_assert(!ledger_is_in_place(l, &e));
	ck_assert_ptr_nonnull(strstr(e.text, "another file"));
	has_no_copy(l, "is not the one");
	ledger_close(l);
	fixture_remove(dir);
}
END_TEST

/* The bytes of one file from `from` to `to`, or to its end, into another. */
static void copy_bytes(const char *file, const char *copy, long from, long to)
{
	char page[4096];
	FILE *in = fopen(file, "rb"), *out = fopen(copy, from == 0 ? "wb" : "ab");
	must(in != NULL && out != NULL && fseek(in, from, SEEK_SET) == 0);
	for (long at = from; to == 0 || at < to; at += (long)sizeof page) {
		size_t n = fread(page, 1, sizeof page, in);
		must(fwrite(page, 1, n, out) == n);
		if (n < sizeof page)
			break;
	}
	fclose(in);
	must(fclose(out) == 0);
}

START_TEST(a_copy_of_it_is_whole_when_it_stands_there_unchanged)
{
	enum { N = 2000, SOME_BYTES = 64 * 4096 };
	const char *dir = fixture_dir("/dev/shm");
	const char *file = file_in(dir, "ledger/data.mdb"), *away = file_in(dir, "x");
	struct err e = {0};
	free(world_at(7, N, facts));
	struct ledger *l = fixture_open(dir, 1);
	world_must_commit(l, facts, 1, N);
	ck_assert(!ledger_has_copy(l, &e));
	ck_assert_int_eq(rename(file, away), 0);
	ck_assert(!ledger_has_copy(l, &e));
	ck_assert_str_eq(e.text, "");
	copy_bytes(away, file, 0, SOME_BYTES);
	has_no_copy(l, "not all of one");
	copy_bytes(away, file, SOME_BYTES, 0);
	ck_assert(!ledger_has_copy(l, &e));
	ck_assert_str_eq(e.text, "");
	ck_assert(ledger_has_copy(l, &e));
	ledger_close(l);
	ck_assert(goes_on(dir, 1, &e));
	fixture_remove(dir);
}
END_TEST

START_TEST(a_copy_from_before_the_last_commit_is_none)
{
	const char *dir = fixture_dir("/dev/shm");
	const char *file = file_in(dir, "ledger/data.mdb"), *old = file_in(dir, "x");
	free(world_at(7, 20, facts));
	struct ledger *l = fixture_open(dir, 1);
	world_must_commit(l, facts, 1, 10);
	copy_bytes(file, old, 0, 0);
	world_must_commit(l, facts, 11, 20);
	must(unlink(file) == 0 && rename(old, file) == 0);
	has_no_copy(l, "an older copy");
	ledger_close(l);
	fixture_remove(dir);
}
END_TEST

START_TEST(one_that_was_cut_short_has_a_copy_too)
{
	const char *dir = fixture_dir("/dev/shm");
	const char *file = file_in(dir, "ledger/data.mdb"), *copy = file_in(dir, "x");
	struct ledger *l = fixture_open(dir, 1);
	struct err e = {0};
	copy_bytes(file, copy, 0, 0);
	must(truncate(file, 0) == 0 && rename(copy, file) == 0);
	ck_assert(!ledger_has_copy(l, &e));
	ck_assert(ledger_has_copy(l, &e));
	ledger_close(l);
	fixture_remove(dir);
}
END_TEST

START_TEST(a_file_that_is_cut_short_is_neither_written_nor_read)
{
	enum { N = 3000 };
	const char *dir = fixture_dir("/dev/shm");
	const char *file = file_in(dir, "ledger/data.mdb");
	struct err e = {0};
	struct store *s;
	free(world_at(7, N, facts));
	struct ledger *l = fixture_open(dir, 1);
	world_must_commit(l, facts, 1, N);
	ck_assert(store_open_readonly(&s, dir, &e));
	ck_assert_int_eq(truncate(file, 64 * 4096), 0);
	struct query_summary sum;
	ck_assert(!ledger_is_in_place(l, &e));
	ck_assert_ptr_nonnull(strstr(e.text, "cut short"));
	ck_assert(!query_summary(s, &sum, &e));
	ck_assert_int_eq(truncate(file, 0), 0);
	ck_assert(!query_summary(s, &sum, &e));
	store_close(s);
	ledger_close(l);
	fixture_remove(dir);
}
END_TEST

START_TEST(a_cut_file_is_not_opened)
{
	enum { N = 3000 };
	const char *dir = fixture_dir("/dev/shm");
	struct err e = {0};
	struct store *s;
	free(world_at(7, N, facts));
	struct ledger *l = fixture_open(dir, 1);
	world_must_commit(l, facts, 1, N);
	ledger_close(l);
	ck_assert_int_eq(truncate(file_in(dir, "ledger/data.mdb"), 64 * 4096), 0);
	ck_assert(!store_open_readonly(&s, dir, &e));
	ck_assert_ptr_nonnull(strstr(e.text, "cut short"));
	fixture_remove(dir);
}
END_TEST

UNIT_MAIN("ledger_open", a_second_writer_is_refused,
	a_successor_goes_on_with_the_same_ledger_or_none,
	one_ledger_follows_segment_after_segment,
	a_rehearsal_reads_what_would_be_written_and_writes_nothing,
	none_is_made_for_a_rehearsal_or_where_one_must_be_there,
	a_full_map_fails_the_commit_loses_nothing_and_can_be_rehearsed_in,
	a_file_that_is_taken_away_is_missed_until_it_is_back,
	by_another_lock_file_the_ledger_is_opened_again,
	another_file_in_its_place_is_not_it,
	a_copy_of_it_is_whole_when_it_stands_there_unchanged,
	a_copy_from_before_the_last_commit_is_none,
	one_that_was_cut_short_has_a_copy_too,
	a_file_that_is_cut_short_is_neither_written_nor_read, a_cut_file_is_not_opened)
