/* Groups: the largest first, and nothing lost. */
#include "../unit.h"
#include "store/groups.h"

#include <stdio.h>
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
	ck_assert_uint_eq(n, GROUPS_MAX - GROUPS_LISTED + 1);
	ck_assert_uint_eq(sum_of(g).attempts, GROUPS_MAX + 777);
	groups_free(g);
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

UNIT_MAIN("groups", the_largest_come_first_and_each_has_all_its_points,
	what_is_not_listed_is_in_other_and_all_of_it_is_the_sum,
	nothing_has_no_list_and_no_other, names_are_compared_whole)
