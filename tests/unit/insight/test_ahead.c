/* What lies ahead: periods, budgets and hour limits, with history and without. */
#include "../unit.h"
#include "base/num.h"
#include "insight/ahead.h"
#include "store/keys.h"

#include <string.h>

#define HOUR UINT64_C(3600000)
#define USD  UINT64_C(1000000000)

/* Wednesday 2026-11-25, 12:00 UTC. */
#define NOW_MS UINT64_C(1795608000000)

enum { ANN = 7 };

static struct survey survey;
static struct survey_hour hour[SURVEY_HOURS];
static struct ahead ahead;

/* A dollar, 1,000 tokens and 10 requests an hour for so many hours before this one. */
static void begin(uint32_t hours)
{
	groups_free(survey.by[DIM_CLIENT]);
	survey = (struct survey){.n_hours = SURVEY_HOURS,
		.first_hour = NOW_MS / HOUR - SURVEY_HOURS + 1,
		.hour = hour};
	survey.range.from_ms = NOW_MS - 24 * HOUR;
	memset(hour, 0, sizeof hour);
	for (uint32_t i = 0; i < hours; i++)
		hour[SURVEY_HOURS - 2 - i] = (struct survey_hour){10, 1000, USD};
	survey.spent[PERIOD_DAY] = USD * MIN(hours, 12u);
	survey.spent[PERIOD_WEEK] = USD * MIN(hours, 60u);
	survey.spent[PERIOD_MONTH] = USD * MIN(hours, 588u);
	survey.total = (struct totals){.requests = 10u * MIN(hours, 24u),
		.cost_nanousd = USD * MIN(hours, 24u),
		.first_ms = NOW_MS - MIN(hours, 24u) * HOUR};
	ahead = (struct ahead){.survey = &survey, .now_ms = NOW_MS};
}

/* Half of everything is Ann's. */
static void give_ann_a_budget(enum period p, uint64_t budget, uint64_t spent)
{
	struct key name = key_of_number(ANN);
	struct totals t = {.cost_nanousd = survey.total.cost_nanousd / 2};
	if (survey.by[DIM_CLIENT] == NULL) {
		survey.by[DIM_CLIENT] = groups_new();
		groups_add(survey.by[DIM_CLIENT],
			(struct str){(const char *)name.bytes, name.n}, &t);
		groups_rank(survey.by[DIM_CLIENT]);
	}
	ahead_add_budget(&ahead, (struct ahead_budget){.client_id = ANN,
					 .period = p,
					 .budget = budget,
					 .spent = spent});
}

static struct ahead_moment budget_ends(enum period p)
{
	struct ahead_model *m = ahead_learn(&ahead);
	struct ahead_moment t = ahead_budget_ends(m, &ahead.budget[p][0]);
	ahead_model_free(m);
	return t;
}

static void nothing_of_it_is_told(const struct ahead_moment *t, const char *reason)
{
	ck_assert_uint_eq(t->earliest_ms, UINT64_MAX);
	ck_assert_uint_eq(t->expected_ms, UINT64_MAX);
	ck_assert_uint_eq(t->latest_ms, UINT64_MAX);
	ck_assert_str_eq(t->reason, reason);
}

static struct ahead_moment limit_ends(
	enum limit_unit unit, uint64_t limit, uint64_t used)
{
	ahead.limit[ahead.n_limits++] = (struct ahead_limit){unit, limit, used};
	struct ahead_model *m = ahead_learn(&ahead);
	struct ahead_moment t = ahead_limit_ends(m, &ahead.limit[0]);
	ahead_model_free(m);
	return t;
}

static struct ahead_period period(enum period p)
{
	struct ahead_model *m = ahead_learn(&ahead);
	struct ahead_period x = ahead_period(m, p);
	ahead_model_free(m);
	return x;
}

START_TEST(a_period_is_what_was_spent_and_what_is_to_come)
{
	begin(SURVEY_HOURS - 1);
	struct ahead_period day = period(PERIOD_DAY);
	ck_assert(day.has_band);
	ck_assert_uint_eq(day.spent, 12 * USD);
	ck_assert_uint_eq(day.expected, 24 * USD);
	ck_assert_uint_eq(day.ends_ms, NOW_MS + 12 * HOUR);
	ck_assert_uint_eq(period(PERIOD_WEEK).spent, 60 * USD);
	ck_assert_uint_eq(period(PERIOD_WEEK).expected, 168 * USD);
	ck_assert_uint_eq(period(PERIOD_MONTH).expected, 720 * USD);
}
END_TEST

START_TEST(what_was_spent_is_known_from_days_where_hours_are_gone)
{
	begin(48);
	survey.spent[PERIOD_MONTH] = 588 * USD;
	ck_assert_uint_eq(period(PERIOD_MONTH).spent, 588 * USD);
	ck_assert_uint_eq(period(PERIOD_MONTH).expected, 720 * USD);
}
END_TEST

START_TEST(without_a_day_of_history_the_run_rate_speaks_and_has_no_band)
{
	begin(3);
	struct ahead_period day = period(PERIOD_DAY);
	ck_assert(!day.has_band);
	ck_assert_uint_eq(day.spent, 3 * USD);
	ck_assert_uint_eq(day.expected, 15 * USD);
}
END_TEST

START_TEST(a_budget_runs_out_at_its_clients_share)
{
	begin(SURVEY_HOURS - 1);
	give_ann_a_budget(PERIOD_WEEK, 10 * USD, 4 * USD);
	struct ahead_moment t = budget_ends(PERIOD_WEEK);
	ck_assert_uint_ge(t.expected_ms, NOW_MS + 12 * HOUR - HOUR / 10);
	ck_assert_uint_le(t.expected_ms, NOW_MS + 12 * HOUR);
	ck_assert_uint_le(t.earliest_ms, t.expected_ms);
	ck_assert_uint_ge(t.latest_ms, t.expected_ms);
}
END_TEST

START_TEST(a_budget_that_lasts_until_it_begins_anew_does_not_run_out)
{
	begin(SURVEY_HOURS - 1);
	give_ann_a_budget(PERIOD_DAY, 11 * USD, 4 * USD);
	struct ahead_moment t = budget_ends(PERIOD_DAY);
	ck_assert_uint_eq(t.expected_ms, UINT64_MAX);
	ck_assert_str_eq(t.reason, "lasts_until_it_begins_anew");
}
END_TEST

START_TEST(a_budget_of_a_client_that_has_spent_nothing_says_so)
{
	begin(SURVEY_HOURS - 1);
	survey.by[DIM_CLIENT] = groups_new();
	groups_rank(survey.by[DIM_CLIENT]);
	ahead_add_budget(
		&ahead, (struct ahead_budget){
				.client_id = ANN, .period = PERIOD_DAY, .budget = USD});
	ck_assert_str_eq(budget_ends(PERIOD_DAY).reason, "client_has_spent_nothing");
}
END_TEST

/* So many clients of equal share, each with a day's budget of a dollar more than the one
 * before. */
static void give_budgets(uint64_t n)
{
	struct totals t = {.cost_nanousd = USD};
	survey.by[DIM_CLIENT] = groups_new();
	for (uint64_t id = 1; id <= n; id++) {
		struct key name = key_of_number(id);
		groups_add(survey.by[DIM_CLIENT],
			(struct str){(const char *)name.bytes, name.n}, &t);
	}
	groups_rank(survey.by[DIM_CLIENT]);
	for (uint64_t id = n; id > 0; id--)
		ahead_add_budget(&ahead, (struct ahead_budget){.client_id = id,
						 .period = PERIOD_DAY,
						 .budget = id * USD});
}

START_TEST(of_many_budgets_those_are_told_that_end_first)
{
	enum { CLIENTS = 71 };
	begin(SURVEY_HOURS - 1);
	give_budgets(CLIENTS);
	ck_assert_uint_eq(ahead.n_budgets[PERIOD_DAY], AHEAD_BUDGETS);
	ck_assert_uint_eq(ahead.n_left_out, CLIENTS - AHEAD_BUDGETS);
	for (uint64_t i = 0; i < AHEAD_BUDGETS; i++)
		ck_assert_uint_eq(ahead.budget[PERIOD_DAY][i].client_id, i + 1);
	ahead_add_budget(&ahead, (struct ahead_budget){.client_id = CLIENTS + 1,
					 .period = PERIOD_DAY,
					 .budget = USD,
					 .spent = USD});
	ck_assert_uint_eq(ahead.budget[PERIOD_DAY][0].client_id, CLIENTS + 1);
	ck_assert_str_eq(budget_ends(PERIOD_DAY).reason, "used_up");
	ck_assert_uint_eq(ahead.n_left_out, CLIENTS + 1 - AHEAD_BUDGETS);
}
END_TEST

/* Five minutes ago somebody began: nobody knows what an hour of that is. */
static void begin_just_now(void)
{
	begin(0);
	hour[SURVEY_HOURS - 1] = (struct survey_hour){10, 1000, USD};
	survey.spent[PERIOD_DAY] = USD;
	survey.total = (struct totals){
		.requests = 10, .cost_nanousd = USD, .first_ms = NOW_MS - HOUR / 12};
}

START_TEST(in_its_first_hour_no_budget_is_told_when_it_ends)
{
	begin_just_now();
	give_ann_a_budget(PERIOD_DAY, 2 * USD, USD);
	struct ahead_moment t = budget_ends(PERIOD_DAY);
	ck_assert_uint_eq(t.expected_ms, UINT64_MAX);
	ck_assert_str_eq(t.reason, "less_than_an_hour_of_history");
	survey.total.first_ms = NOW_MS - HOUR;
	ahead.n_budgets[PERIOD_DAY] = 0;
	give_ann_a_budget(PERIOD_DAY, 2 * USD, USD);
	ck_assert_uint_eq(budget_ends(PERIOD_DAY).expected_ms, NOW_MS + 2 * HOUR);
}
END_TEST

START_TEST(in_its_first_hour_a_limit_ends_only_when_it_has)
{
	begin_just_now();
	struct ahead_moment t = limit_ends(LIMIT_REQUESTS, 20, 10);
	ck_assert_uint_eq(t.expected_ms, UINT64_MAX);
	ck_assert_str_eq(t.reason, "less_than_a_day_of_history");
	ahead.n_limits = 0;
	ck_assert_str_eq(limit_ends(LIMIT_REQUESTS, 10, 10).reason, "used_up");
}
END_TEST

START_TEST(a_budget_that_is_spent_is_used_up_since_nobody_knows_when)
{
	begin(3);
	give_ann_a_budget(PERIOD_DAY, 4 * USD, 4 * USD);
	struct ahead_moment t = budget_ends(PERIOD_DAY);
	nothing_of_it_is_told(&t, "used_up");
}
END_TEST

/* Until the day is over she spends nothing of the week's. */
START_TEST(beside_one_that_is_used_up_no_budget_of_its_client_runs_out)
{
	begin(SURVEY_HOURS - 1);
	give_ann_a_budget(PERIOD_WEEK, 10 * USD, 4 * USD);
	give_ann_a_budget(PERIOD_DAY, 4 * USD, 4 * USD);
	struct ahead_moment week = budget_ends(PERIOD_WEEK);
	nothing_of_it_is_told(&week, "held_by_another_budget");
	ahead.budget[PERIOD_DAY][0].client_id = ANN + 1;
	ck_assert_ptr_null(budget_ends(PERIOD_WEEK).reason);
}
END_TEST

START_TEST(what_is_used_up_itself_is_held_by_none)
{
	begin(SURVEY_HOURS - 1);
	give_ann_a_budget(PERIOD_WEEK, 4 * USD, 5 * USD);
	give_ann_a_budget(PERIOD_DAY, 4 * USD, 4 * USD);
	ck_assert_str_eq(budget_ends(PERIOD_WEEK).reason, "used_up");
	ck_assert_str_eq(budget_ends(PERIOD_DAY).reason, "used_up");
}
END_TEST

START_TEST(of_a_clients_budgets_the_one_that_runs_out_first_holds_the_others)
{
	begin(SURVEY_HOURS - 1);
	give_ann_a_budget(PERIOD_WEEK, 10 * USD, 5 * USD);
	give_ann_a_budget(PERIOD_DAY, 6 * USD, 4 * USD);
	ck_assert_ptr_null(budget_ends(PERIOD_DAY).reason);
	struct ahead_moment week = budget_ends(PERIOD_WEEK);
	nothing_of_it_is_told(&week, "held_by_another_budget");
}
END_TEST

START_TEST(a_budget_is_told_by_the_run_rate_too)
{
	begin(3);
	give_ann_a_budget(PERIOD_DAY, 6 * USD, 4 * USD);
	ck_assert_uint_eq(budget_ends(PERIOD_DAY).expected_ms, NOW_MS + 4 * HOUR);
}
END_TEST

START_TEST(an_hour_limit_runs_out_when_more_comes_than_it_allows)
{
	begin(SURVEY_HOURS - 1);
	/* 1,000 come, 500 are used and leave: 500 + 500 t = 800 at t = 0.6 */
	ck_assert_uint_eq(
		limit_ends(LIMIT_TOKENS, 800, 500).expected_ms, NOW_MS + HOUR * 6 / 10);
}
END_TEST

START_TEST(an_hour_limit_that_bears_what_comes_does_not_run_out)
{
	begin(SURVEY_HOURS - 1);
	struct ahead_moment t = limit_ends(LIMIT_REQUESTS, 11, 10);
	ck_assert_uint_eq(t.expected_ms, UINT64_MAX);
	ck_assert_str_eq(t.reason, "less_comes_than_it_allows");
}
END_TEST

START_TEST(an_hour_limit_without_a_day_of_history_says_so)
{
	begin(3);
	ck_assert_str_eq(limit_ends(LIMIT_REQUESTS, 11, 10).reason,
		"less_than_a_day_of_history");
}
END_TEST

START_TEST(a_full_hour_limit_is_used_up_with_history_and_without)
{
	begin(3);
	struct ahead_moment t = limit_ends(LIMIT_REQUESTS, 10, 10);
	nothing_of_it_is_told(&t, "used_up");
	begin(SURVEY_HOURS - 1);
	t = limit_ends(LIMIT_REQUESTS, 10, 10);
	nothing_of_it_is_told(&t, "used_up");
}
END_TEST

START_TEST(a_budget_that_lasts_is_held_by_none_that_runs_out)
{
	begin(SURVEY_HOURS - 1);
	give_ann_a_budget(PERIOD_WEEK, 1000 * USD, 5 * USD);
	give_ann_a_budget(PERIOD_DAY, 6 * USD, 4 * USD);
	struct ahead_moment week = budget_ends(PERIOD_WEEK);
	nothing_of_it_is_told(&week, "lasts_until_it_begins_anew");
}
END_TEST

static const char *told(void)
{
	static char text[1 << 16];
	struct jsonw w;
	struct str out;
	jsonw_init_fixed(&w, text, sizeof text);
	jsonw_begin_object(&w);
	ahead_tell(&w, &ahead);
	jsonw_end_object(&w);
	ck_assert(jsonw_done(&w, &out));
	text[out.n] = '\0';
	return text;
}

START_TEST(in_its_first_minutes_nothing_is_foretold)
{
	begin_just_now(); /* five of them */
	ck_assert(!period(PERIOD_DAY).is_known);
	ck_assert_uint_eq(period(PERIOD_DAY).spent, USD);
	const char *text = told();
	ck_assert_ptr_nonnull(strstr(text, "\"less_than_ten_minutes_of_history\""));
	ck_assert_ptr_nonnull(strstr(text, "\"next_hour_usd\":null"));
	ck_assert_ptr_nonnull(strstr(text, "\"expected_usd\":null"));
	survey.total.first_ms = NOW_MS - HOUR / 4;
	ck_assert_uint_eq(period(PERIOD_DAY).expected, USD + 12 * 4 * USD);
	text = told();
	ck_assert_ptr_nonnull(strstr(text, "\"next_hour_usd\":4.000000000"));
	ck_assert_ptr_nonnull(strstr(text, "\"less_than_a_day_of_history\""));
}
END_TEST

START_TEST(all_of_it_is_one_document)
{
	begin(SURVEY_HOURS - 1);
	const char *text = told();
	ck_assert_ptr_nonnull(strstr(text, "\"method\":\"outlook\""));
	ck_assert_ptr_nonnull(strstr(text, "\"next_24_hours_usd\":24.000000000"));
	ck_assert_ptr_nonnull(strstr(
		text, "\"budgets\":[],\"budgets_left_out\":0,\"hour_limits\":[]"));
}
END_TEST

/* Whichever period is asked for. */
START_TEST(a_trial_weeks_before_does_not_thin_the_run_rate)
{
	begin(5);
	hour[100] = (struct survey_hour){1, 10, USD / 1000};
	survey.range.from_ms = NOW_MS - 720 * HOUR;
	survey.total.cost_nanousd += USD / 1000;
	survey.total.first_ms = (survey.first_hour + 600) * HOUR;
	struct ahead_model *m = ahead_learn(&ahead);
	ck_assert_str_eq(ahead_lacks(m), "less_than_a_day_of_history");
	ck_assert_uint_eq(ahead_observed_ms(m), 5 * HOUR);
	ck_assert_uint_eq(ahead_next(m, 10).expected, 10 * USD);
	ahead_model_free(m);
}
END_TEST

START_TEST(of_tokens_that_only_began_no_limit_is_told_to_last)
{
	begin(SURVEY_HOURS - 1);
	for (uint32_t i = 0; i + 4 < SURVEY_HOURS; i++)
		hour[i].tokens = 0;
	struct ahead_moment t = limit_ends(LIMIT_TOKENS, 500, 0);
	nothing_of_it_is_told(&t, "less_than_a_day_of_history");
}
END_TEST

UNIT_MAIN("ahead", a_trial_weeks_before_does_not_thin_the_run_rate,
	of_tokens_that_only_began_no_limit_is_told_to_last,
	a_period_is_what_was_spent_and_what_is_to_come,
	what_was_spent_is_known_from_days_where_hours_are_gone,
	without_a_day_of_history_the_run_rate_speaks_and_has_no_band,
	a_budget_runs_out_at_its_clients_share,
	a_budget_that_lasts_until_it_begins_anew_does_not_run_out,
	a_budget_of_a_client_that_has_spent_nothing_says_so,
	of_many_budgets_those_are_told_that_end_first,
	in_its_first_hour_no_budget_is_told_when_it_ends,
	in_its_first_hour_a_limit_ends_only_when_it_has,
	a_budget_that_is_spent_is_used_up_since_nobody_knows_when,
	beside_one_that_is_used_up_no_budget_of_its_client_runs_out,
	what_is_used_up_itself_is_held_by_none,
	of_a_clients_budgets_the_one_that_runs_out_first_holds_the_others,
	a_budget_that_lasts_is_held_by_none_that_runs_out,
	a_budget_is_told_by_the_run_rate_too,
	an_hour_limit_runs_out_when_more_comes_than_it_allows,
	an_hour_limit_that_bears_what_comes_does_not_run_out,
	an_hour_limit_without_a_day_of_history_says_so,
	a_full_hour_limit_is_used_up_with_history_and_without,
	in_its_first_minutes_nothing_is_foretold, all_of_it_is_one_document)
