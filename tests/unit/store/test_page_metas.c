/* Each commit says what LMDB's meta pages are, and an opening covers what they are not. */
#include "../unit.h"
#include "flips.h"
#include "metas.h"

static struct ledger *open_at(uint64_t max_bytes, bool is_rehearsal, bool *has_covered)
{
	struct ledger_plan plan = {.data_dir = dir,
		.max_bytes = max_bytes,
		.instance = is_rehearsal ? 0 : 1,
		.now_ms = TEST_NOW_MS,
		.is_rehearsal = is_rehearsal};
	struct ledger_found found;
	struct ledger *l = NULL;
	struct err e = {0};
	ck_assert_msg(ledger_open(&l, &plan, &found, &e), "%s", e.text);
	*has_covered = found.has_covered;
	return l;
}

static struct ledger *open_again(bool *has_covered)
{
	return open_at(TEST_MAX_BYTES, false, has_covered);
}

/* ---- what a commit says ---- */

static void check_state(struct ledger *l)
{
	struct page_metas m;
	struct state state;
	MDB_txn *txn;
	const struct store *s = ledger_store(l);
	must(tables_begin_read(s, &txn) == 0);
	uint64_t number = mdb_txn_id(txn);
	must(tables_get_state(s, txn, &state) == 0);
	tables_end_read(s, txn);
	must(page_metas_read(s, number, &m) == 0);
	ck_assert_uint_eq(state.txn, number);
	ck_assert_uint_eq(m.newest.map_bytes, state.map_bytes);
	ck_assert(page_metas_is_newest(&m, number, &state));
	ck_assert(page_metas_is_before(&m, number, &state));
	ck_assert(!page_metas_is_next_under_way(&m, number, &state));
	ck_assert(!page_metas_is_newest(&m, number + 1, &state));
	ck_assert(!page_metas_is_before(&m, number + 1, &state));
}

/* Also when [ledger] max_size has been raised or lowered: LMDB only ever raises its own. */
START_TEST(each_commit_says_what_its_meta_pages_are)
{
	enum { COMMITS = 3 };
	static const uint64_t max_bytes[] = {
		TEST_MAX_BYTES, 2 * TEST_MAX_BYTES, TEST_MAX_BYTES / 2};
	uint64_t request = 1;
	bool has_covered;
	dir = fixture_dir("/dev/shm");
	for (size_t i = 0; i < N_ELEMENTS(max_bytes); i++) {
		struct ledger *l = open_at(max_bytes[i], false, &has_covered);
		ck_assert(!has_covered);
		check_state(l);
		for (int n = 0; n < COMMITS; n++) {
			metas_commit(l, request++);
			check_state(l);
		}
		ledger_close(l);
	}
	ck_assert_uint_eq(metas_get(0).map_bytes, 2 * TEST_MAX_BYTES);
	fixture_remove(dir);
}
END_TEST

/* ---- the disk refuses one ---- */

/* As LMDB leaves it: the trees of the commit that failed, under what the page had before
 * of number and last page. */
static void refuse_commit(uint64_t request)
{
	struct page_meta old = metas_get(1 - metas_newest());
	struct ledger *l = fixture_open(dir, 1);
	metas_commit(l, request);
	ledger_close(l);
	struct page_meta refused = metas_get(metas_newest());
	refused.txn = old.txn;
	refused.last_page = old.last_page;
	metas_put(refused.txn % PAGE_METAS, &refused);
}

/* All that is to be as it was. */
struct said {
	uint64_t position, sequence, n_open;
	struct totals totals;
};

static struct said said_by(const struct ledger *l)
{
	return (struct said){ledger_position(l, SLOT_DISPATCH), ledger_sequence(l),
		ledger_n_open(l), *ledger_totals(l)};
}

START_TEST(a_refused_one_is_covered_when_the_ledger_is_opened)
{
	for (unsigned which = 0; which < PARITIES; which++) {
		bool has_covered;
		metas_make(which);
		struct ledger *l = open_again(&has_covered);
		struct said before = said_by(l);
		ck_assert(!has_covered);
		ledger_close(l);
		refuse_commit(100);
		ck_assert_int_eq(flips_verify(dir), FLIP_TOLD);
		l = open_again(&has_covered);
		struct said after = said_by(l);
		ck_assert(has_covered);
		ck_assert_mem_eq(&after, &before, sizeof after);
		check_state(l);
		ledger_close(l);
		ck_assert_int_eq(flips_verify(dir), FLIP_UNSEEN);
		l = open_again(&has_covered);
		ck_assert(!has_covered);
		ledger_close(l);
		fixture_remove(dir);
	}
}
END_TEST

START_TEST(neither_a_rehearsal_nor_a_reader_covers_it)
{
	struct page_meta metas[PAGE_METAS];
	bool has_covered;
	metas_make(0);
	refuse_commit(100);
	for (unsigned i = 0; i < PAGE_METAS; i++)
		metas[i] = metas_get(i);
	ledger_close(open_at(TEST_MAX_BYTES, true, &has_covered));
	ck_assert(!has_covered);
	ck_assert_int_eq(flips_verify(dir), FLIP_TOLD);
	for (unsigned i = 0; i < PAGE_METAS; i++) {
		struct page_meta now = metas_get(i);
		ck_assert_mem_eq(&now, &metas[i], sizeof now);
	}
	fixture_remove(dir);
}
END_TEST

UNIT_MAIN("page_metas", each_commit_says_what_its_meta_pages_are,
	a_refused_one_is_covered_when_the_ledger_is_opened,
	neither_a_rehearsal_nor_a_reader_covers_it)
