/* Alerts: what looks bad, when it is news, and when it is not any more. */
#include "../unit.h"
#include "insight/alert.h"

#include <string.h>

#define USD UINT64_C(1000000000)

static struct settings settings;
static struct alert_facts facts;
static struct alert_reading reading[ALERTS];
static struct alert_entry entry;

static void look(void)
{
	alert_look(&facts, &settings, reading);
}

static void begin(void)
{
	settings_defaults(&settings);
	facts = (struct alert_facts){0};
	entry = (struct alert_entry){0};
}

static bool step(bool is_bad, uint64_t hold_ms, uint64_t now_ms)
{
	struct alert_reading r = {.is_bad = is_bad};
	return alert_step(&entry, &r, hold_ms, now_ms);
}

/* ---- readings ------------------------------------------------------------------------- */

/* Just short of it, then at it. */
static void assert_edge(enum alert_id id, uint64_t *value, uint64_t threshold)
{
	*value = threshold - 1;
	look();
	ck_assert_msg(!reading[id].is_bad, "%s at %llu", alert_name(id),
		(unsigned long long)*value);
	*value = threshold;
	look();
	ck_assert_msg(reading[id].is_bad, "%s at %llu", alert_name(id),
		(unsigned long long)*value);
	ck_assert_uint_eq(reading[id].seen.value, threshold);
	ck_assert_uint_eq(reading[id].seen.threshold, threshold);
}

START_TEST(each_cost_is_bad_at_its_threshold)
{
	begin();
	settings.alerts_cost_day = 5 * USD;
	settings.alerts_cost_week = 20 * USD;
	settings.alerts_cost_month = 60 * USD;
	assert_edge(ALERT_cost_day, &facts.spent[PERIOD_DAY], 5 * USD);
	assert_edge(ALERT_cost_week, &facts.spent[PERIOD_WEEK], 20 * USD);
	assert_edge(ALERT_cost_month, &facts.spent[PERIOD_MONTH], 60 * USD);
}
END_TEST

START_TEST(a_threshold_of_nothing_is_none)
{
	begin();
	facts.spent[PERIOD_DAY] = 1000 * USD;
	look();
	ck_assert(!reading[ALERT_cost_day].is_bad);
}
END_TEST

START_TEST(limits_keys_and_the_ledger_are_bad_at_theirs)
{
	begin();
	assert_edge(ALERT_utilization, &facts.limit.value,
		settings.alerts_utilization_percent);
	assert_edge(ALERT_stabilization, &facts.unsteady.value, 1);
	assert_edge(ALERT_key_out_of_service, &facts.out.value, 1);
	assert_edge(ALERT_ledger, &facts.ledger.value, ALERT_LEDGER_S);
}
END_TEST

START_TEST(a_rate_of_errors_needs_some_requests)
{
	begin();
	facts.judged = facts.failed = ALERT_REQUESTS_LEAST - 1;
	look();
	ck_assert(!reading[ALERT_error_rate].is_bad);
	facts.judged = 100;
	assert_edge(ALERT_error_rate, &facts.failed, settings.alerts_error_percent);
}
END_TEST

START_TEST(a_rate_of_errors_says_of_how_many_and_when_those_are_too_few)
{
	begin();
	const char *detail = reading[ALERT_error_rate].seen.detail;
	look();
	ck_assert_str_eq(detail, "");
	facts = (struct alert_facts){.judged = 8, .failed = 5};
	look();
	ck_assert(!reading[ALERT_error_rate].is_bad);
	ck_assert_uint_eq(reading[ALERT_error_rate].seen.value, 62);
	ck_assert_str_eq(detail, "5 of 8, and it takes 10 requests");
	facts.failed = 1;
	look();
	ck_assert_str_eq(detail, "1 of 8");
	facts.failed = 5;
	facts.judged = ALERT_REQUESTS_LEAST;
	look();
	ck_assert(reading[ALERT_error_rate].is_bad);
	ck_assert_str_eq(detail, "5 of 10");
	facts = (struct alert_facts){.judged = UINT64_MAX, .failed = UINT64_MAX};
	look();
	ck_assert_uint_lt(strlen(detail), ALERT_DETAIL_BYTES);
}
END_TEST

START_TEST(which_one_it_is_comes_along)
{
	begin();
	facts.out = (struct alert_seen){.value = 1, .detail = "key default"};
	look();
	ck_assert_str_eq(reading[ALERT_key_out_of_service].seen.detail, "key default");
}
END_TEST

static bool step_many(uint32_t n, uint64_t hold_ms, uint64_t now_ms)
{
	struct alert_reading r = {.is_bad = n > 0, .n = n};
	return alert_step(&entry, &r, hold_ms, now_ms);
}

START_TEST(one_more_of_its_kind_is_news)
{
	begin();
	ck_assert(step_many(1, 0, 1000));
	ck_assert(!step_many(1, 0, 2000));
	ck_assert(step_many(3, 0, 3000));
	ck_assert_uint_eq(entry.state, ALERT_FIRING);
	ck_assert_uint_eq(entry.since_ms, 1000);
	ck_assert(!step_many(2, 0, 4000));
	ck_assert(step_many(3, 0, 5000)); /* another one, or that one again */
}
END_TEST

START_TEST(a_ledger_short_of_room_is_bad_and_one_that_takes_nothing_is_news_again)
{
	begin();
	facts.is_ledger_short = true;
	facts.ledger = (struct alert_seen){.detail = "make room"};
	look();
	const struct alert_reading *r = &reading[ALERT_ledger];
	ck_assert(r->is_bad);
	ck_assert_str_eq(r->seen.detail, "make room");
	ck_assert_uint_lt(r->seen.value, r->seen.threshold);
	ck_assert(alert_step(&entry, r, 0, 1000));
	ck_assert(!alert_step(&entry, r, 0, 2000));
	facts.ledger.value = ALERT_LEDGER_S;
	look();
	ck_assert(alert_step(&entry, r, 0, 3000));
	ck_assert_uint_eq(entry.state, ALERT_FIRING);
	facts = (struct alert_facts){0};
	look();
	ck_assert(alert_step(&entry, r, 0, 4000));
	ck_assert_uint_eq(entry.state, ALERT_RESOLVED);
}
END_TEST

START_TEST(of_what_flickers_only_the_first_is)
{
	begin();
	ck_assert(!step_many(1, 10, 1000));
	ck_assert(step_many(1, 10, 1010));
	ck_assert(!step_many(2, 10, 1020));
}
END_TEST

START_TEST(how_many_look_bad_comes_along)
{
	begin();
	facts.out.value = 2;
	facts.budgets.n = 3;
	look();
	ck_assert_uint_eq(reading[ALERT_key_out_of_service].n, 2);
	ck_assert_uint_eq(reading[ALERT_budget].n, 3);
	ck_assert_uint_eq(reading[ALERT_cost_day].n, 1);
}
END_TEST

START_TEST(budgets_are_told_as_they_were_looked_at)
{
	begin();
	facts.budgets = (struct alert_budgets){
		.seen = {.value = 42, .threshold = 90, .detail = "ann day"}};
	settings.alerts_budget_percent = 40; /* since then */
	look();
	const struct alert_reading *r = &reading[ALERT_budget];
	ck_assert(!r->is_bad);
	ck_assert_uint_eq(r->seen.threshold, 90);
	facts.budgets.seen.threshold = 40;
	facts.budgets.n = 1;
	look();
	ck_assert(r->is_bad);
	ck_assert_uint_eq(r->seen.value, 42);
	ck_assert_str_eq(r->seen.detail, "ann day");
}
END_TEST

START_TEST(what_is_over_says_what_it_was)
{
	begin();
	struct alert_reading r = {.is_bad = true, .n = 1, .seen.detail = "key a"};
	ck_assert(alert_step(&entry, &r, 0, 1000));
	r = (struct alert_reading){0};
	ck_assert(alert_step(&entry, &r, 0, 2000));
	ck_assert_uint_eq(entry.state, ALERT_RESOLVED);
	ck_assert_str_eq(entry.seen.detail, "key a");
	ck_assert(!alert_step(&entry, &r, 0, 2000 + ALERT_QUIET_MS));
	ck_assert_uint_eq(entry.state, ALERT_OK);
	ck_assert_str_eq(entry.seen.detail, "");
}
END_TEST

START_TEST(what_is_over_does_not_say_what_never_fired)
{
	begin();
	struct alert_reading ann = {.is_bad = true, .n = 1, .seen.detail = "ann day"};
	struct alert_reading ben = {.n = 0, .seen.detail = "ben day"};
	ck_assert(alert_step(&entry, &ann, 0, 1000));
	ck_assert(alert_step(&entry, &ben, 0, 2000));
	ck_assert_uint_eq(entry.state, ALERT_RESOLVED);
	ck_assert_str_eq(entry.seen.detail, "ann day");
	ck_assert(!alert_step(&entry, &ben, 0, 3000));
	ck_assert_str_eq(entry.seen.detail, "ann day");
	(void)!alert_step(&entry, &ben, 0, 2000 + ALERT_QUIET_MS);
	ck_assert_str_eq(entry.seen.detail, "ben day");
}
END_TEST

START_TEST(what_looks_well_is_named_by_what_fired_until_it_fires_itself)
{
	begin();
	struct alert_reading ann = {.is_bad = true, .seen.detail = "key a"};
	struct alert_reading ben = {.is_bad = true, .seen.detail = "key b"};
	struct alert_reading well = {.seen.detail = "key c"};
	(void)!alert_step(&entry, &ann, 10, 1000);
	ck_assert(alert_step(&entry, &ann, 10, 1010));
	ck_assert(!alert_step(&entry, &well, 10, 1020));
	ck_assert_str_eq(entry.seen.detail, "key a");
	ck_assert(alert_step(&entry, &well, 10, 1030));
	ck_assert(!alert_step(&entry, &ben, 10, 1040)); /* is not believed yet */
	ck_assert_str_eq(entry.seen.detail, "key a");
	ck_assert(alert_step(&entry, &ben, 10, 1050));
	ck_assert_str_eq(entry.seen.detail, "key b");
}
END_TEST

START_TEST(a_rate_of_errors_goes_with_its_figures_to_the_end)
{
	begin();
	const struct alert_reading *r = &reading[ALERT_error_rate];
	facts = (struct alert_facts){.judged = 10, .failed = 5};
	look();
	ck_assert(alert_step(&entry, r, 0, 1000));
	facts.judged = 100;
	look();
	ck_assert(alert_step(&entry, r, 0, 2000));
	ck_assert_uint_eq(entry.seen.value, 5);
	ck_assert_str_eq(entry.seen.detail, "5 of 100");
}
END_TEST

START_TEST(only_what_flickers_is_held)
{
	begin();
	settings.alerts_hold_ns = UINT64_C(60000000000);
	ck_assert_uint_eq(alert_hold_ms(ALERT_error_rate, &settings), 60000);
	ck_assert_uint_eq(alert_hold_ms(ALERT_utilization, &settings), 60000);
	ck_assert_uint_eq(alert_hold_ms(ALERT_stabilization, &settings), 60000);
	ck_assert_uint_eq(alert_hold_ms(ALERT_cost_day, &settings), 0);
	ck_assert_uint_eq(alert_hold_ms(ALERT_ledger, &settings), 0);
}
END_TEST

/* ---- states ----------------------------------------------------------------------------- */

START_TEST(without_a_hold_it_fires_and_resolves_at_once)
{
	begin();
	ck_assert(!step(false, 0, 1000));
	ck_assert(step(true, 0, 2000));
	ck_assert_uint_eq(entry.state, ALERT_FIRING);
	ck_assert_uint_eq(entry.since_ms, 2000);
	ck_assert(!step(true, 0, 3000));
	ck_assert(step(false, 0, 4000));
	ck_assert_uint_eq(entry.state, ALERT_RESOLVED);
}
END_TEST

START_TEST(with_a_hold_it_waits_as_pending)
{
	begin();
	ck_assert(!step(true, 60000, 1000));
	ck_assert_uint_eq(entry.state, ALERT_PENDING);
	ck_assert(!step(true, 60000, 60999));
	ck_assert(step(true, 60000, 61000));
	ck_assert_uint_eq(entry.state, ALERT_FIRING);
}
END_TEST

START_TEST(what_was_bad_for_a_moment_is_no_news)
{
	begin();
	ck_assert(!step(true, 60000, 1000));
	ck_assert(!step(false, 60000, 2000));
	ck_assert_uint_eq(entry.state, ALERT_OK);
	ck_assert(!step(true, 60000, 3000));
	ck_assert(!step(true, 60000, 62000));
	ck_assert_uint_eq(entry.state, ALERT_PENDING);
}
END_TEST

START_TEST(what_flickers_while_it_fires_is_one_alert)
{
	begin();
	(void)!step(true, 60000, 1000);
	ck_assert(step(true, 60000, 61000));
	ck_assert(!step(false, 60000, 70000));
	ck_assert(!step(true, 60000, 100000));
	ck_assert(!step(false, 60000, 131000));
	ck_assert(!step(false, 60000, 190999));
	ck_assert(step(false, 60000, 191000));
	ck_assert_uint_eq(entry.state, ALERT_RESOLVED);
}
END_TEST

START_TEST(a_resolved_one_is_ok_when_it_stays_quiet)
{
	begin();
	(void)!step(true, 0, 1000);
	(void)!step(false, 0, 2000);
	ck_assert(!step(false, 0, 2000 + ALERT_QUIET_MS - 1));
	ck_assert_uint_eq(entry.state, ALERT_RESOLVED);
	ck_assert(!step(false, 0, 2000 + ALERT_QUIET_MS));
	ck_assert_uint_eq(entry.since_ms, 2000);
	ck_assert_uint_eq(entry.state, ALERT_OK);
}
END_TEST

START_TEST(a_resolved_one_fires_again)
{
	begin();
	(void)!step(true, 0, 1000);
	(void)!step(false, 0, 2000);
	ck_assert(step(true, 0, 3000));
	ck_assert_uint_eq(entry.state, ALERT_FIRING);
}
END_TEST

START_TEST(a_clock_set_back_neither_fires_nor_sticks)
{
	begin();
	ck_assert(!step(true, 60000, 1000000));
	ck_assert(!step(true, 60000, 1000));
	ck_assert(!step(false, 60000, 2000));
	ck_assert_uint_eq(entry.state, ALERT_OK);
}
END_TEST

START_TEST(a_clock_set_back_holds_nothing_up)
{
	begin();
	ck_assert(!step(true, 60000, 1000000));
	ck_assert(!step(true, 60000, 1000));
	ck_assert(step(true, 60000, 61000));
	ck_assert_uint_eq(entry.state, ALERT_FIRING);
}
END_TEST

START_TEST(an_impossible_state_begins_anew)
{
	begin();
	entry.state = 77;
	ck_assert(!step(false, 0, 1000));
	ck_assert_uint_eq(entry.state, ALERT_OK);
}
END_TEST

START_TEST(news_are_numbered_and_the_newest_stay)
{
	static struct alerts_page p;
	memset(&p, 0, sizeof p);
	for (uint64_t i = 1; i <= ALERT_NEWS + 3; i++)
		alert_tell(&p, ALERT_budget, i);
	ck_assert_uint_eq(p.sequence, ALERT_NEWS + 3);
	ck_assert_uint_eq(
		p.news[(ALERT_NEWS + 3) % ALERT_NEWS].wall_ms, ALERT_NEWS + 3);
	ck_assert_uint_eq(p.news[4 % ALERT_NEWS].sequence, 4);
}
END_TEST

UNIT_MAIN("alert", each_cost_is_bad_at_its_threshold, a_threshold_of_nothing_is_none,
	limits_keys_and_the_ledger_are_bad_at_theirs,
	a_rate_of_errors_needs_some_requests,
	a_rate_of_errors_says_of_how_many_and_when_those_are_too_few,
	which_one_it_is_comes_along, one_more_of_its_kind_is_news,
	a_ledger_short_of_room_is_bad_and_one_that_takes_nothing_is_news_again,
	of_what_flickers_only_the_first_is, how_many_look_bad_comes_along,
	budgets_are_told_as_they_were_looked_at, what_is_over_says_what_it_was,
	what_is_over_does_not_say_what_never_fired,
	what_looks_well_is_named_by_what_fired_until_it_fires_itself,
	a_rate_of_errors_goes_with_its_figures_to_the_end, only_what_flickers_is_held,
	without_a_hold_it_fires_and_resolves_at_once, with_a_hold_it_waits_as_pending,
	what_was_bad_for_a_moment_is_no_news, what_flickers_while_it_fires_is_one_alert,
	a_resolved_one_is_ok_when_it_stays_quiet, a_resolved_one_fires_again,
	a_clock_set_back_neither_fires_nor_sticks, a_clock_set_back_holds_nothing_up,
	an_impossible_state_begins_anew, news_are_numbered_and_the_newest_stay)
