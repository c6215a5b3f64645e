/* Slices: a branch that leads astray ends no walk wrongly, and none goes round. */
#include "../unit.h"
#include "fixture.h"
#include "store/pages.h"
#include "store/survey.h"

#include <fcntl.h>

enum { N = 3000, PAGE_BYTES = 4096, TURNS_MOST = 10000, HOURS = 5 };

#define NOW_MS (UINT64_C(1700000000000))

static const char *dir;
static struct pages pages;
static int fd;

static void make(void)
{
	char path[128];
	struct err e = {0};
	uint64_t at = 0;
	dir = fixture_dir("/dev/shm");
	struct ledger *l = fixture_open(dir, 1);
	ck_assert(ledger_begin(l, &e));
	for (uint64_t i = 0; i < N; i++) {
		union fact f[2] = {fixture_intent(i + 1, 1),
			fixture_settle(i + 1, 1, OUTCOME_SETTLED_USAGE)};
		f[0].intent.sent_ms = NOW_MS - i * HOURS * 3600000 / N;
		snprintf(f[0].intent.session, sizeof f[0].intent.session, "s%u",
			(unsigned)i % 700);
		for (int k = 0; k < 2; k++)
			ck_assert_int_eq(ledger_apply(l, SLOT_DISPATCH, ++at, &f[k]),
				LEDGER_APPLIED);
	}
	ck_assert_msg(ledger_commit(l, &e), "%s", e.text);
	ledger_close(l);
	snprintf(path, sizeof path, "%s/ledger/data.mdb", dir);
	fd = open(path, O_RDWR);
	must(fd >= 0 && pages_open(&pages, fd, PAGE_BYTES) == 0);
}

static void end(void)
{
	pages_close(&pages);
	close(fd);
	fixture_remove(dir);
}

/* ---- what readers are told; false = that it cannot be read ---- */

static uint64_t sum_of(const struct groups *g)
{
	struct totals other;
	uint32_t n;
	uint64_t sum = 0;
	for (uint32_t i = 0; i < groups_listed(g); i++)
		sum += groups_at(g, i)->totals.attempts;
	return sum + (groups_other(g, &n, &other) ? other.attempts : 0);
}

static bool take_survey(struct store *s, uint64_t told[static 2])
{
	struct survey v;
	struct survey_want want = {.now_ms = NOW_MS,
		.hours = HOURS,
		.parts = SURVEY_DIM(DIM_SESSION) | SURVEY_SERIES,
		.step = TIER_HOUR};
	struct err e = {0};
	enum query_verdict r = QUERY_MORE;
	survey_init(&v, &want);
	for (int turns = 0; r == QUERY_MORE; turns++) {
		ck_assert_int_lt(turns, TURNS_MOST);
		r = survey_slice(s, &v, &e);
	}
	if (r == QUERY_DONE) {
		told[0] = v.total.attempts;
		told[1] = sum_of(v.by[DIM_SESSION]);
	}
	survey_fini(&v);
	return r == QUERY_DONE;
}

static bool on_row(void *arg, uint64_t sequence, const struct row *r)
{
	uint64_t *sum = arg;
	*sum += sequence + r->attempt;
	return true;
}

typedef enum query_verdict walk_fn(struct store *s, struct query_place *at,
	query_row_fn *fn, void *arg, struct err *e);

static bool take_rows(
	struct store *s, walk_fn *walk, struct query_place at, uint64_t *told)
{
	struct err e = {0};
	enum query_verdict r = QUERY_MORE;
	for (int turns = 0; r == QUERY_MORE; turns++) {
		ck_assert_int_lt(turns, TURNS_MOST);
		r = walk(s, &at, on_row, told, &e);
	}
	return r == QUERY_DONE && at.n_bad == 0;
}

enum { SUMS = 4 };

static bool take(uint64_t told[static SUMS])
{
	struct store *s;
	struct err e = {0};
	memset(told, 0, SUMS * sizeof told[0]);
	if (!store_open_readonly(&s, dir, &e))
		return false;
	bool is_told = take_survey(s, told) &&
		       take_rows(s, query_rows, query_start(), &told[2]) &&
		       take_rows(s, query_rows_back, query_start_last(), &told[3]);
	store_close(s);
	return is_told;
}

/* ---- branches ---- */

/* Where the first byte of a node's key lies in the file; 0 = it is no node of a branch, or
 * its first, whose key nothing goes by. */
static uint64_t key_at(uint64_t page, int ix, size_t *n)
{
	struct page_head h;
	struct page_node node;
	if (ix == 0 || !pages_head(&pages, page, &h) || h.flags != PAGE_BRANCH ||
		ix >= pages_n_nodes(&pages, &h) || !pages_node(&pages, &h, ix, &node))
		return 0;
	*n = node.key.n;
	return (uint64_t)((const uint8_t *)node.key.p - pages.map);
}

static void flip(uint64_t at, unsigned bit)
{
	uint8_t byte;
	must(pread(fd, &byte, 1, (off_t)at) == 1);
	byte ^= (uint8_t)(1u << bit);
	must(pwrite(fd, &byte, 1, (off_t)at) == 1);
}

static uint32_t n_told, n_refused;

static void check_flipped(uint64_t at, unsigned bit, const uint64_t whole[static SUMS])
{
	uint64_t told[SUMS];
	flip(at, bit);
	bool is_told = take(told);
	n_told += is_told;
	n_refused += !is_told;
	if (is_told)
		ck_assert_msg(memcmp(told, whole, sizeof told) == 0, "byte %u, bit %u",
			(unsigned)at, bit);
	flip(at, bit);
}

START_TEST(a_branch_that_leads_astray_is_told_or_does_no_harm)
{
	enum { EVERY = 4 };
	uint64_t whole[SUMS], at;
	unsigned n_seen = 0;
	size_t n;
	make();
	ck_assert(take(whole));
	ck_assert_uint_eq(whole[0], N);
	ck_assert_uint_eq(whole[1], N);
	for (uint64_t page = PAGE_METAS; page < pages.bytes / PAGE_BYTES; page++)
		for (int ix = 1; (at = key_at(page, ix, &n)) != 0; ix++)
			if (n_seen++ % EVERY == 0)
				check_flipped(at + n_seen * 7 % n, n_seen % 8, whole);
	if (getenv("FLIPS_SHOW") != NULL)
		printf("%u told, %u refused\n", n_told, n_refused);
	ck_assert_uint_gt(n_told, 0);
	ck_assert_uint_gt(n_refused, 0);
	end();
}
END_TEST

UNIT_MAIN("slice", a_branch_that_leads_astray_is_told_or_does_no_harm)
