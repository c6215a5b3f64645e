/* Histograms: every value has its bucket, quantiles are near, and a sum is a sum. */
#include "../unit.h"
#include "base/histo.h"

START_TEST(buckets_stand_side_by_side)
{
	for (size_t i = 0; i + 1 < HISTO_BUCKETS; i++) {
		struct histo h = {0};
		histo_add(&h, histo_upper(i));
		ck_assert_uint_eq(h.bucket[i], 1);
		histo_add(&h, histo_upper(i) + 1);
		ck_assert_uint_eq(h.bucket[i + 1], 1);
	}
}
END_TEST

START_TEST(a_quantile_is_at_most_a_quarter_too_large)
{
	struct histo h = {0};
	for (uint64_t v = 1; v <= 10000; v++)
		histo_add(&h, v);
	for (uint64_t q = 1; q <= 1000; q++) {
		uint64_t exact = q * 10, got = histo_quantile(&h, q);
		ck_assert_uint_ge(got, exact);
		ck_assert_uint_le(got, exact + exact / 4 + 1);
	}
	ck_assert_uint_eq(histo_quantile(&h, 1000), 10000);
	ck_assert_uint_eq(histo_mean(&h), 5001); /* 5000.5 */
}
END_TEST

START_TEST(of_a_few_the_high_quantile_is_the_largest)
{
	struct histo h = {0};
	for (uint64_t v = 1; v <= 3; v++)
		histo_add(&h, v);
	ck_assert_uint_eq(histo_quantile(&h, 500), 2);
	ck_assert_uint_eq(histo_quantile(&h, 900), 3);
	ck_assert_uint_eq(histo_quantile(&h, 990), 3);
	histo_add(&h, 3);
	ck_assert_uint_eq(histo_quantile(&h, 250), 1);
	ck_assert_uint_eq(histo_quantile(&h, 251), 2);
}
END_TEST

START_TEST(the_sum_of_two_is_the_histogram_of_both)
{
	struct histo a = {0}, b = {0}, both = {0};
	for (uint64_t v = 0; v < 3000; v++) {
		histo_add(v % 3 ? &a : &b, v * v);
		histo_add(&both, v * v);
	}
	histo_merge(&a, &b);
	ck_assert_mem_eq(&a, &both, sizeof a);
}
END_TEST

START_TEST(what_is_too_large_is_in_the_last_bucket)
{
	struct histo h = {0};
	histo_add(&h, UINT64_MAX);
	histo_add(&h, UINT64_MAX);
	ck_assert_uint_eq(h.bucket[HISTO_BUCKETS - 1], 2);
	ck_assert_uint_eq(h.sum, UINT64_MAX);
	ck_assert_uint_eq(histo_quantile(&h, 500), UINT64_MAX);
}
END_TEST

START_TEST(of_nothing_everything_is_0)
{
	struct histo h = {0};
	ck_assert_uint_eq(histo_quantile(&h, 990), 0);
	ck_assert_uint_eq(histo_mean(&h), 0);
}
END_TEST

START_TEST(the_mean_is_the_nearest)
{
	struct histo h = {0};
	histo_add(&h, 1);
	histo_add(&h, 2);
	histo_add(&h, 2);
	ck_assert_uint_eq(histo_mean(&h), 2);
}
END_TEST

UNIT_MAIN("histo", the_mean_is_the_nearest, buckets_stand_side_by_side,
	a_quantile_is_at_most_a_quarter_too_large,
	of_a_few_the_high_quantile_is_the_largest,
	the_sum_of_two_is_the_histogram_of_both,
	what_is_too_large_is_in_the_last_bucket, of_nothing_everything_is_0)
