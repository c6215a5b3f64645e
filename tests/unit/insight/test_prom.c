/* The exposition format: escaped labels, rising buckets, and nothing cut in half. */
#include "../unit.h"
#include "insight/prom.h"

#include <string.h>

static char buf[16384];

static struct prom fresh(size_t cap)
{
	memset(buf, 0, sizeof buf);
	return (struct prom){.p = buf, .cap = cap};
}

START_TEST(a_family_is_two_comments_and_its_samples)
{
	struct prom p = fresh(sizeof buf);
	prom_family(&p, "atlas_x_total", "counter", "what it is");
	prom_u64(&p, "atlas_x_total", NULL, 0, 7);
	ck_assert_str_eq(buf, "# HELP atlas_x_total what it is\n"
			      "# TYPE atlas_x_total counter\natlas_x_total 7\n");
}
END_TEST

START_TEST(labels_are_escaped)
{
	struct prom p = fresh(sizeof buf);
	struct prom_label l[] = {{"a", STR("x\"y\\z\n\x01")}, {"b", STR("")}};
	prom_fixed(&p, "m", l, 2, 1250, 3);
	ck_assert_str_eq(buf, "m{a=\"x\\\"y\\\\z\\n?\",b=\"\"} 1.250\n");
}
END_TEST

START_TEST(a_histogram_rises_to_its_count)
{
	struct histo h = {0};
	struct prom p = fresh(sizeof buf);
	for (uint64_t ms = 1; ms < 5000; ms++)
		histo_add(&h, ms);
	prom_histo(&p, "t", &h, 3);
	ck_assert_ptr_nonnull(strstr(buf, "t_bucket{le=\"0.003\"} 3\n"));
	ck_assert_ptr_nonnull(strstr(buf, "t_bucket{le=\"+Inf\"} 4999\n"));
	ck_assert_ptr_nonnull(strstr(buf, "t_sum 12497.500\n"));
	ck_assert_ptr_nonnull(strstr(buf, "t_count 4999\n"));
}
END_TEST

START_TEST(a_histogram_of_whole_numbers_has_no_point)
{
	struct histo h = {0};
	struct prom p = fresh(sizeof buf);
	histo_add(&h, 3);
	prom_histo(&p, "t", &h, 0);
	ck_assert_ptr_nonnull(strstr(buf, "t_bucket{le=\"3\"} 1\n"));
	ck_assert_ptr_nonnull(strstr(buf, "t_sum 3\nt_count 1\n"));
}
END_TEST

START_TEST(what_does_not_fit_is_said)
{
	struct prom p = fresh(20);
	prom_u64(&p, "a_name_that_is_too_long_for_it", NULL, 0, 1);
	ck_assert(p.is_full);
	ck_assert_uint_le(p.n, 20);
}
END_TEST

UNIT_MAIN("prom", a_family_is_two_comments_and_its_samples, labels_are_escaped,
	a_histogram_rises_to_its_count, a_histogram_of_whole_numbers_has_no_point,
	what_does_not_fit_is_said)
