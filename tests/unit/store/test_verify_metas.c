/* Verify: LMDB's two meta pages, by every bit of them. */
#include "../unit.h"
#include "flips.h"
#include "metas.h"

#include <time.h>

enum { BITS = 8, EVERY = 61 };

/* ---- every bit ---- */

static void add_all(struct flips *f, uint64_t at, uint64_t n)
{
	for (uint64_t i = 0; i < n * BITS; i++)
		flips_add(f, at + i / BITS, i % BITS, 0);
}

static void add_some(struct flips *f, uint64_t at, uint64_t end)
{
	for (; at < end; at += EVERY)
		flips_add(f, at, at % BITS, 0);
}

static void add_page(struct flips *f, unsigned which)
{
	uint64_t page = (uint64_t)which * PAGE_BYTES, last = page + PAGE_BYTES - 1;
	uint64_t used = PAGE_HEAD_BYTES + sizeof(struct page_meta);
	add_all(f, page, used);
	add_some(f, page + used, last);
	add_all(f, last, 1);
}

static void judge(const struct flips *f, unsigned which)
{
	for (uint32_t i = 0; i < f->n; i++)
		ck_assert_msg(f->flip[i].seen != FLIP_UNSEEN,
			"newest %u: byte %u, bit %u of page %u", which,
			(unsigned)(f->flip[i].at % PAGE_BYTES), f->flip[i].bit,
			(unsigned)(f->flip[i].at / PAGE_BYTES));
	if (getenv("FLIPS_SHOW") != NULL)
		printf("newest %u: %u told, %u refused, %u died\n", which,
			flips_count(f, 0, FLIP_TOLD), flips_count(f, 0, FLIP_REFUSED),
			flips_count(f, 0, FLIP_DIED));
}

static void flip_all(unsigned which)
{
	struct flips *f = flips_new();
	for (unsigned page = 0; page < PAGE_METAS; page++)
		add_page(f, page);
	flips_run(f, dir);
	judge(f, which);
	ck_assert_int_eq(flips_verify(dir), FLIP_UNSEEN);
	munmap(f, sizeof *f);
}

START_TEST(no_bit_of_a_meta_page_escapes)
{
	for (unsigned which = 0; which < PARITIES; which++) {
		metas_make(which);
		flip_all(which);
		fixture_remove(dir);
	}
}
END_TEST

/* Then LMDB goes by the number in its lock file, not by those in the pages. */
START_TEST(none_does_while_the_ledger_is_open_elsewhere)
{
	for (unsigned which = 0; which < PARITIES; which++) {
		metas_make(which);
		struct ledger *l = fixture_open(dir, 1);
		flip_all(which);
		ledger_close(l);
		fixture_remove(dir);
	}
}
END_TEST

/* ---- beside a commit ---- */

static struct page_meta found; /* in the page, before a commit was under way in it */
static int n_naps, n_naps_until_done;

/* What verify does while it waits: the commit it waits for is told of then. */
int nanosleep(const struct timespec *t, struct timespec *left)
{
	(void)t, (void)left;
	if (++n_naps == n_naps_until_done)
		metas_put(found.txn % PAGE_METAS, &found);
	return 0;
}

/* The next commit has written its page, and the lock file does not say so yet. */
static void begin_commit(void)
{
	uint64_t number = metas_get(metas_newest()).txn;
	struct page_meta next = metas_get(1 - metas_newest());
	found = next;
	next.txn = number + 1;
	next.last_page++;
	metas_put(found.txn % PAGE_METAS, &next);
}

static struct verify_report check(struct ledger *l)
{
	struct verify_report r;
	struct err e = {0};
	ck_assert_msg(verify_ledger(ledger_store(l), &r, &e), "%s", e.text);
	return r;
}

START_TEST(a_commit_that_is_under_way_is_waited_for)
{
	for (unsigned which = 0; which < PARITIES; which++) {
		metas_make(which);
		struct ledger *l = fixture_open(dir, 1);
		begin_commit();
		n_naps = 0, n_naps_until_done = 1000;
		struct verify_report r = check(l);
		ck_assert_msg(r.n_faults == 0, "%s", r.fault[0]);
		ck_assert_int_eq(n_naps, n_naps_until_done);
		ledger_close(l);
		fixture_remove(dir);
	}
}
END_TEST

START_TEST(one_that_does_not_end_is_told)
{
	metas_make(0);
	struct ledger *l = fixture_open(dir, 1);
	begin_commit();
	n_naps = n_naps_until_done = 0;
	ck_assert_uint_eq(check(l).n_faults, 1);
	ck_assert_int_gt(n_naps, 1000);
	metas_put(1, &found);
	ck_assert_uint_eq(check(l).n_faults, 0);
	ledger_close(l);
	fixture_remove(dir);
}
END_TEST

UNIT_MAIN("verify_metas", no_bit_of_a_meta_page_escapes,
	none_does_while_the_ledger_is_open_elsewhere,
	a_commit_that_is_under_way_is_waited_for, one_that_does_not_end_is_told)
