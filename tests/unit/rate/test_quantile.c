/* What a sketch knows. */
#include "../unit.h"
#include "rate/quantile.h"

START_TEST(any_quantile_is_known_within_a_quarter)
{
	struct quantile q = {0};
	for (uint64_t i = 1; i <= 4000; i++)
		quantile_add(&q, i * 7 % 4001);
	for (unsigned permille = 10; permille <= 1000; permille += 10) {
		uint64_t true_value = 4 * permille;
		ck_assert_uint_ge(quantile_at(&q, permille), true_value - 1);
		ck_assert_uint_le(quantile_at(&q, permille), true_value * 5 / 4 + 1);
	}
}
END_TEST

START_TEST(small_values_are_exact_and_huge_ones_count_in_the_last_step)
{
	struct quantile q = {0};
	ck_assert_uint_eq(quantile_at(&q, 500), 0);
	quantile_add(&q, 3);
	ck_assert_uint_eq(quantile_at(&q, 1), 3);
	ck_assert_uint_eq(quantile_at(&q, 1000), 3);
	quantile_add(&q, UINT64_MAX);
	ck_assert_uint_ge(quantile_at(&q, 1000), 1u << 19);
	ck_assert_uint_eq(quantile_count(&q), 2);
}
END_TEST

START_TEST(two_merged_are_as_one_that_saw_all)
{
	struct quantile a = {0}, b = {0}, all = {0};
	for (uint64_t i = 0; i < 1000; i++) {
		quantile_add(i % 3 ? &a : &b, i);
		quantile_add(&all, i);
	}
	quantile_merge(&a, &b);
	for (unsigned permille = 1; permille <= 1000; permille += 37)
		ck_assert_uint_eq(
			quantile_at(&a, permille), quantile_at(&all, permille));
}
END_TEST

START_TEST(what_is_new_outweighs_what_was)
{
	struct quantile q = {0};
	for (int i = 0; i < 100000; i++)
		quantile_add(&q, 10);
	for (int i = 0; i < 3 * QUANTILE_MEMORY; i++)
		quantile_add(&q, 1000);
	ck_assert_uint_ge(quantile_at(&q, 200), 1000);
	ck_assert_uint_le(quantile_count(&q), QUANTILE_MEMORY);
}
END_TEST

START_TEST(no_quantile_is_above_the_largest)
{
	struct quantile q = {0}, more = {0};
	quantile_add(&q, 20800);
	quantile_add(&q, 30);
	ck_assert_uint_eq(quantile_at(&q, 990), 20800);
	quantile_add(&more, 20900);
	quantile_merge(&q, &more);
	ck_assert_uint_eq(quantile_at(&q, 990), 20900);
}
END_TEST

UNIT_MAIN("quantile", any_quantile_is_known_within_a_quarter,
	small_values_are_exact_and_huge_ones_count_in_the_last_step,
	two_merged_are_as_one_that_saw_all, what_is_new_outweighs_what_was,
	no_quantile_is_above_the_largest)
