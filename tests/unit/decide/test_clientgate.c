/* The rules of client limits, in virtual time. */
#include "../unit.h"
#include "base/clock.h"
#include "decide/clientgate.h"

#include <string.h>

#define USD UINT64_C(1000000000)

static const uint64_t tuesday_ms = UINT64_C(1796083200000); /* 2026-12-01T00:00Z */

static struct client_limits limits;
static struct gate_request request;
static struct gate_use use;
static struct gate_refusal no;

static void begin(void)
{
	limits = (struct client_limits){0};
	request = (struct gate_request){.model = STR("gpt-4o"),
		.prompt_chars = 100,
		.max_tokens = 50,
		.is_answered_in_text = true,
		.tokens = 50,
		.nanousd = USD / 100};
	use = (struct gate_use){.held_requests = 1,
		.held_nanousd = request.nanousd,
		.now_ms = tuesday_ms};
}

static void say(enum client_limit which, uint64_t n)
{
	client_limit_set_number(&limits, which, n);
}

START_TEST(nothing_said_allows_everything)
{
	begin();
	request.has_priority = true;
	request.priority = 3;
	request.max_tokens = 0;
	use.held_requests = 1000;
	use.held_nanousd = use.spent_nanousd[0] = 1000 * USD;
	ck_assert(gate_check_form(&limits, &request, &no));
	ck_assert(gate_check_use(&limits, &request, &use, &no));
	for (unsigned i = 0; i < GATE_RATES; i++) {
		struct bucket_rate rate;
		ck_assert(!gate_rate(&limits, (enum client_limit)i, 10, &rate));
	}
}
END_TEST

START_TEST(the_settings_give_every_default)
{
	struct settings s;
	settings_defaults(&s);
	s.client_requests_per_hour = 7;
	s.client_budget_month = 3 * USD;
	s.client_priority = 0;
	strcpy(s.client_models, "o3*");
	gate_defaults(&s, &limits);
	for (unsigned i = 0; i < CLIENT_LIMITS; i++)
		ck_assert(client_limit_is_said(&limits, (enum client_limit)i));
	ck_assert_uint_eq(client_limit_get(&limits, CLIENT_LIMIT_requests_per_hour), 7);
	ck_assert_uint_eq(
		client_limit_get(&limits, CLIENT_LIMIT_budget_month), 3 * USD);
	ck_assert_uint_eq(client_limit_get(&limits, CLIENT_LIMIT_priority), 0);
	ck_assert_str_eq(limits.models, "o3*");
}
END_TEST

START_TEST(the_form_is_refused_by_the_first_limit_it_breaks)
{
	begin();
	strcpy(limits.models, "gpt-4o-mini,o3*");
	say(CLIENT_LIMIT_max_tokens, 49);
	say(CLIENT_LIMIT_max_prompt, 99);
	ck_assert(!gate_check_form(&limits, &request, &no));
	ck_assert_int_eq(no.limit, CLIENT_LIMIT_models);
	ck_assert_uint_eq(no.asked, 1);
	request.model = STR("");
	ck_assert(!gate_check_form(&limits, &request, &no));
	ck_assert_uint_eq(no.asked, 0);
	request.model = STR("o3-mini");
	ck_assert(!gate_check_form(&limits, &request, &no));
	ck_assert_int_eq(no.limit, CLIENT_LIMIT_max_tokens);
	ck_assert_uint_eq(no.allowed, 49);
	ck_assert_uint_eq(no.asked, 50);
	request.max_tokens = 49;
	ck_assert(!gate_check_form(&limits, &request, &no));
	ck_assert_int_eq(no.limit, CLIENT_LIMIT_max_prompt);
	ck_assert_int_eq(no.kind, GATE_TOO_LARGE);
	request.prompt_chars = 99;
	ck_assert(gate_check_form(&limits, &request, &no));
}
END_TEST

START_TEST(who_has_a_cap_on_answers_must_name_one_where_there_are_answers)
{
	begin();
	say(CLIENT_LIMIT_max_tokens, 10);
	request.max_tokens = 0;
	ck_assert(!gate_check_form(&limits, &request, &no));
	ck_assert_uint_eq(no.asked, 0);
	request.is_answered_in_text = false;
	ck_assert(gate_check_form(&limits, &request, &no));
}
END_TEST

START_TEST(a_priority_above_the_highest_is_refused_when_named_else_lowered)
{
	begin();
	ck_assert_uint_eq(gate_priority(&limits, &request), GATE_PRIORITY_NORMAL);
	say(CLIENT_LIMIT_priority, 0);
	ck_assert(gate_check_form(&limits, &request, &no));
	ck_assert_uint_eq(gate_priority(&limits, &request), 0);
	request.has_priority = true;
	request.priority = 1;
	ck_assert(!gate_check_form(&limits, &request, &no));
	ck_assert_int_eq(no.limit, CLIENT_LIMIT_priority);
	say(CLIENT_LIMIT_priority, 2);
	ck_assert(gate_check_form(&limits, &request, &no));
	ck_assert_uint_eq(gate_priority(&limits, &request), 1);
}
END_TEST

START_TEST(concurrency_counts_the_request_itself)
{
	begin();
	say(CLIENT_LIMIT_concurrent, 2);
	use.held_requests = 2;
	ck_assert(gate_check_use(&limits, &request, &use, &no));
	use.held_requests = 3;
	ck_assert(!gate_check_use(&limits, &request, &use, &no));
	ck_assert_int_eq(no.limit, CLIENT_LIMIT_concurrent);
	ck_assert_int_eq(no.kind, GATE_LATER);
	ck_assert_uint_eq(no.used, 2);
}
END_TEST

START_TEST(a_budget_is_filled_to_the_last_nano_dollar_and_not_passed)
{
	begin();
	say(CLIENT_LIMIT_budget_day, USD);
	use.spent_nanousd[PERIOD_DAY] = USD - request.nanousd;
	ck_assert(gate_check_use(&limits, &request, &use, &no));
	use.spent_nanousd[PERIOD_DAY]++;
	ck_assert(!gate_check_use(&limits, &request, &use, &no));
	ck_assert_int_eq(no.limit, CLIENT_LIMIT_budget_day);
	ck_assert_int_eq(no.kind, GATE_SPENT);
	ck_assert_uint_eq(no.allowed, USD);
	ck_assert_uint_eq(no.used, USD - request.nanousd + 1);
	ck_assert_uint_eq(no.asked, request.nanousd);
	ck_assert_uint_eq(no.renews_ms, tuesday_ms + 86400000);
}
END_TEST

START_TEST(what_may_cost_more_than_a_whole_budget_never_fits_it)
{
	begin();
	say(CLIENT_LIMIT_budget_day, request.nanousd);
	say(CLIENT_LIMIT_budget_month, request.nanousd);
	ck_assert(gate_check_form(&limits, &request, &no));
	say(CLIENT_LIMIT_budget_month, request.nanousd - 1);
	ck_assert(!gate_check_form(&limits, &request, &no));
	ck_assert_int_eq(no.limit, CLIENT_LIMIT_budget_month);
	ck_assert_int_eq(no.kind, GATE_TOO_LARGE);
	ck_assert_uint_eq(no.allowed, request.nanousd - 1);
	ck_assert_uint_eq(no.asked, request.nanousd);
	ck_assert_uint_eq(no.renews_ms, 0);
}
END_TEST

START_TEST(what_costs_nothing_needs_a_budget_that_is_not_spent)
{
	begin();
	say(CLIENT_LIMIT_budget_day, USD);
	request.nanousd = use.held_nanousd = 0;
	use.spent_nanousd[PERIOD_DAY] = USD - 1;
	ck_assert(gate_check_use(&limits, &request, &use, &no));
	use.spent_nanousd[PERIOD_DAY] = USD;
	ck_assert(!gate_check_use(&limits, &request, &use, &no));
}
END_TEST

START_TEST(what_others_hold_may_come_back)
{
	begin();
	say(CLIENT_LIMIT_budget_day, USD);
	use.spent_nanousd[PERIOD_DAY] = USD / 2;
	use.held_nanousd = USD / 2;
	ck_assert(gate_check_use(&limits, &request, &use, &no));
	use.held_nanousd++;
	ck_assert(!gate_check_use(&limits, &request, &use, &no));
	ck_assert_int_eq(no.kind, GATE_LATER);
	ck_assert_uint_eq(no.used, USD / 2);
	ck_assert_uint_eq(no.held, USD / 2 + 1 - request.nanousd);
	use.held_nanousd = use.spent_nanousd[PERIOD_DAY] = UINT64_MAX;
	ck_assert(!gate_check_use(&limits, &request, &use, &no));
	ck_assert_int_eq(no.kind, GATE_SPENT);
}
END_TEST

START_TEST(of_spent_budgets_the_one_that_renews_last_is_named)
{
	begin();
	say(CLIENT_LIMIT_budget_day, USD);
	say(CLIENT_LIMIT_budget_week, USD);
	say(CLIENT_LIMIT_budget_month, 2 * USD);
	use.spent_nanousd[PERIOD_DAY] = use.spent_nanousd[PERIOD_WEEK] = USD;
	use.spent_nanousd[PERIOD_MONTH] = USD;
	ck_assert(!gate_check_use(&limits, &request, &use, &no));
	ck_assert_int_eq(no.limit, CLIENT_LIMIT_budget_week);
	ck_assert_uint_eq(no.renews_ms, tuesday_ms + 6 * UINT64_C(86400000));
	use.spent_nanousd[PERIOD_MONTH] = 2 * USD;
	ck_assert(!gate_check_use(&limits, &request, &use, &no));
	ck_assert_int_eq(no.limit, CLIENT_LIMIT_budget_month);
}
END_TEST

START_TEST(a_refusal_is_for_a_budget_that_has_no_room)
{
	static const struct {
		enum client_limit limit;
		enum gate_kind kind;
		bool is_for_budget;
	} cases[] = {{CLIENT_LIMIT_budget_day, GATE_SPENT, true},
		{CLIENT_LIMIT_budget_month, GATE_SPENT, true},
		{CLIENT_LIMIT_budget_week, GATE_TOO_LARGE, true},
		{CLIENT_LIMIT_budget_week, GATE_LATER, false},
		{CLIENT_LIMIT_concurrent, GATE_LATER, false},
		{CLIENT_LIMIT_tokens_per_hour, GATE_TOO_LARGE, false},
		{CLIENT_LIMIT_priority, GATE_NOT_ALLOWED, false}};
	for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct gate_refusal one = {
			.limit = cases[i].limit, .kind = cases[i].kind};
		ck_assert_msg(gate_is_for_budget(&one) == cases[i].is_for_budget,
			"case %u", i);
	}
}
END_TEST

START_TEST(a_rate_has_a_burst_and_room_for_one_large_request)
{
	struct bucket_rate rate;
	begin();
	say(CLIENT_LIMIT_requests_per_minute, 5);
	say(CLIENT_LIMIT_tokens_per_hour, 1000);
	ck_assert(gate_rate(&limits, CLIENT_LIMIT_requests_per_minute, 10, &rate));
	ck_assert_uint_eq(rate.tokens, 5);
	ck_assert_uint_eq(rate.period_ns, 60 * NS_PER_S);
	ck_assert_uint_eq(rate.burst, 1);
	ck_assert_uint_eq(rate.most, 0);
	ck_assert(gate_rate(&limits, CLIENT_LIMIT_tokens_per_hour, 10, &rate));
	ck_assert_uint_eq(rate.period_ns, 3600 * NS_PER_S);
	ck_assert_uint_eq(rate.burst, 100);
	ck_assert_uint_eq(rate.most, 1000);
	ck_assert_uint_eq(gate_rate_cost(CLIENT_LIMIT_requests_per_hour, &request), 1);
	ck_assert_uint_eq(gate_rate_cost(CLIENT_LIMIT_tokens_per_minute, &request), 50);
}
END_TEST

/* Any 60 s hold at most limit + burst, whatever sizes come and however hard they press. */
START_TEST(no_minute_has_more_than_limit_and_burst)
{
	enum { LIMIT = 1000, TAKES = 4000 };
	static uint64_t at[TAKES], n[TAKES];
	struct bucket_rate rate;
	begin();
	say(CLIENT_LIMIT_tokens_per_minute, LIMIT);
	ck_assert(gate_rate(&limits, CLIENT_LIMIT_tokens_per_minute, 10, &rate));
	uint64_t tat = 0, now = 100 * NS_PER_S, seed = 1;
	for (unsigned i = 0; i < TAKES;) {
		seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
		uint64_t want = 1 + (seed >> 33) % (i % 7 ? 60 : LIMIT);
		struct bucket_take t = bucket_take(tat, &rate, want, now);
		ck_assert_int_ne(t.verdict, BUCKET_NEVER);
		if (t.verdict == BUCKET_LATER) {
			gate_rate_refusal(CLIENT_LIMIT_tokens_per_minute, &rate, want,
				tat, now, &no);
			ck_assert_uint_ge(now + no.wait_ms * NS_PER_MS, t.earliest_ns);
			ck_assert_uint_le(no.wait_ms, 60000);
			now = t.earliest_ns;
			continue;
		}
		tat = t.tat_ns;
		at[i] = now;
		n[i++] = want;
		now += (seed >> 40) % (3 * NS_PER_S) * (i % 11 == 0);
	}
	for (unsigned i = 0; i < TAKES; i++) {
		uint64_t sum = 0;
		for (unsigned k = i; k < TAKES && at[k] < at[i] + 60 * NS_PER_S; k++)
			sum += n[k];
		ck_assert_uint_le(sum, LIMIT + LIMIT / 10);
	}
}
END_TEST

START_TEST(a_rates_refusal_tells_use_and_wait)
{
	const struct bucket_rate rate = {60, 60 * NS_PER_S, 6, 0};
	uint64_t now = 100 * NS_PER_S, tat = bucket_take(0, &rate, 6, now).tat_ns;
	gate_rate_refusal(CLIENT_LIMIT_requests_per_minute, &rate, 1, tat, now, &no);
	ck_assert_int_eq(no.kind, GATE_LATER);
	ck_assert_uint_eq(no.allowed, 60);
	ck_assert_uint_eq(no.used, 6);
	ck_assert_uint_eq(no.wait_ms, 1000);
	gate_rate_refusal(CLIENT_LIMIT_requests_per_minute, &rate, 7, tat, now, &no);
	ck_assert_int_eq(no.kind, GATE_TOO_LARGE);
}
END_TEST

START_TEST(the_limit_nearest_to_its_end_is_noted)
{
	struct client_limits l = {0};
	struct gate_use sum = {.held_requests = 3, .held_nanousd = 20};
	struct client_limit_use u = {0};
	struct bucket_rate rate;
	sum.spent_nanousd[gate_period(CLIENT_LIMIT_budget_week)] = 50;
	gate_note_use(&l, &sum, &u);
	ck_assert_uint_eq(u.allowed, 0); /* none is said */
	client_limit_set_number(&l, CLIENT_LIMIT_concurrent, 10);
	client_limit_set_number(&l, CLIENT_LIMIT_budget_day, 100);
	client_limit_set_number(&l, CLIENT_LIMIT_budget_week, 100);
	gate_note_use(&l, &sum, &u);
	ck_assert_int_eq(u.which, CLIENT_LIMIT_budget_week);
	ck_assert_uint_eq(u.allowed, 100);
	ck_assert_uint_eq(u.used, 70);
	ck_assert_uint_eq(u.at_once, 0);
	/* 6 of 60 a minute are little, and 6 of 6 at once all there is */
	client_limit_set_number(&l, CLIENT_LIMIT_requests_per_minute, 60);
	ck_assert(gate_rate(&l, CLIENT_LIMIT_requests_per_minute, 10, &rate));
	gate_note_rate(CLIENT_LIMIT_requests_per_minute, &rate, 4 * NS_PER_S, 0, &u);
	ck_assert_int_eq(u.which, CLIENT_LIMIT_budget_week);
	gate_note_rate(CLIENT_LIMIT_requests_per_minute, &rate, 6 * NS_PER_S, 0, &u);
	ck_assert_int_eq(u.which, CLIENT_LIMIT_requests_per_minute);
	ck_assert_uint_eq(u.allowed, 60);
	ck_assert_uint_eq(u.at_once, 6);
	ck_assert_uint_eq(u.used, 6);
}
END_TEST

UNIT_MAIN("clientgate", the_limit_nearest_to_its_end_is_noted,
	nothing_said_allows_everything, the_settings_give_every_default,
	the_form_is_refused_by_the_first_limit_it_breaks,
	who_has_a_cap_on_answers_must_name_one_where_there_are_answers,
	a_priority_above_the_highest_is_refused_when_named_else_lowered,
	concurrency_counts_the_request_itself,
	a_budget_is_filled_to_the_last_nano_dollar_and_not_passed,
	what_may_cost_more_than_a_whole_budget_never_fits_it,
	what_costs_nothing_needs_a_budget_that_is_not_spent,
	what_others_hold_may_come_back,
	of_spent_budgets_the_one_that_renews_last_is_named,
	a_refusal_is_for_a_budget_that_has_no_room,
	a_rate_has_a_burst_and_room_for_one_large_request,
	no_minute_has_more_than_limit_and_burst, a_rates_refusal_tells_use_and_wait)
