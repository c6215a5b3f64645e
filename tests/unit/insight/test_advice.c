/* Advice: for each rule figures that make it speak, and others just short of that. */
#include "../unit.h"
#include "base/num.h"
#include "insight/advice.h"
#include "insight/tell_performance.h"

#include <stdio.h>
#include <string.h>

#define MODELS                                                                         \
	"{\"unit\":\"USD per million tokens\",\"models\":["                            \
	"{\"name\":\"big\",\"display\":\"big\",\"apis\":[\"chat\"],\"prices\":["       \
	"{\"long_context_from\":100000,\"default\":{\"input\":10,\"cached\":1,"        \
	"\"output\":40,\"long\":{\"input\":90,\"output\":90}}}]},"                     \
	"{\"name\":\"big-mini\",\"display\":\"small\",\"apis\":[\"chat\"],\"prices\":" \
	"[{\"default\":{\"input\":1,\"output\":4}}]}]}"

enum { HOUR_MS = 3600000, NOW_HOUR = 500000 };

static struct survey survey;
static struct survey_hour hour[48];
static struct advice_facts facts;
static struct advice found;

static void begin(void)
{
	struct err e = {0};
	groups_free(survey.by[DIM_MODEL]); /* a test may begin again */
	groups_free(survey.by[DIM_ERROR]);
	models_free((struct models *)(uintptr_t)facts.models);
	survey = (struct survey){
		.first_hour = NOW_HOUR - 47, .n_hours = 48, .hour = hour};
	survey.range.from_ms = (uint64_t)(NOW_HOUR - 47) * HOUR_MS;
	memset(hour, 0, sizeof hour);
	survey.by[DIM_MODEL] = groups_new();
	survey.by[DIM_ERROR] = groups_new();
	facts = (struct advice_facts){.survey = &survey,
		.models = models_parse((struct str)STR(MODELS), "test", &e),
		.now_ms = (uint64_t)NOW_HOUR * HOUR_MS,
		.max_retries = 5};
	ck_assert_msg(facts.models != NULL, "%s", e.text);
}

static void add(enum dim d, const char *name, const struct totals *t)
{
	groups_add(survey.by[d], (struct str){name, strlen(name)}, t);
}

static bool speaks(enum advice_rule r)
{
	groups_rank(survey.by[DIM_MODEL]);
	groups_rank(survey.by[DIM_ERROR]);
	return advice_find(r, &facts, &found);
}

/* All figures that it rests on, as "name value, …". */
static const char *figures(void)
{
	static char text[256];
	size_t n = 0;
	text[0] = '\0';
	for (uint32_t i = 0; i < found.n_figures; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "%s%s %llu",
			i > 0 ? ", " : "", found.figure[i].name,
			(unsigned long long)found.figure[i].value);
	return text;
}

/* 1,000 attempts of that size each, as `big` prices them: in micro-dollars 10 and 40. */
static void add_some(uint64_t n, uint64_t prompt, uint64_t completion, uint64_t cached)
{
	struct totals t = {.requests = n,
		.attempts = n,
		.prompt_tokens = n * prompt,
		.completion_tokens = n * completion,
		.cached_tokens = n * cached};
	t.cost_nanousd = 10000 * (t.prompt_tokens - t.cached_tokens) +
			 1000 * t.cached_tokens + 40000 * t.completion_tokens;
	add(DIM_MODEL, "big", &t);
	totals_add(&survey.total, &t);
}

static void add_traffic(uint64_t prompt, uint64_t completion, uint64_t cached)
{
	add_some(1000, prompt, completion, cached);
}

START_TEST(a_handful_of_requests_asks_for_nothing)
{
	begin();
	add_some(9, 2000, 79, 0);
	ck_assert(!speaks(ADVICE_cheaper_model));
	ck_assert(!speaks(ADVICE_caching));
	begin();
	add_some(10, 2000, 79, 0);
	ck_assert(speaks(ADVICE_cheaper_model));
	ck_assert(speaks(ADVICE_caching));
}
END_TEST

START_TEST(short_answers_ask_for_a_smaller_model)
{
	begin();
	add_traffic(100, 200, 0);
	ck_assert(speaks(ADVICE_cheaper_model));
	/* a tenth of 1 + 8 dollars is left */
	ck_assert_uint_eq(found.saves_nanousd, 8100000000);
	ck_assert_ptr_nonnull(strstr(found.text, "big-mini"));
	ck_assert_str_eq(figures(), "requests 1000, tokens_an_answer 200");
}
END_TEST

START_TEST(longer_answers_do_not)
{
	begin();
	add_traffic(100, 201, 0);
	ck_assert(!speaks(ADVICE_cheaper_model));
}
END_TEST

START_TEST(what_attempts_without_an_answer_did_not_write_makes_no_answer_short)
{
	begin();
	struct totals t = {.attempts = 3000, .retried = 3000};
	add(DIM_MODEL, "big", &t);
	totals_add(&survey.total, &t);
	add_traffic(100, 201, 0);
	ck_assert(!speaks(ADVICE_cheaper_model));
	begin();
	add(DIM_MODEL, "big", &t);
	totals_add(&survey.total, &t);
	add_traffic(100, 200, 0);
	ck_assert(speaks(ADVICE_cheaper_model));
	ck_assert_uint_eq(found.saves_nanousd, 8100000000);
	ck_assert_str_eq(figures(), "requests 1000, tokens_an_answer 200");
}
END_TEST

START_TEST(what_nobody_knows_to_have_been_spent_is_not_saved)
{
	begin();
	add_some(900, 100, 20, 0);
	struct totals t = {.requests = 100,
		.attempts = 100,
		.prompt_tokens = 100 * 100,
		.completion_tokens = 100 * 1000,
		.total_tokens = 100 * 1100,
		.cost_nanousd = 100 * 70000000ULL,
		.unknown_requests = 100,
		.unknown_tokens = 100 * 1100,
		.unknown_nanousd = 100 * 70000000ULL};
	add(DIM_MODEL, "big", &t);
	totals_add(&survey.total, &t);
	ck_assert(speaks(ADVICE_cheaper_model));
	/* nine tenths of the 900 that are known to have cost 1.8 milli-dollars each */
	ck_assert_uint_eq(found.saves_nanousd, 1458000000);
	ck_assert_ptr_nonnull(strstr(found.text, "wrote at most 118 tokens each"));
}
END_TEST

START_TEST(a_model_without_a_smaller_sibling_is_left_alone)
{
	begin();
	struct totals t = {
		.attempts = 10, .completion_tokens = 100, .cost_nanousd = 1000};
	add(DIM_MODEL, "big-mini", &t);
	survey.total = t;
	ck_assert(!speaks(ADVICE_cheaper_model));
}
END_TEST

START_TEST(what_saves_next_to_nothing_of_the_whole_is_no_advice)
{
	begin();
	add_traffic(100, 200, 0);
	survey.total.cost_nanousd = 8100000000 / 5 * 100;
	ck_assert(speaks(ADVICE_cheaper_model));
	survey.total.cost_nanousd = 8100000000 / 5 * 100 + 100;
	ck_assert(!speaks(ADVICE_cheaper_model));
}
END_TEST

START_TEST(long_prompts_that_are_not_cached_ask_for_a_stable_beginning)
{
	begin();
	add_traffic(2000, 300, 300);
	ck_assert(speaks(ADVICE_caching));
	/* 700 more of 2,000 at 9 micro-dollars less, a thousand times */
	ck_assert_uint_eq(found.saves_nanousd, 6300000000);
	ck_assert_str_eq(figures(), "tokens_a_prompt 2000, cached 15");
	begin();
	add_traffic(2000, 300, 399);
	ck_assert(speaks(ADVICE_caching));
}
END_TEST

START_TEST(prompts_that_are_cached_or_too_short_do_not)
{
	begin();
	add_traffic(2000, 300, 400);
	ck_assert(!speaks(ADVICE_caching));
	begin();
	add_traffic(1023, 300, 0);
	ck_assert(!speaks(ADVICE_caching));
}
END_TEST

START_TEST(many_short_prompts_are_not_priced_as_one_long_one)
{
	begin();
	add_traffic(1024, 200, 0);
	ck_assert(speaks(ADVICE_caching));
	ck_assert_uint_lt(found.saves_nanousd, survey.total.cost_nanousd);
}
END_TEST

START_TEST(retries_that_mend_nothing_are_in_vain)
{
	begin();
	add(DIM_ERROR, "server_error",
		&(struct totals){.attempts = 18,
			.retried = 15,
			.failed = 3,
			.cost_nanousd = 1000});
	ck_assert(speaks(ADVICE_retries_in_vain));
	ck_assert_ptr_nonnull(strstr(found.text, "server_error"));
	ck_assert_str_eq(figures(), "retried 15, failed 3");
	/* the first attempt of each would have been made all the same */
	ck_assert_uint_eq(found.saves_nanousd, 833); /* 15 of 18 */
}
END_TEST

START_TEST(retries_that_mend_one_in_five_or_of_two_requests_are_not)
{
	begin();
	add(DIM_ERROR, "server_error",
		&(struct totals){.attempts = 20, .retried = 17, .failed = 3});
	ck_assert(!speaks(ADVICE_retries_in_vain));
	begin();
	add(DIM_ERROR, "server_error",
		&(struct totals){.attempts = 12, .retried = 10, .failed = 2});
	ck_assert(!speaks(ADVICE_retries_in_vain));
}
END_TEST

START_TEST(failures_that_were_not_retried_say_nothing_of_the_retries_of_others)
{
	for (uint64_t retried = 13; retried <= 14; retried++) {
		begin();
		add(DIM_ERROR, "server_error",
			&(struct totals){
				.attempts = 18, .retried = retried, .failed = 3});
		ck_assert(speaks(ADVICE_retries_in_vain) == (retried == 14));
	}
	begin();
	add(DIM_ERROR, "server_error",
		&(struct totals){.attempts = 105, .retried = 5, .failed = 100});
	ck_assert(!speaks(ADVICE_retries_in_vain));
}
END_TEST

static void retry(const char *error, uint64_t retried)
{
	begin();
	survey.total = (struct totals){.attempts = 100, .retried = retried};
	facts.retried = facts.retried_by_backoff = 40;
	add(DIM_ERROR, error,
		&(struct totals){.attempts = retried, .retried = retried});
}

START_TEST(retries_for_the_upstreams_limit_ask_for_lower_limits)
{
	retry("rate_limit_exceeded", 5);
	ck_assert(speaks(ADVICE_lower_limits));
	ck_assert(!speaks(ADVICE_slower_retries));
	retry("rate_limit_exceeded", 4);
	ck_assert(!speaks(ADVICE_lower_limits));
	retry("rate_limit_exceeded", 5);
	survey.total.unsent = 100;
	ck_assert(speaks(ADVICE_lower_limits));
	ck_assert_str_eq(figures(), "retried 5");
}
END_TEST

START_TEST(retries_that_waited_as_the_upstream_said_ask_for_no_longer_delay)
{
	retry("server_error", 10);
	facts.retried_by_backoff = 0;
	ck_assert(!speaks(ADVICE_slower_retries));
	facts.retried_by_backoff = 17; /* 4.25 of the 10 */
	ck_assert(!speaks(ADVICE_slower_retries));
	facts.retried_by_backoff = 20;
	ck_assert(speaks(ADVICE_slower_retries));
	facts.retried = facts.retried_by_backoff = 0; /* nobody knows by what */
	ck_assert(!speaks(ADVICE_slower_retries));
}
END_TEST

START_TEST(retries_of_a_handful_of_attempts_ask_for_nothing)
{
	retry("server_error", 5);
	survey.total.attempts = 9;
	ck_assert(!speaks(ADVICE_slower_retries));
	retry("rate_limit_exceeded", 5);
	survey.total.attempts = 9;
	ck_assert(!speaks(ADVICE_lower_limits));
	survey.total.attempts = 10;
	ck_assert(speaks(ADVICE_lower_limits));
}
END_TEST

START_TEST(retries_for_other_reasons_ask_for_a_longer_delay)
{
	retry("server_error", 5);
	ck_assert(speaks(ADVICE_slower_retries));
	ck_assert_str_eq(figures(), "retried 5");
	ck_assert(!speaks(ADVICE_lower_limits));
	retry("server_error", 4);
	ck_assert(!speaks(ADVICE_slower_retries));
}
END_TEST

static void wait_often(int n, uint64_t ms)
{
	for (int i = 0; i < n; i++)
		histo_add(&survey.times.wait, ms);
}

static void wait_ms(uint64_t ms)
{
	wait_often(100, ms);
}

START_TEST(waiting_for_full_limits_asks_for_higher_ones)
{
	begin();
	wait_ms(9000);
	facts.utilization = 900;
	ck_assert(speaks(ADVICE_higher_limits));
	ck_assert_str_eq(found.text,
		"ask the provider for higher limits: one request in ten waits 9000 ms or "
		"longer for them");
	ck_assert_str_eq(
		figures(), "wait_p90 9000, fullest_limit 90, waited_for_a_limit 0");
	ck_assert(!speaks(ADVICE_more_at_a_time));
	for (uint64_t ms = 4999; ms <= 5000; ms++) {
		begin();
		wait_ms(ms);
		facts.utilization = 900;
		ck_assert(speaks(ADVICE_higher_limits) == (ms == 5000));
	}
	begin();
	wait_often(9, 9000);
	facts.utilization = 900;
	ck_assert(!speaks(ADVICE_higher_limits));
}
END_TEST

START_TEST(the_report_says_of_what_is_the_longest_wait_that_it_is_reached)
{
	struct jsonw w;
	struct str out;
	begin();
	wait_ms(30099);
	groups_rank(survey.by[DIM_MODEL]);
	groups_rank(survey.by[DIM_ERROR]);
	jsonw_init(&w, 1 << 16);
	jsonw_begin_object(&w);
	tell_performance(&w, &facts);
	jsonw_end_object(&w);
	ck_assert(jsonw_done(&w, &out));
	static const char issue[] =
		"\"one request in ten waits 30099 ms or longer in the queue\"";
	ck_assert_ptr_nonnull(memmem(out.p, out.n, issue, sizeof issue - 1));
	jsonw_fini(&w);
}
END_TEST

/* A hundred asked; so many waited for one to end, and so many for a limit or a pace. */
static void crowd(uint64_t place_waits, uint64_t limit_waits)
{
	begin();
	wait_ms(9000);
	facts.utilization = 899;
	facts.asked[PRIORITY_NORMAL] = 100;
	facts.place_waits = place_waits;
	facts.limit_waits = limit_waits;
}

START_TEST(limits_that_were_full_before_it_was_asked_ask_for_higher_ones_too)
{
	crowd(0, 10);
	facts.utilization = 0;
	ck_assert(speaks(ADVICE_higher_limits));
	ck_assert_uint_eq(found.figure[2].value, 10);
	crowd(0, 9);
	facts.utilization = 0;
	ck_assert(!speaks(ADVICE_higher_limits));
}
END_TEST

START_TEST(who_waits_behind_refusals_of_the_upstream_needs_no_higher_limits)
{
	crowd(0, 100);
	survey.total = (struct totals){.attempts = 100, .retried = 5};
	ck_assert(!speaks(ADVICE_higher_limits));
	survey.total.retried = 4;
	ck_assert(speaks(ADVICE_higher_limits));
}
END_TEST

START_TEST(waiting_for_those_that_run_asks_for_more_at_a_time)
{
	crowd(10, 9);
	ck_assert(speaks(ADVICE_more_at_a_time));
	ck_assert_str_eq(
		figures(), "wait_p90 9000, fullest_limit 90, waited_for_a_place 10");
	ck_assert(!speaks(ADVICE_higher_limits));
	facts.utilization = 900;
	ck_assert(!speaks(ADVICE_more_at_a_time));
	for (uint64_t ms = 4999; ms <= 5000; ms++) {
		crowd(10, 9);
		survey.times = (struct times){0};
		wait_ms(ms);
		ck_assert(speaks(ADVICE_more_at_a_time) == (ms == 5000));
	}
}
END_TEST

START_TEST(waiting_for_a_pace_or_for_nobody_knows_what_does_not)
{
	crowd(10, 10);
	ck_assert(!speaks(ADVICE_more_at_a_time));
	crowd(9, 0);
	ck_assert(!speaks(ADVICE_more_at_a_time));
	crowd(0, 0);
	ck_assert(!speaks(ADVICE_more_at_a_time));
}
END_TEST

/* A day of hours with that many requests each. */
static void fill_hours(uint32_t n, uint64_t requests)
{
	begin();
	for (uint32_t i = 0; i < n; i++)
		hour[47 - i].requests = requests;
	facts.requests_per_hour = 500;
}

START_TEST(a_limit_far_above_the_busiest_hour_is_idle)
{
	fill_hours(24, 99);
	ck_assert(speaks(ADVICE_idle_limits));
	ck_assert_str_eq(figures(), "busiest_hour 99, limit 500");
}
END_TEST

START_TEST(a_limit_of_tokens_is_idle_or_not_by_its_tokens)
{
	fill_hours(24, 99);
	facts.requests_per_hour = 0;
	facts.tokens_per_hour = 1000;
	hour[40].tokens = 199;
	ck_assert(speaks(ADVICE_idle_limits));
	ck_assert_uint_eq(found.figure[0].value, 199);
	ck_assert_int_eq(found.figure[0].unit, ADVICE_TOKENS);
	hour[40].tokens = 200;
	ck_assert(!speaks(ADVICE_idle_limits));
}
END_TEST

START_TEST(a_limit_that_is_used_by_a_fifth_or_not_known_for_a_day_is_not)
{
	fill_hours(24, 100);
	ck_assert(!speaks(ADVICE_idle_limits));
	fill_hours(23, 99);
	ck_assert(!speaks(ADVICE_idle_limits));
	fill_hours(24, 99);
	facts.requests_per_hour = 0;
	ck_assert(!speaks(ADVICE_idle_limits));
}
END_TEST

static void ask(uint64_t normal, uint64_t high, uint64_t urgent)
{
	begin();
	wait_ms(9000);
	facts.asked[PRIORITY_NORMAL] = normal;
	facts.asked[PRIORITY_HIGH] = high;
	facts.asked[PRIORITY_URGENT] = urgent;
}

START_TEST(when_most_go_first_nobody_does)
{
	ask(49, 30, 21);
	ck_assert(speaks(ADVICE_priorities));
	ck_assert_str_eq(figures(), "high_or_urgent 51, wait_p90 9000");
	ask(50, 30, 20);
	ck_assert(!speaks(ADVICE_priorities));
	ask(48, 30, 21);
	ck_assert(!speaks(ADVICE_priorities));
}
END_TEST

START_TEST(priorities_do_not_matter_where_nobody_waits)
{
	for (uint64_t ms = 4999; ms <= 5000; ms++) {
		ask(0, 100, 0);
		survey.times = (struct times){0};
		wait_ms(ms);
		ck_assert(speaks(ADVICE_priorities) == (ms == 5000));
	}
}
END_TEST

START_TEST(failures_are_named)
{
	begin();
	add(DIM_ERROR, "server_error", &(struct totals){.attempts = 1, .failed = 1});
	survey.total = (struct totals){.answered = 99, .failed = 1};
	ck_assert(speaks(ADVICE_failures));
	ck_assert_ptr_nonnull(strstr(found.text, "--error server_error"));
	ck_assert_str_eq(figures(), "failed 1, of 100");
	survey.total = (struct totals){.answered = 100, .failed = 1};
	ck_assert(!speaks(ADVICE_failures));
}
END_TEST

START_TEST(unknown_outcomes_save_nothing_and_put_in_question_what_they_count)
{
	begin();
	survey.total = (struct totals){
		.requests = 100, .unknown_requests = 1, .unknown_nanousd = 77};
	ck_assert(speaks(ADVICE_unknown_outcomes));
	ck_assert_uint_eq(found.saves_nanousd, 0);
	ck_assert_uint_eq(found.in_question_nanousd, 77);
	ck_assert_ptr_nonnull(strstr(found.text, "1 request counted"));
	ck_assert_str_eq(figures(), "unknown 1");
	survey.total.requests = 101;
	ck_assert(!speaks(ADVICE_unknown_outcomes));
}
END_TEST

START_TEST(with_nothing_to_judge_no_rule_speaks)
{
	begin();
	for (unsigned r = 0; r < ADVICE_RULES; r++)
		ck_assert_msg(
			!speaks((enum advice_rule)r), "rule %u: %s", r, found.text);
}
END_TEST

UNIT_MAIN("advice", a_handful_of_requests_asks_for_nothing,
	retries_that_waited_as_the_upstream_said_ask_for_no_longer_delay,
	retries_of_a_handful_of_attempts_ask_for_nothing,
	short_answers_ask_for_a_smaller_model, longer_answers_do_not,
	what_attempts_without_an_answer_did_not_write_makes_no_answer_short,
	what_nobody_knows_to_have_been_spent_is_not_saved,
	a_model_without_a_smaller_sibling_is_left_alone,
	what_saves_next_to_nothing_of_the_whole_is_no_advice,
	long_prompts_that_are_not_cached_ask_for_a_stable_beginning,
	prompts_that_are_cached_or_too_short_do_not,
	many_short_prompts_are_not_priced_as_one_long_one,
	retries_that_mend_nothing_are_in_vain,
	retries_that_mend_one_in_five_or_of_two_requests_are_not,
	failures_that_were_not_retried_say_nothing_of_the_retries_of_others,
	retries_for_the_upstreams_limit_ask_for_lower_limits,
	retries_for_other_reasons_ask_for_a_longer_delay,
	waiting_for_full_limits_asks_for_higher_ones,
	the_report_says_of_what_is_the_longest_wait_that_it_is_reached,
	limits_that_were_full_before_it_was_asked_ask_for_higher_ones_too,
	who_waits_behind_refusals_of_the_upstream_needs_no_higher_limits,
	waiting_for_those_that_run_asks_for_more_at_a_time,
	waiting_for_a_pace_or_for_nobody_knows_what_does_not,
	a_limit_far_above_the_busiest_hour_is_idle,
	a_limit_of_tokens_is_idle_or_not_by_its_tokens,
	a_limit_that_is_used_by_a_fifth_or_not_known_for_a_day_is_not,
	when_most_go_first_nobody_does, priorities_do_not_matter_where_nobody_waits,
	failures_are_named,
	unknown_outcomes_save_nothing_and_put_in_question_what_they_count,
	with_nothing_to_judge_no_rule_speaks)
