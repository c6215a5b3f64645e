/* Kept sums: found while they are right, gone when they are not or too many. */
#include "../unit.h"
#include "store/closed.h"

#include <stdio.h>

static const struct range_span day = {TIER_DAY, 100, 130};
static const struct totals total = {.attempts = 7, .cost_nanousd = 70};

static struct groups *make(uint32_t n_names)
{
	struct groups *g = groups_new();
	for (uint32_t i = 0; i < n_names; i++) {
		char name[32];
		int n = snprintf(name, sizeof name, "n%u", (unsigned)i);
		groups_add(g, (struct str){name, (size_t)n},
			&(struct totals){.attempts = 1});
	}
	return g;
}

START_TEST(what_is_kept_is_found)
{
	struct closed *c = closed_new();
	struct groups *g = make(3);
	ck_assert_ptr_null(closed_find(c, DIM_MODEL, &day, &total));
	ck_assert_ptr_nonnull(closed_keep(c, DIM_MODEL, &day, &total, &g));
	ck_assert_ptr_null(g);
	const struct groups *found = closed_find(c, DIM_MODEL, &day, &total);
	ck_assert_uint_eq(groups_count(found), 3);
	closed_free(c);
}
END_TEST

START_TEST(another_list_or_span_is_another)
{
	struct closed *c = closed_new();
	struct groups *g = make(3);
	struct range_span longer = {TIER_DAY, 99, 130}, hours = {TIER_HOUR, 100, 130};
	(void)closed_keep(c, DIM_MODEL, &day, &total, &g);
	ck_assert_ptr_null(closed_find(c, DIM_KEY, &day, &total));
	ck_assert_ptr_null(closed_find(c, DIM_MODEL, &longer, &total));
	ck_assert_ptr_null(closed_find(c, DIM_MODEL, &hours, &total));
	closed_free(c);
}
END_TEST

START_TEST(what_was_counted_late_makes_it_wrong)
{
	struct closed *c = closed_new();
	struct groups *g = make(3);
	struct totals later = total;
	later.unsent++;
	(void)closed_keep(c, DIM_MODEL, &day, &total, &g);
	ck_assert_ptr_null(closed_find(c, DIM_MODEL, &day, &later));
	ck_assert_ptr_null(closed_find(c, DIM_MODEL, &day, &total));
	closed_free(c);
}
END_TEST

START_TEST(the_one_found_longest_ago_makes_room)
{
	struct closed *c = closed_new();
	for (uint64_t i = 0; i < CLOSED_ENTRIES; i++) {
		struct groups *g = make(1);
		struct range_span s = {TIER_DAY, i, i + 1};
		(void)closed_keep(c, DIM_MODEL, &s, &total, &g);
	}
	struct range_span first = {TIER_DAY, 0, 1}, second = {TIER_DAY, 1, 2};
	ck_assert_ptr_nonnull(closed_find(c, DIM_MODEL, &first, &total));
	struct groups *g = make(1);
	(void)closed_keep(c, DIM_MODEL, &day, &total, &g);
	ck_assert_ptr_nonnull(closed_find(c, DIM_MODEL, &first, &total));
	ck_assert_ptr_null(closed_find(c, DIM_MODEL, &second, &total));
	closed_free(c);
}
END_TEST

START_TEST(names_are_bounded_in_all)
{
	enum { N_SPANS = CLOSED_NAMES / GROUPS_MAX + 2 };
	struct closed *c = closed_new();
	uint32_t kept = 0;
	for (uint64_t i = 0; i < N_SPANS; i++) {
		struct groups *g = make(GROUPS_MAX);
		struct range_span s = {TIER_DAY, i, i + 1};
		(void)closed_keep(c, DIM_SESSION, &s, &total, &g);
	}
	for (uint64_t i = 0; i < N_SPANS; i++) {
		struct range_span s = {TIER_DAY, i, i + 1};
		kept += closed_find(c, DIM_SESSION, &s, &total) != NULL;
	}
	ck_assert_uint_eq(kept, CLOSED_NAMES / GROUPS_MAX);
	closed_free(c);
}
END_TEST

START_TEST(what_nobody_looks_for_any_more_goes)
{
	const uint64_t minute = 60000;
	struct range_span minutes = {TIER_MINUTE, 100, 130};
	struct closed *c = closed_new();
	struct groups *g = make(3), *h = make(3);
	closed_age(c, 10 * minute);
	(void)closed_keep(c, DIM_MODEL, &minutes, &total, &g);
	(void)closed_keep(c, DIM_MODEL, &day, &total, &h);
	closed_age(c, 12 * minute);
	ck_assert_ptr_nonnull(closed_find(c, DIM_MODEL, &minutes, &total));
	closed_age(c, 14 * minute);
	ck_assert_ptr_nonnull(closed_find(c, DIM_MODEL, &minutes, &total));
	closed_age(c, 16 * minute + 1);
	ck_assert_ptr_null(closed_find(c, DIM_MODEL, &minutes, &total));
	ck_assert_ptr_nonnull(closed_find(c, DIM_MODEL, &day, &total));
	closed_free(c);
}
END_TEST

UNIT_MAIN("closed", what_is_kept_is_found, another_list_or_span_is_another,
	what_was_counted_late_makes_it_wrong, the_one_found_longest_ago_makes_room,
	names_are_bounded_in_all, what_nobody_looks_for_any_more_goes)
