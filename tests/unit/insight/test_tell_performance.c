/* The performance report: what a request and a token come to, and shares of all. */
#include "../unit.h"
#include "insight/tell_performance.h"

#include <string.h>

static struct survey survey;
static char text[1 << 16];

/* Seven requests by nine attempts, three of which ended in errors that cost something. */
static void tell(void)
{
	struct totals fine = {.attempts = 6, .cost_nanousd = 800};
	struct totals failed = {.attempts = 3, .retried = 2, .cost_nanousd = 200};
	survey = (struct survey){.total = {.requests = 7,
					 .attempts = 9,
					 .unsent = 1,
					 .ended = 8,
					 .answered = 6,
					 .failed = 2,
					 .retried = 2,
					 .prompt_tokens = 300,
					 .completion_tokens = 40,
					 .total_tokens = 340,
					 .measured_chars = 1200,
					 .measured_tokens = 240,
					 .cost_nanousd = 1000}};
	survey.by[DIM_MODEL] = groups_new();
	survey.by[DIM_ERROR] = groups_new();
	groups_add(survey.by[DIM_ERROR], STR(""), &fine);
	groups_add(survey.by[DIM_ERROR], STR("server_error"), &failed);
	groups_rank(survey.by[DIM_MODEL]);
	groups_rank(survey.by[DIM_ERROR]);
	struct advice_facts facts = {.survey = &survey};
	struct jsonw w;
	struct str out;
	jsonw_init_fixed(&w, text, sizeof text - 1);
	jsonw_begin_object(&w);
	tell_performance(&w, &facts);
	jsonw_end_object(&w);
	ck_assert(jsonw_done(&w, &out));
	text[out.n] = '\0';
	groups_free(survey.by[DIM_MODEL]);
	groups_free(survey.by[DIM_ERROR]);
}

#define ck_assert_tells(part)                                                          \
	ck_assert_msg(strstr(text, part) != NULL, "no %s in %s", part, text)

START_TEST(what_one_comes_to_is_a_part_of_all)
{
	tell();
	ck_assert_tells("\"average_cost_per_request\":0.000000143,");
	ck_assert_tells("\"average_cost_per_token\":0.000000003,");
	ck_assert_tells("\"cost_of_errors_usd\":0.000000200,");
	ck_assert_tells("\"characters_per_token\":5.000000,");
	ck_assert_tells("\"average_tokens_per_request\":48.571429,");
}
END_TEST

START_TEST(shares_are_of_what_they_can_be_of)
{
	tell();
	ck_assert_tells("\"success_rate\":0.750000,");
	ck_assert_tells("\"error_rates\":{\"server_error\":0.300000}");
	ck_assert_tells("\"retry_rate\":0.222222,");
	ck_assert_tells("\"average_retries_per_request\":0.250000}");
}
END_TEST

UNIT_MAIN("tell_performance", what_one_comes_to_is_a_part_of_all,
	shares_are_of_what_they_can_be_of)
