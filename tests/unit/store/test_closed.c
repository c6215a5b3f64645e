/* Kept sums: found while they are right, gone when they are not or too many. */
#include "../unit.h"
#include "store/closed.h"

#include <stdio.h>
#include <stdlib.h>

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

START_TEST(the_longest_part_from_its_begin_on_is_found)
{
	static const struct range_span kept[] = {{TIER_DAY, 100, 104},
		{TIER_DAY, 100, 108}, {TIER_DAY, 100, 110}, {TIER_DAY, 99, 109},
		{TIER_HOUR, 100, 109}};
	struct range_span wanted = {TIER_DAY, 100, 110}, part;
	struct closed *c = closed_new();
	for (size_t i = 0; i < N_ELEMENTS(kept); i++) {
		struct groups *g = make(1);
		(void)closed_keep(c, DIM_MODEL, &kept[i], &total, &g);
	}
	ck_assert(closed_begun(c, DIM_MODEL, &wanted, &part));
	ck_assert_uint_eq(part.from, 100);
	ck_assert_uint_eq(part.to, 108);
	ck_assert(!closed_begun(c, DIM_KEY, &wanted, &part));
	wanted.to = 104;
	ck_assert(!closed_begun(c, DIM_MODEL, &wanted, &part));
	closed_free(c);
}
END_TEST

static struct trail *trail_of_names(
	const struct groups *g, uint32_t n, const struct trail *before)
{
	const struct group *of[TRAIL_NAMES];
	for (uint32_t i = 0; i < n; i++)
		of[i] = groups_at(g, i);
	return trail_new(&day, of, n, before);
}

START_TEST(a_trail_is_found_beside_the_sums_of_its_span)
{
	struct closed *c = closed_new();
	struct groups *g = make(3);
	struct totals later = total;
	later.unsent++;
	struct trail *k = trail_of_names(g, 2, NULL);
	ck_assert_ptr_nonnull(closed_keep_trail(c, DIM_MODEL, &day, &total, &k));
	ck_assert_ptr_null(k);
	ck_assert_ptr_null(closed_find(c, DIM_MODEL, &day, &total));
	(void)closed_keep(c, DIM_MODEL, &day, &total, &g);
	ck_assert_ptr_nonnull(closed_find(c, DIM_MODEL, &day, &total));
	ck_assert_ptr_nonnull(closed_trail(c, DIM_MODEL, &day, &total));
	ck_assert_ptr_null(closed_trail(c, DIM_KEY, &day, &total));
	ck_assert_ptr_null(closed_trail(c, DIM_MODEL, &day, &later));
	ck_assert_ptr_null(closed_find(c, DIM_MODEL, &day, &total));
	closed_free(c);
}
END_TEST

START_TEST(a_trail_takes_over_what_was_read_of_its_names)
{
	struct groups *g = make(4);
	const struct totals once = {.requests = 1, .total_tokens = 2};
	struct trail *first = trail_of_names(g, 2, NULL);
	ck_assert(!trail_has(first, 0) && !trail_has(first, 1));
	trail_add(first, 1,
		&(struct point){TIER_DAY, 129 * tier_ms(TIER_DAY), {NULL, 0}, &once});
	struct trail *second = trail_of_names(g, 4, first);
	ck_assert(trail_has(second, 0) && trail_has(second, 1));
	ck_assert(!trail_has(second, 2) && !trail_has(second, 3));
	const struct trail_point *p = trail_of(second, STR("n1"));
	ck_assert_uint_eq(p[29].requests, 1);
	ck_assert_uint_eq(p[29].tokens, 2);
	ck_assert_uint_eq(p[28].requests, 0);
	ck_assert_ptr_null(trail_of(second, STR("n4")));
	free(first);
	free(second);
	groups_free(g);
}
END_TEST

/* Where many are nearly as large, the largest are others with each minute. */
START_TEST(a_trail_keeps_those_that_were_among_the_largest)
{
	enum { OTHERS = 2 * TRAIL_KEPT };
	struct groups *g = make(OTHERS);
	const struct totals once = {.requests = 1};
	const struct group *of = groups_at(g, 0);
	const struct str first = {of->name, of->n_name};
	struct trail *k = trail_new(&day, &of, 1, NULL);
	trail_add(
		k, 0, &(struct point){TIER_DAY, 100 * tier_ms(TIER_DAY), first, &once});
	for (uint32_t i = 1; i < OTHERS; i++) {
		of = groups_at(g, i);
		struct trail *next = trail_new(&day, &of, 1, k);
		ck_assert(!trail_has(next, 0));
		free(k);
		k = next;
		const struct trail_point *p = trail_of(k, first);
		ck_assert_int_eq(p != NULL, i < TRAIL_KEPT);
		ck_assert(p == NULL || p->requests == 1);
		of = groups_at(g, i - 1);
		next = trail_new(&day, &of, 1, k);
		ck_assert(trail_has(next, 0));
		free(next);
	}
	free(k);
	groups_free(g);
}
END_TEST

UNIT_MAIN("closed", what_is_kept_is_found, another_list_or_span_is_another,
	what_was_counted_late_makes_it_wrong, the_one_found_longest_ago_makes_room,
	names_are_bounded_in_all, what_nobody_looks_for_any_more_goes,
	the_longest_part_from_its_begin_on_is_found,
	a_trail_is_found_beside_the_sums_of_its_span,
	a_trail_takes_over_what_was_read_of_its_names,
	a_trail_keeps_those_that_were_among_the_largest)
