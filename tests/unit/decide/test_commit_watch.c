/* The watch on commits: it stops spending when nothing moves, and only then. */
#include "../unit.h"
#include "decide/commit_watch.h"

#define S UINT64_C(1000000000)

START_TEST(nothing_waits_nothing_is_held)
{
	struct commit_watch w = {0};
	commit_watch_see(&w, true, 100, 100, 10 * S);
	ck_assert(commit_watch_may_spend(&w, 1000 * S));
}
END_TEST

START_TEST(facts_that_wait_hold_it_after_a_second_and_refuse_after_five)
{
	struct commit_watch w = {0};
	commit_watch_see(&w, true, 100, 50, 10 * S);
	commit_watch_see(&w, true, 200, 50, 11 * S - 1);
	ck_assert(commit_watch_may_spend(&w, 11 * S - 1));
	ck_assert(!commit_watch_may_spend(&w, 11 * S));
	ck_assert(!commit_watch_is_lost(&w, 15 * S - 1));
	ck_assert(commit_watch_is_lost(&w, 15 * S));
}
END_TEST

START_TEST(a_position_that_moves_is_no_reason_however_far_behind)
{
	struct commit_watch w = {0};
	for (uint64_t i = 0; i < 100; i++) {
		commit_watch_see(&w, true, 1000000, i, (10 + i / 2) * S);
		ck_assert(commit_watch_may_spend(&w, (10 + i / 2) * S));
	}
}
END_TEST

START_TEST(the_first_commit_ends_it)
{
	struct commit_watch w = {0};
	commit_watch_see(&w, true, 100, 50, 10 * S);
	ck_assert(commit_watch_is_lost(&w, 60 * S));
	commit_watch_see(&w, true, 100, 100, 60 * S);
	ck_assert(commit_watch_may_spend(&w, 60 * S));
	commit_watch_see(&w, true, 200, 100, 61 * S);
	ck_assert(commit_watch_may_spend(&w, 61 * S));
}
END_TEST

START_TEST(before_the_ledger_is_open_nothing_is_spent)
{
	struct commit_watch w = {0};
	ck_assert(!commit_watch_may_spend(&w, 10 * S));
	commit_watch_see(&w, false, 0, 0, 10 * S);
	ck_assert(!commit_watch_may_spend(&w, 10 * S));
	ck_assert(!commit_watch_is_lost(&w, 15 * S - 1));
	ck_assert(commit_watch_is_lost(&w, 15 * S));
	commit_watch_see(&w, true, 0, 0, 15 * S);
	ck_assert(commit_watch_may_spend(&w, 15 * S));
	ck_assert(!commit_watch_is_lost(&w, 15 * S));
}
END_TEST

UNIT_MAIN("commit_watch", nothing_waits_nothing_is_held,
	facts_that_wait_hold_it_after_a_second_and_refuse_after_five,
	a_position_that_moves_is_no_reason_however_far_behind, the_first_commit_ends_it,
	before_the_ledger_is_open_nothing_is_spent)
