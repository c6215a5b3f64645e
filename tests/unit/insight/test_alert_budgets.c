/* Budgets: which is named, and how many look bad. */
#include "../unit.h"
#include "insight/alert_budgets.h"

#include <string.h>

enum { AT_MOST = 4 };

static const struct {
	uint64_t threshold;
	struct alert_budget budget[AT_MOST];
	uint64_t value;
	uint32_t n;
	const char *detail;
} cases[] = {
	{90, {{"", PERIOD_DAY, 0, 0, false}}, 0, 0, ""},
	{90, {{"ann", PERIOD_DAY, 0, 700, false}}, 0, 0,
		""}, /* no budget, nothing of it used */
	{90, {{"ann", PERIOD_DAY, 1000, 899, false}}, 89, 0, "ann day"},
	{90, {{"ann", PERIOD_DAY, 1000, 900, false}}, 90, 1, "ann day"},
	{0, {{"ann", PERIOD_DAY, 1000, 900, false}}, 90, 0,
		"ann day"}, /* nobody watches */
	{40,
		{{"ann", PERIOD_DAY, 100, 39, false},
			{"ben", PERIOD_WEEK, 100, 42, false}},
		42, 1, "ben week"},
	{40,
		{{"ann", PERIOD_DAY, 100, 41, false},
			{"ben", PERIOD_MONTH, 100, 60, false},
			{"ben", PERIOD_DAY, 100, 50, false}},
		60, 3, "ben month, ann day and ben day"},
	/* what refuses looks bad, however full the others are */
	{90, {{"ann", PERIOD_DAY, 100, 82, true}}, 82, 1,
		"ann day: what is asked for does not fit"},
	{90, {{"ann", PERIOD_DAY, 100, 0, true}}, 0, 1,
		"ann day: what is asked for does not fit"},
	{0, {{"ann", PERIOD_DAY, 100, 82, true}}, 82, 0, "ann day"},
	{90, {{"ann", PERIOD_DAY, 100, 85, false}, {"ben", PERIOD_DAY, 100, 82, true}},
		82, 1, "ben day: what is asked for does not fit"},
	{90, {{"ben", PERIOD_DAY, 100, 82, true}, {"ann", PERIOD_DAY, 100, 85, false}},
		82, 1, "ben day: what is asked for does not fit"},
	{90,
		{{"ben", PERIOD_DAY, 100, 82, true},
			{"ann", PERIOD_DAY, 100, 85, false},
			{"cid", PERIOD_WEEK, 100, 95, false}},
		95, 2, "cid week and ben day"},
	{90, {{"ben", PERIOD_DAY, 0, 0, true}}, 0, 0, ""}, /* it has none any more */
	{90,
		{{"a-name-as-long-as-any-may-be-and-that-is-too-long", PERIOD_DAY, 100,
			 82, true},
			{"ben", PERIOD_DAY, 100, 1, true}},
		82, 2,
		"a-name-as-long-as: what is asked for does not fit; also 1 other"},
	/* those beside it are named as far as there is room, and counted behind that */
	{90,
		{{"ann", PERIOD_DAY, 100, 99, true},
			{"ben-with-a-longer-name", PERIOD_DAY, 100, 95, false}},
		99, 2, "ann day: what is asked for does not fit; also 1 other"},
	{90,
		{{"ann", PERIOD_DAY, 100, 95, false},
			{"ben-with-a-longer-name", PERIOD_WEEK, 100, 99, false},
			{"cid-with-a-longer-name", PERIOD_DAY, 100, 99, false},
			{"dan-with-a-longer-name", PERIOD_DAY, 100, 92, false}},
		99, 4, "ben-with-a-longer-name week, ann day and 2 other budgets"},
	{90,
		{{"ann", PERIOD_DAY, 100, 91, false},
			{"ben", PERIOD_DAY, 100, 92, false},
			{"cid", PERIOD_DAY, 100, 93, false},
			{"dan", PERIOD_DAY, 100, 94, false}},
		94, 4, "dan day, ann day, ben day and cid day"},
	{90, {{"ann", PERIOD_DAY, 1, UINT64_MAX, false}}, UINT64_MAX, 1, "ann day"},
};

static void assert_case(unsigned ix)
{
	struct alert_budgets b = {.seen.threshold = cases[ix].threshold};
	for (unsigned i = 0; i < AT_MOST; i++)
		alert_budgets_add(&b, &cases[ix].budget[i]);
	alert_budgets_end(&b);
	ck_assert_msg(b.seen.value == cases[ix].value && b.n == cases[ix].n &&
			      strcmp(b.seen.detail, cases[ix].detail) == 0,
		"case %u: %llu, %u, \"%s\"", ix, (unsigned long long)b.seen.value, b.n,
		b.seen.detail);
}

START_TEST(the_fullest_is_named_and_all_that_look_bad_are_counted)
{
	for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_case(i);
}
END_TEST

UNIT_MAIN("alert_budgets", the_fullest_is_named_and_all_that_look_bad_are_counted)
