/* What an attempt's end means. */
#include "../unit.h"
#include "base/clock.h"
#include "decide/retry.h"

#include <string.h>

static const struct retry_policy policy = {
	.max_retries = 5, .base_delay_ns = NS_PER_S, .max_delay_ns = 300 * NS_PER_S};
static const struct retry_history first = {
	.attempts = 1, .remaining_ns = 600 * NS_PER_S, .random = UINT32_MAX};

static struct attempt_end answer(uint32_t status, const char *code, const char *message)
{
	return (struct attempt_end){.status = status,
		.code = {code, strlen(code)},
		.message = {message, strlen(message)}};
}

START_TEST(answers_are_classified_by_code_then_message_then_status)
{
	static const struct {
		uint32_t status;
		const char *code, *message;
		enum attempt_class class;
		bool retry;
	} rows[] = {
		{200, "", "", CLASS_OK, false},
		{429, "rate_limit_exceeded", "Rate limit reached", CLASS_RATE_LIMIT,
			true},
		{429, "rate_limit_exceeded",
			"Request too large for gpt-4o: Limit 30000", CLASS_TOO_LARGE,
			false},
		{429, "insufficient_quota", "You exceeded", CLASS_QUOTA, false},
		{429, "project_spend_limit_exceeded", "", CLASS_QUOTA, false},
		{429, "slow_down", "", CLASS_SLOW_DOWN, true},
		{503, "", "Slow Down, please", CLASS_SLOW_DOWN, true},
		{503, "server_is_overloaded", "", CLASS_OVERLOADED, true},
		{503, "", "", CLASS_OVERLOADED, true},
		{500, "", "", CLASS_SERVER, true},
		{502, "", "", CLASS_SERVER, true},
		{504, "", "", CLASS_SERVER, true},
		{408, "", "", CLASS_SERVER, true},
		{409, "", "", CLASS_SERVER, true},
		{400, "", "", CLASS_CLIENT, false},
		{401, "invalid_api_key", "", CLASS_AUTH, false},
		{403, "", "", CLASS_AUTH, false},
		{404, "model_not_found", "", CLASS_CLIENT, false},
		{422, "", "", CLASS_CLIENT, false},
	};
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct attempt_end end =
			answer(rows[i].status, rows[i].code, rows[i].message);
		struct retry_verdict v = retry_decide(&end, &policy, &first);
		ck_assert_msg(v.class == rows[i].class, "row %zu is %s", i,
			attempt_class_name(v.class));
		ck_assert_msg(v.retry == rows[i].retry, "row %zu", i);
	}
}
END_TEST

START_TEST(an_unknown_outcome_is_retried_only_where_the_setting_says_so)
{
	struct attempt_end end = {.fate = FATE_UNKNOWN};
	ck_assert(!retry_decide(&end, &policy, &first).retry);
	struct retry_policy brave = policy;
	brave.retry_unknown = true;
	ck_assert(retry_decide(&end, &brave, &first).retry);
	end.fate = FATE_CUT;
	ck_assert(!retry_decide(&end, &brave, &first).retry);
	end.fate = FATE_NOT_SENT;
	ck_assert(retry_decide(&end, &policy, &first).retry);
}
END_TEST

START_TEST(attempts_and_time_are_bounded)
{
	struct attempt_end end = answer(500, "", "");
	struct retry_history h = first;
	h.attempts = 5;
	ck_assert(retry_decide(&end, &policy, &h).retry);
	h.attempts = 6;
	ck_assert(!retry_decide(&end, &policy, &h).retry);
	h.attempts = 1;
	h.remaining_ns = NS_PER_S / 2;
	ck_assert(!retry_decide(&end, &policy, &h).retry);
}
END_TEST

START_TEST(the_delay_doubles_is_jittered_and_stays_below_its_maximum)
{
	struct attempt_end end = answer(500, "", "");
	struct retry_policy p = policy;
	p.max_retries = 20;
	for (uint32_t n = 1; n <= 20; n++) {
		uint64_t ceiling = MIN(NS_PER_S << (n - 1), p.max_delay_ns);
		struct retry_history h = first;
		h.attempts = n;
		uint64_t most = retry_decide(&end, &p, &h).delay_ns;
		ck_assert_uint_le(most, ceiling);
		ck_assert_uint_ge(most, ceiling - ceiling / 1000);
		h.random = 0;
		ck_assert_uint_eq(retry_decide(&end, &p, &h).delay_ns, 0);
	}
}
END_TEST

START_TEST(retry_after_is_a_floor)
{
	struct attempt_end end = answer(429, "rate_limit_exceeded", "");
	end.retry_after_ns = 7 * NS_PER_S;
	struct retry_history h = first;
	h.random = 0;
	ck_assert_uint_eq(retry_decide(&end, &policy, &h).delay_ns, 7 * NS_PER_S);
	h.random = UINT32_MAX;
	ck_assert_uint_gt(retry_decide(&end, &policy, &h).delay_ns, 7 * NS_PER_S);
}
END_TEST

START_TEST(the_upstreams_advice_goes_before_the_class)
{
	struct attempt_end end = answer(500, "", "");
	end.advice = RETRY_NO;
	ck_assert(!retry_decide(&end, &policy, &first).retry);
	end = answer(400, "", "");
	end.advice = RETRY_YES;
	ck_assert(retry_decide(&end, &policy, &first).retry);
	end = answer(429, "insufficient_quota", "");
	end.advice = RETRY_YES;
	ck_assert(!retry_decide(&end, &policy, &first).retry);
}
END_TEST

START_TEST(retries_of_all_requests_are_a_tenth_of_the_traffic_and_a_trickle)
{
	struct retry_budget b = {0};
	uint64_t now = 1000 * NS_PER_S, last = 0;
	for (int i = 0; i < RETRY_BUDGET_MOST; i++) {
		ck_assert_uint_eq(retry_budget_wait(&b, now), 0);
		retry_budget_take(&b, now);
	}
	for (int i = 0; i < 100; i++) {
		last = retry_budget_wait(&b, now);
		ck_assert_uint_eq(last, (uint64_t)(i + 1) * NS_PER_S / 10);
		retry_budget_take(&b, now);
	}
	for (int i = 0; i < 10; i++)
		retry_budget_earn(&b);
	ck_assert_uint_eq(retry_budget_wait(&b, now), last);
	ck_assert_uint_eq(retry_budget_wait(&b, now + 60 * NS_PER_S), 0);
}
END_TEST

START_TEST(a_budget_that_is_spent_delays_and_outlasts_no_deadline)
{
	struct attempt_end end = answer(500, "", "");
	struct retry_history h = first;
	h.random = 0;
	h.budget_ns = 3 * NS_PER_S;
	ck_assert_uint_eq(retry_decide(&end, &policy, &h).delay_ns, 3 * NS_PER_S);
	h.remaining_ns = 2 * NS_PER_S;
	ck_assert(!retry_decide(&end, &policy, &h).retry);
}
END_TEST

START_TEST(a_message_can_name_the_wait)
{
	static const struct {
		const char *message;
		uint64_t ns;
	} rows[] = {
		{"Limit 10000, Used 8782, Requested 8172. Please try again in 41.724s. "
		 "Visit https://x for more.",
			UINT64_C(41724) * NS_PER_MS},
		{"Please try again in 1m26.4s.", UINT64_C(86400) * NS_PER_MS},
		{"Please try again in 120ms", 120 * NS_PER_MS},
		{"Please try again in 6m0s, or later", 360 * NS_PER_S},
		{"Please try again in a moment.", 0},
		{"Please try again in ", 0},
		{"Please try again in -5s.", 0},
		{"Please try again later.", 0},
		{"", 0},
	};
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct str s = {rows[i].message, strlen(rows[i].message)};
		ck_assert_uint_eq(retry_hint_ns(s), rows[i].ns);
	}
	ck_assert_uint_eq(retry_hint_ns((struct str){NULL, 0}), 0);
}
END_TEST

START_TEST(a_delay_says_whose_word_it_is)
{
	struct attempt_end end = answer(429, "rate_limit_exceeded", "Rate limit");
	struct retry_history history = first;
	ck_assert_int_eq(retry_decide(&end, &policy, &history).by, RETRY_BY_BACKOFF);
	end.retry_after_ns = 20 * NS_PER_S;
	ck_assert_int_eq(retry_decide(&end, &policy, &history).by, RETRY_BY_UPSTREAM);
	history.budget_ns = 60 * NS_PER_S;
	struct retry_verdict v = retry_decide(&end, &policy, &history);
	ck_assert_int_eq(v.by, RETRY_BY_BUDGET);
	ck_assert_uint_eq(v.delay_ns, 60 * NS_PER_S);
	ck_assert_str_eq(retry_word_name(RETRY_BY_UPSTREAM), "retry_after");
	ck_assert_ptr_null(retry_word_name(RETRY_BY_NOBODY));
}
END_TEST

UNIT_MAIN("retry", a_message_can_name_the_wait,
	answers_are_classified_by_code_then_message_then_status,
	an_unknown_outcome_is_retried_only_where_the_setting_says_so,
	attempts_and_time_are_bounded,
	the_delay_doubles_is_jittered_and_stays_below_its_maximum,
	retry_after_is_a_floor, the_upstreams_advice_goes_before_the_class,
	retries_of_all_requests_are_a_tenth_of_the_traffic_and_a_trickle,
	a_budget_that_is_spent_delays_and_outlasts_no_deadline,
	a_delay_says_whose_word_it_is)
