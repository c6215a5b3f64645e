/* The provider's usage against the ledger: both formats, and every kind of difference. */
#include "../unit.h"
#include "insight/reconcile.h"

#include <stdio.h>
#include <string.h>

#define DAY_MS UINT64_C(86400000)

enum { DAY = 20782 }; /* 2026-11-25 */

static struct reconcile r;
static struct reconcile_line *line;
static uint32_t n;

static bool read_text(const char *text, struct err *e)
{
	reconcile_init(&r);
	return reconcile_read(&r, (struct str){text, strlen(text)}, "usage", e);
}

static void theirs(const char *text)
{
	struct err e = {0};
	ck_assert_msg(read_text(text, &e), "%s", e.text);
}

static void ours(const char *model, uint64_t day, enum attempt_outcome outcome)
{
	struct row row = {.outcome = (uint8_t)outcome,
		.sent_ms = day * DAY_MS + 5,
		.prompt_tokens = 100,
		.cached_tokens = 10,
		.high_prompt_tokens = 100,
		.completion_tokens = 20};
	snprintf(row.model_served, sizeof row.model_served, "%s", model);
	reconcile_add(&r, &row);
}

/* Nothing served: nobody knows by what its answer was made, or whether. */
static void asked(const char *model, const char *served)
{
	struct row row = {
		.outcome = served[0] ? OUTCOME_SETTLED_USAGE : OUTCOME_UNKNOWN,
		.sent_ms = DAY * DAY_MS + 5,
		.prompt_tokens = 100,
		.high_prompt_tokens = 100,
		.completion_tokens = 20};
	snprintf(row.model, sizeof row.model, "%s", model);
	snprintf(row.model_served, sizeof row.model_served, "%s", served);
	reconcile_add(&r, &row);
}

static void compare(void)
{
	free(line);
	line = reconcile_compare(&r, &n);
}

static void assert_fails(const char *text, const char *why)
{
	struct err e = {0};
	ck_assert(!read_text(text, &e));
	ck_assert_msg(strstr(e.text, why) != NULL, "%s", e.text);
	reconcile_fini(&r);
}

#define HEAD                                                                           \
	"start_time,model,num_model_requests,input_tokens,output_tokens,input_cached_tokens\n"
#define BUCKET                                                                         \
	"{\"data\":[{\"start_time\":1795564800,\"results\":[{\"model\":\"gpt-4o\","    \
	"\"num_model_requests\":2,\"input_tokens\":200,\"output_tokens\":40,"          \
	"\"input_cached_tokens\":20}]}]}"

START_TEST(csv_that_agrees_agrees)
{
	theirs(HEAD "1795564800,gpt-4o-2024-08-06,2,200,40,20\r\n");
	ours("gpt-4o-2024-08-06", DAY, OUTCOME_SETTLED_USAGE);
	ours("gpt-4o", DAY, OUTCOME_SETTLED_ESTIMATE);
	compare();
	ck_assert_uint_eq(n, 1);
	ck_assert_uint_eq(line[0].day, DAY);
	ck_assert_str_eq(line[0].model, "gpt-4o");
	ck_assert(line[0].verdict == RECONCILE_AGREES);
}
END_TEST

START_TEST(a_version_that_was_served_counts_for_the_model_that_was_asked)
{
	static const char *const pairs[][2] = {
		{"gpt-3.5-turbo-instruct", "gpt-3.5-turbo-instruct:20230824-v2"},
		{"text-embedding-ada-002", "text-embedding-ada-002-v2"},
		{"gpt-4", "gpt-4-0613"},
	};
	char text[256];
	for (size_t i = 0; i < 2 * N_ELEMENTS(pairs); i++) {
		const char *const *pair = pairs[i / 2];
		snprintf(text, sizeof text, HEAD "1795564800,%s,2,200,40,0\n",
			pair[i % 2]);
		theirs(text);
		asked(pair[0], pair[1]);
		asked(pair[0], "");
		compare();
		ck_assert_msg(n == 1, "%s: %u lines", pair[i % 2], n);
		ck_assert_str_eq(line[0].model, pair[0]);
		ck_assert_uint_eq(line[0].unknown, 1);
		ck_assert(line[0].verdict == RECONCILE_AGREES);
		reconcile_fini(&r);
	}
}
END_TEST

START_TEST(both_names_of_a_model_on_one_day_are_one_line)
{
	theirs(HEAD "1795564800,gpt-4,1,100,20,0\n1795564800,gpt-4-0613,2,200,40,0\n");
	asked("gpt-4", "gpt-4-0613");
	asked("gpt-4-0613", "gpt-4-0613");
	asked("gpt-4-0613", "");
	compare();
	ck_assert_uint_eq(n, 1);
	ck_assert_uint_eq(line[0].theirs.requests, 3);
	ck_assert_uint_eq(line[0].ours.requests, 3);
	ck_assert(line[0].verdict == RECONCILE_AGREES);
	reconcile_fini(&r);
}
END_TEST

START_TEST(another_model_that_was_served_keeps_its_name)
{
	static const char *const pairs[][2] = {{"gpt-4o", "gpt-4o-mini"},
		{"gpt-4", "gpt-4.1"}, {"gpt-4-0613", "gpt-4"}, {"a", "a-very-small"},
		{"ft:gpt-4o", "ft:gpt-4o:one::1"}};
	for (size_t i = 0; i < N_ELEMENTS(pairs); i++) {
		theirs(HEAD "1795564800,x,1,100,20,0\n");
		asked(pairs[i][0], pairs[i][1]);
		asked(pairs[i][0], "");
		compare();
		ck_assert_msg(n == 3, "%s: %u lines", pairs[i][1], n);
		reconcile_fini(&r);
	}
	theirs(HEAD "1795564800,gpt-4-0613,1,100,20,0\n");
	asked("gpt-4", "gpt-4");
	compare();
	ck_assert_uint_eq(n, 2); /* nobody has said that one is the other */
	reconcile_fini(&r);
}
END_TEST

START_TEST(json_that_agrees_agrees)
{
	theirs(BUCKET);
	ours("gpt-4o", DAY, OUTCOME_SETTLED_USAGE);
	ours("gpt-4o", DAY, OUTCOME_SETTLED_USAGE);
	compare();
	ck_assert_uint_eq(n, 1);
	ck_assert(line[0].verdict == RECONCILE_AGREES);
}
END_TEST

START_TEST(dates_and_quotes_and_any_order_are_read)
{
	theirs("output_tokens,\"model\",input_tokens,date\n"
	       "40,\"a \"\"b\"\", c\",200,2026-11-25\n");
	compare();
	ck_assert_uint_eq(line[0].day, DAY);
	ck_assert_str_eq(line[0].model, "a \"b\", c");
	ck_assert_uint_eq(line[0].theirs.completion_tokens, 40);
}
END_TEST

START_TEST(a_token_more_is_a_difference)
{
	theirs(HEAD "1795564800,gpt-4o,1,101,20,10\n");
	ours("gpt-4o", DAY, OUTCOME_SETTLED_USAGE);
	compare();
	ck_assert(line[0].verdict == RECONCILE_DIFFERS);
}
END_TEST

START_TEST(estimates_of_ours_are_counted_where_they_are)
{
	theirs(HEAD "1795564800,gpt-4o,2,201,40,20\n1795564800,o3,1,100,20,10\n");
	ours("gpt-4o", DAY, OUTCOME_SETTLED_USAGE);
	ours("gpt-4o-2024-08-06", DAY, OUTCOME_SETTLED_ESTIMATE);
	ours("o3", DAY, OUTCOME_SETTLED_USAGE);
	compare();
	ck_assert_uint_eq(n, 2);
	ck_assert_uint_eq(line[0].estimated, 1);
	ck_assert(line[0].verdict == RECONCILE_DIFFERS);
	ck_assert_uint_eq(line[1].estimated, 0);
}
END_TEST

START_TEST(what_only_one_side_has_is_a_line)
{
	theirs(HEAD "1795564800,gpt-4o,1,100,20,10\n");
	ours("o3", DAY, OUTCOME_SETTLED_USAGE);
	compare();
	ck_assert_uint_eq(n, 2);
	ck_assert_uint_eq(line[0].ours.requests, 0);
	ck_assert_uint_eq(line[1].theirs.requests, 0);
	ck_assert_str_eq(line[1].model, "o3");
}
END_TEST

START_TEST(unknown_ones_are_named_and_released_ones_left_out)
{
	theirs(HEAD "1795564800,gpt-4o,1,100,20,10\n");
	ours("gpt-4o", DAY, OUTCOME_UNKNOWN);
	ours("gpt-4o", DAY, OUTCOME_RELEASED);
	ours("gpt-4o", DAY, OUTCOME_OPEN);
	compare();
	ck_assert_uint_eq(line[0].unknown, 1);
	ck_assert_uint_eq(line[0].ours.requests, 1);
	ck_assert_uint_eq(r.n_free, 0); /* that one was never sent */
}
END_TEST

START_TEST(what_the_provider_refused_and_what_has_no_price_is_counted)
{
	struct row row = {.outcome = OUTCOME_RELEASED,
		.status = 400,
		.sent_ms = DAY * DAY_MS + 5,
		.high_prompt_tokens = 100,
		.model = "gpt-4o"};
	theirs(HEAD "1795564800,gpt-4o,1,100,20,10\n");
	ours("gpt-4o", DAY, OUTCOME_SETTLED_USAGE);
	reconcile_add(&r, &row);
	row.sent_ms += DAY_MS; /* of a day that the file is not about */
	reconcile_add(&r, &row);
	row.sent_ms -= DAY_MS;
	row.outcome = OUTCOME_SETTLED_ESTIMATE;
	row.flags = ROW_UNPRICED;
	reconcile_add(&r, &row);
	compare();
	ck_assert_uint_eq(line[0].ours.requests, 2);
	ck_assert_uint_eq(r.n_free, 1);
	ck_assert_uint_eq(r.n_unpriced, 1);
}
END_TEST

START_TEST(what_only_asks_after_something_is_no_request_of_theirs)
{
	struct row asks = {
		.outcome = OUTCOME_SETTLED_ESTIMATE, .sent_ms = DAY * DAY_MS + 5};
	theirs(HEAD "1795564800,gpt-4o,1,100,20,10\n");
	ours("gpt-4o", DAY, OUTCOME_SETTLED_USAGE);
	reconcile_add(&r, &asks);
	compare();
	ck_assert_uint_eq(n, 1);
	ck_assert(line[0].verdict == RECONCILE_AGREES);
}
END_TEST

START_TEST(other_days_are_no_difference)
{
	theirs(HEAD "1795564800,gpt-4o,1,100,20,10\n1795651200,gpt-4o,1,100,20,10\n");
	ours("gpt-4o", DAY, OUTCOME_SETTLED_USAGE);
	ours("gpt-4o", DAY + 1, OUTCOME_SETTLED_USAGE);
	ours("gpt-4o", DAY - 1, OUTCOME_SETTLED_USAGE);
	ours("gpt-4o", DAY + 2, OUTCOME_SETTLED_USAGE);
	compare();
	ck_assert_uint_eq(n, 2);
	ck_assert(line[0].verdict == RECONCILE_AGREES &&
		  line[1].verdict == RECONCILE_AGREES);
}
END_TEST

START_TEST(what_cannot_be_read_is_named_with_its_line)
{
	assert_fails("", "usage is empty: it must be the dashboard's export");
	assert_fails("\xef\xbb\xbf \r\n", "usage is empty");
	assert_fails("a,b\n1,2\n",
		"usage:1: there is no column start_time_iso, start_time, date, day or "
		"timestamp: it");
	assert_fails("day,b\n1,2\n", "usage:1: there is no column model: it");
	assert_fails("day,model\n1,2\n",
		"usage:1: there is no column input_tokens or prompt_tokens: it");
	assert_fails("a,b\n1,2\n", "export of usage by model, or of costs");
	assert_fails("{\"x\":[]}", "usage:1: the document has no \"data\"");
	assert_fails("{\"x\":[]}", "/v1/organization/costs");
	assert_fails(HEAD, "no usage");
	assert_fails(HEAD "yesterday,gpt-4o,1,1,1,1\n", "usage:2: yesterday");
	assert_fails(HEAD "1795564800,gpt-4o,1,x,1,1\n", "usage:2: input_tokens");
	assert_fails(HEAD "1795564800,,1,5,1,1\n", "grouped by model");
	assert_fails("{\"data\":[{\"start_time\":1}]}", "results");
	assert_fails("{\"data\":[{\"start_time\":1,\"results\":[{\"model\":null}]}]}",
		"grouped by model");
	assert_fails("{\"data\":", "usage:1");
}
END_TEST

START_TEST(results_and_data_must_be_arrays)
{
	static const char bucket[] = "{\"data\":[{\"start_time\":1,\"results\":%s}]}";
	static const char *const wrong[] = {"null", "\"x\"", "{}", "0"};
	char text[128];
	for (size_t i = 0; i < N_ELEMENTS(wrong); i++) {
		snprintf(text, sizeof text, bucket, wrong[i]);
		assert_fails(text, "results must be an array");
		snprintf(text, sizeof text, "{\"data\":%s}", wrong[i]);
		assert_fails(text, "data must be an array");
	}
}
END_TEST

START_TEST(a_day_without_usage_is_none)
{
	theirs(HEAD "1795564800,,0,0,0,0\n1795564800,gpt-4o,1,100,20,10\n");
	compare();
	ck_assert_uint_eq(n, 1);
}
END_TEST

START_TEST(a_day_on_which_only_we_have_something_is_compared_at_either_end)
{
	theirs("{\"data\":[{\"start_time\":1795478400,\"results\":[]},"
	       "{\"start_time\":1795564800,\"results\":[]}],\"has_more\":false}");
	ours("gpt-4o", DAY - 1, OUTCOME_SETTLED_USAGE);
	compare();
	ck_assert_uint_eq(n, 1);
	ck_assert(line[0].verdict == RECONCILE_DIFFERS);
	reconcile_fini(&r);
	theirs(HEAD "1795478400,,0,0,0,0\n1795564800,gpt-4o,1,100,20,10\n");
	ours("gpt-4o", DAY - 1, OUTCOME_SETTLED_USAGE);
	ours("gpt-4o", DAY, OUTCOME_SETTLED_USAGE);
	compare();
	ck_assert_uint_eq(n, 2);
	ck_assert(line[0].verdict == RECONCILE_DIFFERS &&
		  line[1].verdict == RECONCILE_AGREES);
}
END_TEST

START_TEST(embeddings_have_no_output)
{
	theirs("start_time_iso,model,input_tokens\n2026-11-25T00:00:00Z,ada,7\n");
	compare();
	ck_assert_uint_eq(line[0].theirs.prompt_tokens, 7);
}
END_TEST

#define PAGE(more) "{\"data\":[],\"has_more\":" #more "}"

START_TEST(pages_are_read_together_and_never_but_the_first)
{
	assert_fails(PAGE(true), "has_more");
	assert_fails("[" BUCKET "," PAGE(true) "]", "has_more");
	theirs("[" PAGE(true) "," BUCKET "]");
	compare();
	ck_assert_uint_eq(n, 1);
}
END_TEST

START_TEST(what_is_cut_short_or_no_count_is_refused)
{
	assert_fails(HEAD "1795564800,gpt-4o,1,10", "usage:2: has 4 fields");
	assert_fails(HEAD "1795564800,\"gpt-4o,1,1,1,1\n", "quote");
	assert_fails(HEAD "1795564800000,gpt-4o,1,1,1,1\n", "usage:2: 1795564800000");
	assert_fails(HEAD "2026-13-01,gpt-4o,1,1,1,1\n", "usage:2: 2026-13-01");
	assert_fails("{\"data\":[{\"start_time\":1795564800000,\"results\":[]}]}",
		"start_time");
	assert_fails("{\"data\":[{\"start_time\":1,\"results\":[{\"model\":\"m\","
		     "\"input_tokens\":\"5\"}]}]}",
		"input_tokens");
}
END_TEST

START_TEST(a_count_that_nobody_can_have_used_is_refused_with_its_line)
{
	theirs(HEAD "1795564800,gpt-4o,1,1000000000000,1,1\n"
		    "1795564800,gpt-4o,1,1000000000000,1,1\n");
	compare();
	ck_assert_uint_eq(line[0].theirs.prompt_tokens, UINT64_C(2000000000000));
	reconcile_fini(&r);
	assert_fails(HEAD "1795564800,gpt-4o,1,1,1,1\n"
			  "1795564800,gpt-4o,1,18446744073709551615,1,1\n",
		"usage:3: input_tokens");
	assert_fails(HEAD "1795564800,gpt-4o,1000000000001,1,1,1\n",
		"usage:2: num_model_requests");
	assert_fails("{\"data\":[{\"start_time\":1,\"results\":[{\"model\":\"m\","
		     "\"output_tokens\":18446744073709551614}]}]}",
		"output_tokens");
}
END_TEST

static void our_cost(uint64_t day, uint64_t nanousd, enum attempt_outcome outcome)
{
	struct row row = {.outcome = (uint8_t)outcome,
		.sent_ms = day * DAY_MS + 5,
		.prompt_tokens = 100,
		.high_prompt_tokens = 100,
		.cost_nanousd = nanousd,
		.model_served = "gpt-4o"};
	reconcile_add(&r, &row);
}

#define COST(value)                                                                    \
	"{\"object\":\"organization.costs.result\",\"amount\":{\"value\":" value       \
	",\"currency\":\"usd\"},\"line_item\":null}"
#define COSTS(results)                                                                 \
	"{\"data\":[{\"start_time\":1795564800,\"results\":[" results "]}]}"

START_TEST(costs_of_a_day_are_one_sum_and_agree_to_the_cent)
{
	theirs(COSTS(
		COST("0.06") "," COST("\"0.0400000000000000000\"") "," COST("1e-05")));
	our_cost(DAY, 60000000, OUTCOME_SETTLED_USAGE);
	our_cost(DAY, 40000000, OUTCOME_UNKNOWN);
	our_cost(DAY, 5, OUTCOME_RELEASED);
	our_cost(DAY + 1, 5, OUTCOME_SETTLED_USAGE);
	compare();
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(line[0].model, "");
	ck_assert_int_eq(line[0].theirs.cost_nanousd, 100010000);
	ck_assert_int_eq(line[0].ours.cost_nanousd, 100000000);
	ck_assert_uint_eq(line[0].ours.requests, 0);
	ck_assert_uint_eq(line[0].unknown, 1);
	ck_assert_uint_eq(line[0].unknown_nanousd, 40000000);
	ck_assert(line[0].verdict == RECONCILE_AGREES);
	our_cost(DAY, 10010000, OUTCOME_SETTLED_USAGE);
	compare();
	ck_assert(line[0].verdict == RECONCILE_WITHIN);
	our_cost(DAY, 40000000, OUTCOME_SETTLED_USAGE);
	compare();
	ck_assert(line[0].verdict == RECONCILE_DIFFERS);
}
END_TEST

#define COST_HEAD "start_time_iso,amount_value,amount_currency,line_item\n"

START_TEST(costs_are_read_as_csv_too)
{
	theirs(COST_HEAD "2026-11-25T00:00:00Z,0.5,usd,\"gpt-4o, input\"\n"
			 "2026-11-25T00:00:00Z,2.5e-1,USD,\"gpt-4o, output\"\n"
			 "2026-11-26T00:00:00Z,,,\n");
	our_cost(DAY, 750000000, OUTCOME_SETTLED_USAGE);
	our_cost(DAY + 1, 20000000, OUTCOME_SETTLED_USAGE);
	compare();
	ck_assert_uint_eq(n, 2);
	ck_assert_int_eq(line[0].theirs.cost_nanousd, 750000000);
	ck_assert(line[0].verdict == RECONCILE_AGREES &&
		  line[1].verdict == RECONCILE_DIFFERS);
}
END_TEST

START_TEST(what_is_no_dollars_is_refused_with_its_line)
{
	assert_fails(COST_HEAD "2026-11-25,5,eur,x\n", "usage:2: eur");
	assert_fails(
		COST_HEAD "2026-11-25,5,usd,x\n2026-11-25,--5,usd,x\n", "usage:3: ");
	assert_fails(COST_HEAD "2026-11-25,1e,usd,x\n", "usage:2: ");
	assert_fails(COST_HEAD "2026-11-25,10000001,usd,x\n", "usage:2: ");
	assert_fails(COST_HEAD "2026-11-25,1e99,usd,x\n", "usage:2: ");
	assert_fails(COST_HEAD "2026-11-25,-10000001,usd,x\n", "usage:2: ");
	assert_fails(COSTS(COST("\"x\"")), "value");
	assert_fails("[" COSTS(COST("1")) "," BUCKET "]", "usage and costs");
}
END_TEST

static int64_t their_cost(const char *values)
{
	char text[512];
	snprintf(text, sizeof text, COSTS("%s"), values);
	theirs(text);
	compare();
	ck_assert_uint_eq(n, 1);
	reconcile_fini(&r);
	return line[0].theirs.cost_nanousd;
}

START_TEST(an_amount_is_exact_however_it_is_spelled)
{
	ck_assert_int_eq(their_cost(COST("\"0E-6176\"")), 0);
	ck_assert_int_eq(their_cost(COST("0e+999999999999999999999")), 0);
	ck_assert_int_eq(their_cost(COST("12.5e-99999999999999999999")), 0);
	ck_assert_int_eq(their_cost(COST("-0") "," COST("-0.0")), 0);
	ck_assert_int_eq(their_cost(COST("0.000000000000001e15")), 1000000000);
	ck_assert_int_eq(their_cost(COST("50000000e-1")), 5000000000000000);
	ck_assert_int_eq(their_cost(COST("1e7")), 10000000000000000);
	ck_assert_int_eq(their_cost(COST("1.23456789012E-3")), 1234567);
}
END_TEST

START_TEST(what_is_given_back_is_taken_off_its_day)
{
	ck_assert_int_eq(their_cost(COST("0.75") "," COST("-0.25")), 500000000);
	ck_assert_int_eq(their_cost(COST("\"-2.5e-1\"") "," COST("0.05")), -200000000);
	theirs(COST_HEAD "2026-11-25,-0.25,usd,refund\n2026-11-25,0.75,usd,x\n"
			 "2026-11-26,-0.01,usd,refund\n");
	our_cost(DAY, 500000000, OUTCOME_SETTLED_USAGE);
	compare();
	ck_assert_uint_eq(n, 2);
	ck_assert(line[0].verdict == RECONCILE_AGREES &&
		  line[1].verdict == RECONCILE_DIFFERS);
}
END_TEST

START_TEST(a_date_must_be_in_the_calendar)
{
	assert_fails(COST_HEAD "2026-02-29,1,usd,x\n", "usage:2: 2026-02-29");
	assert_fails(COST_HEAD "2100-02-29,1,usd,x\n", "usage:2: 2100-02-29");
	assert_fails(COST_HEAD "2026-11-31,1,usd,x\n", "usage:2: 2026-11-31");
	assert_fails(COST_HEAD "2026-11-00,1,usd,x\n", "usage:2: 2026-11-00");
	theirs(COST_HEAD
		"2028-02-29,1,usd,x\n2028-03-01,1,usd,x\n2000-02-29,1,usd,x\n");
	compare();
	ck_assert_uint_eq(line[2].day - line[1].day, 1);
}
END_TEST

START_TEST(a_currency_that_is_null_is_none)
{
	theirs(COSTS("{\"amount\":{\"value\":1,\"currency\":null}}"));
	compare();
	ck_assert_int_eq(line[0].theirs.cost_nanousd, 1000000000);
}
END_TEST

START_TEST(a_field_does_not_end_at_a_nul)
{
	static const char text[] = COST_HEAD "2026-11-25,1\0,usd,x\n";
	struct err e = {0};
	reconcile_init(&r);
	ck_assert(
		!reconcile_read(&r, (struct str){text, sizeof text - 1}, "usage", &e));
	ck_assert_msg(strstr(e.text, "NUL") != NULL, "%s", e.text);
	reconcile_fini(&r);
}
END_TEST

START_TEST(pages_that_follow_each_other_are_asked_for_as_an_array)
{
	assert_fails(BUCKET "\n" BUCKET "\n", "in one array");
	assert_fails(BUCKET "\n{", "in one array");
	assert_fails(BUCKET "x", "usage:1: something follows");
}
END_TEST

START_TEST(a_column_that_is_not_there_is_not_compared_and_named)
{
	theirs("start_time,model,input_tokens\n1795564800,gpt-4o,100\n");
	ours("gpt-4o", DAY, OUTCOME_SETTLED_USAGE);
	compare();
	ck_assert_int_eq(line[0].verdict, RECONCILE_AGREES);
	uint32_t untold = reconcile_untold(&r, line, n);
	ck_assert_uint_eq(untold, 1u << RECONCILE_REQUESTS | 1u << RECONCILE_CACHED |
					  1u << RECONCILE_COMPLETION);
	ck_assert_str_eq(reconcile_figure_name(RECONCILE_COMPLETION), "output_tokens");
	reconcile_fini(&r);
	theirs("start_time,model,input_tokens\n1795564800,gpt-4o,101\n");
	ours("gpt-4o", DAY, OUTCOME_SETTLED_USAGE);
	compare();
	ck_assert_int_eq(line[0].verdict, RECONCILE_DIFFERS);
}
END_TEST

START_TEST(what_ours_has_none_of_either_is_not_missed)
{
	struct row embeds = {.outcome = OUTCOME_SETTLED_USAGE,
		.sent_ms = DAY * DAY_MS + 5,
		.prompt_tokens = 100,
		.high_prompt_tokens = 100,
		.model = "embed"};
	theirs("{\"data\":[{\"start_time\":1795564800,\"results\":[{\"model\":\"embed\","
	       "\"num_model_requests\":1,\"input_tokens\":100}]}]}");
	reconcile_add(&r, &embeds);
	compare();
	ck_assert_int_eq(line[0].verdict, RECONCILE_AGREES);
	ck_assert_uint_eq(reconcile_untold(&r, line, n), 0);
}
END_TEST

START_TEST(what_lies_within_the_unknown_is_explained)
{
	static const struct {
		const char *theirs;
		enum reconcile_verdict verdict;
	} cases[] = {{"2,200,40,20", RECONCILE_AGREES}, /* billed, to the upper end */
		{"1,100,20,10", RECONCILE_WITHIN},      /* not billed */
		{"2,150,30,60", RECONCILE_WITHIN},      /* partly cached */
		{"2,201,40,20", RECONCILE_DIFFERS}, {"1,99,20,10", RECONCILE_DIFFERS},
		{"0,100,20,10", RECONCILE_DIFFERS}};
	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		char text[256];
		snprintf(text, sizeof text, HEAD "1795564800,gpt-4o,%s\n",
			cases[i].theirs);
		theirs(text);
		ours("gpt-4o", DAY, OUTCOME_SETTLED_USAGE);
		ours("gpt-4o", DAY, OUTCOME_UNKNOWN);
		compare();
		ck_assert_msg(line[0].verdict == cases[i].verdict, "%s: %d",
			cases[i].theirs, line[0].verdict);
		reconcile_fini(&r);
	}
	theirs(HEAD "1795564800,gpt-4o,1,150,20,10\n");
	ours("gpt-4o", DAY, OUTCOME_SETTLED_USAGE);
	compare();
	ck_assert_int_eq(line[0].verdict, RECONCILE_DIFFERS);
}
END_TEST

START_TEST(a_day_is_in_utc_whatever_zone_it_is_told_in)
{
	static const struct {
		const char *text;
		uint64_t day;
	} cases[] = {{"2026-11-25", DAY}, {"2026-11-25T00:00:00+00:00", DAY},
		{"2026-11-25T23:30:00-08:00", DAY + 1},
		{"2026-11-25T01:00+0200", DAY - 1}, {"2026-11-25 12:00:00.250Z", DAY},
		{"2026-11-25 00:00:00 UTC", DAY}, {"2026-11-25T12:00:00", DAY}};
	static const char *const wrong[] = {"2026-11-25garbage", "2026-11-25T",
		"2026-11-25 ", "2026-11-25T25:00", "2026-11-25T12:00x",
		"2026-11-25T12:00+8", "2026-11-25T12:00:00.Z",
		"2026-11-25T12:00Z+01:00", "11/25/2026"};
	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		char text[128];
		snprintf(text, sizeof text, "date,model,input_tokens\n%s,m,1\n",
			cases[i].text);
		theirs(text);
		compare();
		ck_assert_msg(line[0].day == cases[i].day, "%s", cases[i].text);
		reconcile_fini(&r);
	}
	for (size_t i = 0; i < N_ELEMENTS(wrong); i++) {
		char text[128];
		snprintf(text, sizeof text, "date,model,input_tokens\n%s,m,1\n",
			wrong[i]);
		assert_fails(text, "neither seconds nor");
	}
}
END_TEST

START_TEST(a_day_whose_rows_are_pruned_is_not_judged)
{
	theirs(HEAD "1795564800,gpt-4o,1,100,20,10\n1795651200,gpt-4o,1,100,20,10\n");
	reconcile_keep_from(&r, DAY * DAY_MS + 1);
	ours("gpt-4o", DAY + 1, OUTCOME_SETTLED_USAGE);
	compare();
	ck_assert_int_eq(line[0].verdict, RECONCILE_PRUNED);
	ck_assert_int_eq(line[1].verdict, RECONCILE_AGREES);
	reconcile_keep_from(&r, DAY * DAY_MS);
	compare();
	ck_assert_int_eq(line[0].verdict, RECONCILE_DIFFERS);
}
END_TEST

UNIT_MAIN_APART("reconcile", csv_that_agrees_agrees,
	a_version_that_was_served_counts_for_the_model_that_was_asked,
	both_names_of_a_model_on_one_day_are_one_line,
	another_model_that_was_served_keeps_its_name, json_that_agrees_agrees,
	dates_and_quotes_and_any_order_are_read, a_token_more_is_a_difference,
	estimates_of_ours_are_counted_where_they_are, what_only_one_side_has_is_a_line,
	unknown_ones_are_named_and_released_ones_left_out,
	what_the_provider_refused_and_what_has_no_price_is_counted,
	what_only_asks_after_something_is_no_request_of_theirs,
	other_days_are_no_difference, what_cannot_be_read_is_named_with_its_line,
	results_and_data_must_be_arrays, a_day_without_usage_is_none,
	a_day_on_which_only_we_have_something_is_compared_at_either_end,
	embeddings_have_no_output, pages_are_read_together_and_never_but_the_first,
	what_is_cut_short_or_no_count_is_refused,
	a_count_that_nobody_can_have_used_is_refused_with_its_line,
	costs_of_a_day_are_one_sum_and_agree_to_the_cent, costs_are_read_as_csv_too,
	what_is_no_dollars_is_refused_with_its_line,
	an_amount_is_exact_however_it_is_spelled,
	what_is_given_back_is_taken_off_its_day, a_date_must_be_in_the_calendar,
	a_currency_that_is_null_is_none, a_field_does_not_end_at_a_nul,
	pages_that_follow_each_other_are_asked_for_as_an_array,
	a_column_that_is_not_there_is_not_compared_and_named,
	what_ours_has_none_of_either_is_not_missed,
	what_lies_within_the_unknown_is_explained,
	a_day_is_in_utc_whatever_zone_it_is_told_in,
	a_day_whose_rows_are_pruned_is_not_judged)
