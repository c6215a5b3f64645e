/* Long lists, told some at a time, are what they would be at one go. */
#include "../unit.h"
#include "insight/tell_cost.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES = 1010, LISTED = GROUPS_LISTED, AT_ONCE = 100 };

static uint32_t count(struct str text, const char *what)
{
	uint32_t n = 0;
	size_t len = strlen(what);
	for (size_t i = 0; i + len <= text.n; i++)
		n += memcmp(text.p + i, what, len) == 0;
	return n;
}

static struct groups *many_names(void)
{
	struct groups *g = groups_new();
	for (uint32_t i = 0; i < NAMES; i++) {
		struct totals t = {.requests = 1, .attempts = 1, .cost_nanousd = i};
		char name[16];
		int n = snprintf(name, sizeof name, "n%u", i);
		groups_add(g, (struct str){name, (size_t)n}, &t);
	}
	groups_rank(g);
	return g;
}

/* Tells until all is told; no turn may tell more than a few. */
#define TELL_ALL(w, call)                                                              \
	do {                                                                           \
		size_t before;                                                         \
		bool is_told;                                                          \
		do {                                                                   \
			before = (w)->n;                                               \
			is_told = (call);                                              \
			ck_assert_uint_le(                                             \
				count((struct str){(w)->p + before, (w)->n - before},  \
					"\"request_count\""),                          \
				AT_ONCE);                                              \
		} while (!is_told);                                                    \
	} while (0)

START_TEST(a_list_is_whole_and_in_order)
{
	struct groups *g = many_names();
	const struct tell_list list = {.key = STR("name")};
	struct tell_place place = {0};
	struct jsonw w;
	struct str out;
	jsonw_init(&w, 4 << 20);
	TELL_ALL(&w, tell_groups(&w, g, &list, &place.at));
	ck_assert(jsonw_done(&w, &out));
	ck_assert_uint_eq(count(out, "{\"name\":"), LISTED + 1);
	ck_assert_uint_eq(count(out, "[{\"name\":\"n1009\","), 1);
	ck_assert_uint_eq(count(out, "{\"name\":\"other\",\"names\":10,"), 1);
	jsonw_fini(&w);
	groups_free(g);
}
END_TEST

START_TEST(an_empty_list_is_an_empty_array)
{
	struct groups *g = groups_new();
	const struct tell_list list = {.key = STR("name")};
	struct tell_place place = {0};
	char text[16];
	struct jsonw w;
	struct str out;
	groups_rank(g);
	jsonw_init_fixed(&w, text, sizeof text);
	ck_assert(tell_groups(&w, g, &list, &place.at));
	ck_assert(jsonw_done(&w, &out));
	ck_assert_uint_eq(out.n, 2);
	ck_assert_mem_eq(out.p, "[]", 2);
	groups_free(g);
}
END_TEST

START_TEST(a_series_leaves_out_what_has_nothing)
{
	struct survey v = {.step = TIER_HOUR, .n_points = 720};
	struct tell_place place = {0};
	struct jsonw w;
	struct str out;
	v.point = calloc(v.n_points, sizeof *v.point);
	ck_assert_ptr_nonnull(v.point);
	for (uint32_t i = 0; i < v.n_points; i += 2)
		v.point[i].attempts = 1;
	jsonw_init(&w, 4 << 20);
	TELL_ALL(&w, tell_series(&w, &v, &place.at));
	ck_assert(jsonw_done(&w, &out));
	ck_assert_uint_eq(count(out, "{\"from\":"), 360);
	jsonw_fini(&w);
	free(v.point);
}
END_TEST

/* Of two that had one name, the first is revoked; a third is not known. */
static struct tell_client tell_one(const void *arg, uint64_t id)
{
	(void)arg;
	return (struct tell_client){id < 3 ? "ann" : NULL, id == 1};
}

static void add_client(struct groups *g, uint64_t id)
{
	struct key k = key_of_number(id);
	struct totals t = {.cost_nanousd = 10 - id};
	groups_add(g, (struct str){(const char *)k.bytes, k.n}, &t);
}

START_TEST(clients_of_one_name_are_told_apart)
{
	struct groups *g = groups_new();
	const struct tell_list list = {.key = STR("client"), .client = tell_one};
	struct tell_place place = {0};
	struct jsonw w;
	struct str out;
	for (uint64_t id = 1; id <= 3; id++)
		add_client(g, id);
	groups_rank(g);
	jsonw_init(&w, 1 << 16);
	TELL_ALL(&w, tell_groups(&w, g, &list, &place.at));
	ck_assert(jsonw_done(&w, &out));
	static const char *const entry[] = {
		"{\"client\":\"ann\",\"client_id\":\"0000000000000001\",\"revoked\":true,",
		"{\"client\":\"ann\",\"client_id\":\"0000000000000002\",\"revoked\":false,",
		"{\"client\":\"0000000000000003\",\"client_id\":\"0000000000000003\","
		"\"revoked\":null,"};
	for (size_t i = 0; i < N_ELEMENTS(entry); i++)
		ck_assert_uint_eq(count(out, entry[i]), 1);
	jsonw_fini(&w);
	groups_free(g);
}
END_TEST

START_TEST(a_report_tells_every_list_once)
{
	struct survey v = {.step = TIER_DAY};
	struct tell_place place = {0};
	struct jsonw w;
	struct str out;
	for (unsigned d = DIM_TOTAL + 1; d < DIMS; d++)
		v.by[d] = many_names();
	jsonw_init(&w, 8 << 20);
	jsonw_begin_object(&w);
	TELL_ALL(&w, tell_cost(&w, &v, &(struct tell_names){tell_one, NULL}, &place));
	jsonw_end_object(&w);
	ck_assert(jsonw_done(&w, &out));
	static const char *const member[] = {
		"\"by_model\":[{\"model\":", "\"by_key\":[{\"key\":",
		"\"by_client\":[{\"client\":", "\"by_session\":[{\"session_id\":"};
	for (size_t i = 0; i < N_ELEMENTS(member); i++)
		ck_assert_uint_eq(count(out, member[i]), 1);
	ck_assert_uint_eq(count(out, "\"n1009\""), 3); /* a client has its id */
	for (unsigned d = DIM_TOTAL + 1; d < DIMS; d++)
		groups_free(v.by[d]);
	jsonw_fini(&w);
}
END_TEST

static void assert_ratio(uint64_t a, uint64_t b, const char *want)
{
	char text[64];
	struct jsonw w;
	struct str out;
	jsonw_init_fixed(&w, text, sizeof text);
	jsonw_begin_object(&w);
	tell_ratio(&w, STR("r"), a, b);
	jsonw_end_object(&w);
	ck_assert(jsonw_done(&w, &out));
	ck_assert_msg(count(out, want) == 1, "%s: " STR_FMT, want, STR_ARG(out));
}

START_TEST(a_ratio_is_the_nearest_and_nearly_all_is_not_all)
{
	assert_ratio(1, 7, "{\"r\":0.142857}");
	assert_ratio(2, 3, "{\"r\":0.666667}");
	assert_ratio(9999999, 10000000, "{\"r\":0.999999}");
	assert_ratio(1, 10000000, "{\"r\":0.000001}");
	assert_ratio(3, 3, "{\"r\":1.000000}");
	assert_ratio(3, 0, "{\"r\":0.000000}");
}
END_TEST

START_TEST(what_a_token_costs_is_the_nearest)
{
	struct survey v = {
		.total = {.requests = 8, .total_tokens = 38, .cost_nanousd = 18300}};
	struct tell_names names = {.client = tell_one};
	struct tell_place place = {0};
	struct jsonw w;
	struct str out;
	for (unsigned d = 0; d < DIMS; d++)
		v.by[d] = groups_new();
	jsonw_init(&w, 1 << 16);
	jsonw_begin_object(&w);
	while (!tell_cost(&w, &v, &names, &place))
		;
	jsonw_end_object(&w);
	ck_assert(jsonw_done(&w, &out));
	ck_assert_uint_eq(count(out, "\"cost_per_token\":0.000000482,"), 1);
	ck_assert_uint_eq(count(out, "\"cost_per_request\":0.000002288,"), 1);
	jsonw_fini(&w);
	for (unsigned d = 0; d < DIMS; d++)
		groups_free(v.by[d]);
}
END_TEST

UNIT_MAIN("tell", a_ratio_is_the_nearest_and_nearly_all_is_not_all,
	what_a_token_costs_is_the_nearest, a_list_is_whole_and_in_order,
	an_empty_list_is_an_empty_array, a_series_leaves_out_what_has_nothing,
	a_report_tells_every_list_once, clients_of_one_name_are_told_apart)
