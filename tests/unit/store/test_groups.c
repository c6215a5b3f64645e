/* Groups: the largest first, and nothing lost. */
#include "../unit.h"
#include "store/groups.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct totals cost(uint64_t nanousd)
{
	return (struct totals){.cost_nanousd = nanousd, .attempts = 1};
}

static void add(struct groups *g, uint64_t name, uint64_t nanousd)
{
	char text[32];
	struct totals t = cost(nanousd);
	int n = snprintf(text, sizeof text, "name-%llu", (unsigned long long)name);
	groups_add(g, (struct str){text, (size_t)n}, &t);
}

static struct totals sum_of(const struct groups *g)
{
	struct totals sum = {0}, other;
	uint32_t n;
	for (uint32_t i = 0; i < groups_listed(g); i++)
		totals_add(&sum, &groups_at(g, i)->totals);
	(void)groups_other(g, &n, &other);
	totals_add(&sum, &other);
	return sum;
}

START_TEST(the_largest_come_first_and_each_has_all_its_points)
{
	struct groups *g = groups_new();
	for (uint64_t i = 0; i < 5000; i++)
		add(g, i % 500, i % 500);
	groups_rank(g);
	ck_assert_uint_eq(groups_listed(g), 500);
	for (uint32_t i = 0; i < 500; i++)
		ck_assert_uint_eq(groups_at(g, i)->totals.cost_nanousd, 10 * (499 - i));
	ck_assert_str_eq(groups_at(g, 0)->name, "name-499");
	ck_assert_ptr_eq(groups_find(g, STR("name-499")), groups_at(g, 0));
	ck_assert_ptr_null(groups_find(g, STR("name-500")));
	groups_free(g);
}
END_TEST

START_TEST(what_is_not_listed_is_in_other_and_all_of_it_is_the_sum)
{
	struct groups *g = groups_new();
	struct totals other;
	uint32_t n;
	for (uint64_t i = 0; i < GROUPS_MAX + 777; i++)
		add(g, i, 1 + i % 13);
	groups_rank(g);
	ck_assert_uint_eq(groups_listed(g), GROUPS_LISTED);
	ck_assert(groups_other(g, &n, &other));
	ck_assert_uint_le(n, GROUPS_MAX - GROUPS_LISTED + 1);
	ck_assert_uint_eq(sum_of(g).attempts, GROUPS_MAX + 777);
	groups_free(g);
}
END_TEST

/* What name i of many costs in all: a few cost most of it. */
static uint64_t cost_of(uint64_t i)
{
	return i % 97 == 0 ? 1000000 - i : 1 + i % 1000;
}

/* Of n names, each twice. */
static struct groups *make_many(uint64_t from, uint64_t n)
{
	struct groups *g = groups_new();
	for (uint64_t i = from; i < from + n; i++) {
		add(g, i, cost_of(i) / 2);
		add(g, i, cost_of(i) - cost_of(i) / 2);
	}
	return g;
}

START_TEST(the_largest_of_many_are_listed_with_all_their_points)
{
	enum { MANY = 97 * 1000 };
	struct groups *g = make_many(0, MANY);
	groups_rank(g);
	ck_assert_uint_eq(groups_listed(g), GROUPS_LISTED);
	for (uint32_t i = 0; i < GROUPS_LISTED; i++)
		ck_assert_uint_eq(groups_at(g, i)->totals.cost_nanousd,
			cost_of((uint64_t)i * 97));
	ck_assert_uint_eq(sum_of(g).attempts, 2 * MANY);
	groups_free(g);
}
END_TEST

/* A name that went on one side is listed by neither: it would lack what went. */
START_TEST(what_went_from_one_sum_goes_from_both)
{
	struct groups *many = make_many(0, 3 * GROUPS_MAX), *few = groups_new();
	for (uint64_t i = 0; i < 3 * GROUPS_MAX; i += 100)
		add(few, i, 5000000);
	groups_merge(few, many);
	groups_rank(few);
	for (uint32_t i = 0; i < groups_listed(few); i++) {
		uint64_t name = strtoull(groups_at(few, i)->name + 5, NULL, 10);
		uint64_t whole = cost_of(name) + (name % 100 == 0 ? 5000000 : 0);
		ck_assert_uint_eq(groups_at(few, i)->totals.cost_nanousd, whole);
	}
	ck_assert_uint_eq(
		sum_of(few).attempts, 6 * GROUPS_MAX + 3 * GROUPS_MAX / 100 + 1);
	groups_free(many);
	groups_free(few);
}
END_TEST

START_TEST(nothing_has_no_list_and_no_other)
{
	struct groups *g = groups_new();
	struct totals other;
	uint32_t n;
	groups_rank(g);
	ck_assert_uint_eq(groups_listed(g), 0);
	ck_assert(!groups_other(g, &n, &other));
	ck_assert_ptr_null(groups_find(g, STR("x")));
	groups_free(g);
}
END_TEST

START_TEST(names_are_compared_whole)
{
	struct groups *g = groups_new();
	struct totals t = cost(1);
	groups_add(g, STR("a"), &t);
	groups_add(g, STR("a\0b"), &t);
	groups_add(g, STR(""), &t);
	groups_rank(g);
	ck_assert_uint_eq(groups_listed(g), 3);
	groups_free(g);
}
END_TEST

/* The same list, the same rest, whatever it was made of. */
static void check_same(const struct groups *a, const struct groups *b)
{
	struct totals rest_a, rest_b;
	uint32_t n_a, n_b;
	ck_assert_uint_eq(groups_count(a), groups_count(b));
	ck_assert_uint_eq(groups_listed(a), groups_listed(b));
	for (uint32_t i = 0; i < groups_listed(a); i++) {
		ck_assert_str_eq(groups_at(a, i)->name, groups_at(b, i)->name);
		ck_assert_mem_eq(&groups_at(a, i)->totals, &groups_at(b, i)->totals,
			sizeof(struct totals));
	}
	ck_assert_int_eq(
		groups_other(a, &n_a, &rest_a), groups_other(b, &n_b, &rest_b));
	ck_assert_uint_eq(n_a, n_b);
	ck_assert_mem_eq(&rest_a, &rest_b, sizeof rest_a);
}

static uint64_t next(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407U;
	return *seed >> 33;
}

/* One of n_names names, of some moment, to both. */
static void add_any(
	struct groups *a, struct groups *b, uint64_t n_names, uint64_t *seed)
{
	char text[32];
	int n = snprintf(text, sizeof text, "n%u", (unsigned)(next(seed) % n_names));
	struct totals t = cost(next(seed) % 500);
	t.first_ms = t.last_ms = 1 + next(seed) % 1000000;
	groups_add(a, (struct str){text, (size_t)n}, &t);
	groups_add(b, (struct str){text, (size_t)n}, &t);
}

static void check_upon(uint64_t n_names, uint32_t n_before, uint32_t n_behind)
{
	struct groups *base = groups_new(), *whole = groups_new();
	uint64_t seed = n_names + n_before;
	for (uint32_t i = 0; i < n_before; i++)
		add_any(base, whole, n_names, &seed);
	groups_rank(base);
	struct groups *upon = groups_upon(base);
	groups_free(base); /* upon keeps it */
	for (uint32_t i = 0; i < n_behind; i++)
		add_any(upon, whole, n_names + 20, &seed);
	groups_rank(whole);
	groups_rank(upon);
	check_same(upon, whole);
	groups_rank(upon);
	check_same(upon, whole);
	ck_assert_str_eq(groups_find(upon, STR("n1"))->name, "n1");
	ck_assert_uint_eq(groups_find(upon, STR("n1"))->totals.cost_nanousd,
		groups_find(whole, STR("n1"))->totals.cost_nanousd);
	groups_free(whole);
	groups_free(upon);
}

START_TEST(sums_upon_others_are_as_if_added_up_anew)
{
	check_upon(10, 100, 5);
	check_upon(1000, 9000, 0);
	check_upon(5000, 30000, 1);
	check_upon(5000, 30000, 300);
	check_upon(5000, 30000, 20000);
}
END_TEST

START_TEST(names_of_the_base_and_others_together_are_bounded)
{
	struct groups *base = make_many(0, 2500);
	groups_rank(base);
	struct groups *g = groups_upon(base);
	groups_free(base);
	for (uint64_t i = 2500; i < 2500 + GROUPS_MAX; i++)
		add(g, i, i);
	add(g, 7, 0); /* of the base, when it is full */
	for (uint64_t i = 20000; i < 60000; i++)
		add(g, i, 1);
	ck_assert_uint_le(groups_count(g), GROUPS_MAX + 2500);
	ck_assert_ptr_null(groups_find(g, STR("name-7")));
	groups_rank(g);
	ck_assert_uint_eq(sum_of(g).attempts, 5000 + GROUPS_MAX + 1 + 40000);
	groups_free(g);
}
END_TEST

START_TEST(names_that_do_not_fit_upon_others_are_in_other)
{
	struct groups *base = make_many(0, 2 * GROUPS_MAX);
	uint64_t n_attempts = 4 * GROUPS_MAX;
	groups_rank(base);
	struct groups *g = groups_upon(base);
	groups_free(base);
	for (int turn = 0; turn < 2; turn++)
		for (uint64_t i = GROUPS_MAX; i < 4 * GROUPS_MAX; i++, n_attempts++)
			add(g, i, 10);
	groups_rank(g);
	ck_assert_uint_eq(sum_of(g).attempts, n_attempts);
	for (uint32_t i = 0; i < groups_listed(g); i++) {
		uint64_t name = strtoull(groups_at(g, i)->name + 5, NULL, 10);
		uint64_t whole = (name < 2 * GROUPS_MAX ? cost_of(name) : 0) +
				 (name >= GROUPS_MAX ? 20 : 0);
		ck_assert_uint_eq(groups_at(g, i)->totals.cost_nanousd, whole);
	}
	groups_free(g);
}
END_TEST

UNIT_MAIN("groups", the_largest_come_first_and_each_has_all_its_points,
	what_is_not_listed_is_in_other_and_all_of_it_is_the_sum,
	the_largest_of_many_are_listed_with_all_their_points,
	what_went_from_one_sum_goes_from_both, nothing_has_no_list_and_no_other,
	names_are_compared_whole, sums_upon_others_are_as_if_added_up_anew,
	names_of_the_base_and_others_together_are_bounded,
	names_that_do_not_fit_upon_others_are_in_other)
