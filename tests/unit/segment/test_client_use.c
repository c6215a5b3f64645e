/* Rates, holds and spending of clients. */
#include "../unit.h"
#include "base/clock.h"
#include "segment/client_use.h"

#include <string.h>

enum { MEM_BYTES = 1 << 16, N_CHANNELS = 3, MAX_TOKENS = 4 };

#define MINUTE_NS (60 * NS_PER_S)
#define DAY_MS    UINT64_C(86400000)

static _Alignas(4096) uint8_t memory[MEM_BYTES];
static struct clients c;

static void begin(void)
{
	struct map m = {memory, MEM_BYTES, -1};
	struct clients_words *w = (struct clients_words *)memory;
	memset(memory, 0, sizeof memory);
	(void)clients_layout(w, 1024, MAX_TOKENS, N_CHANNELS);
	ck_assert(clients_attach(&c, &m, w));
}

START_TEST(holds_of_all_fronts_add_up_for_each_client_alone)
{
	begin();
	client_use_hold(&c, 0, 1, 5);
	client_use_hold(&c, 2, 1, 7);
	client_use_hold(&c, 2, 3, 100);
	struct client_use sum = client_use_held(&c, 1);
	ck_assert_uint_eq(sum.requests, 2);
	ck_assert_uint_eq(sum.nanousd, 12);
	client_use_drop(&c, 2, 1, &(struct client_use){1, 0});
	client_use_drop(&c, 0, 1, &(struct client_use){1, 5});
	sum = client_use_held(&c, 1);
	ck_assert_uint_eq(sum.requests, 0);
	ck_assert_uint_eq(sum.nanousd, 7);
	ck_assert_uint_eq(client_use_held(&c, 0).requests, 0);
}
END_TEST

START_TEST(a_drop_of_more_than_is_held_leaves_nothing)
{
	begin();
	client_use_hold(&c, 0, 0, 5);
	client_use_drop(&c, 0, 0, &(struct client_use){2, 6});
	ck_assert_uint_eq(client_use_held(&c, 0).requests, 0);
	ck_assert_uint_eq(client_use_held(&c, 0).nanousd, 0);
}
END_TEST

START_TEST(all_rates_are_taken_or_none)
{
	const struct client_take take[CLIENT_RATES] = {
		[RATE_REQUESTS_MINUTE] = {{60, MINUTE_NS, 6, 0}, 1},
		[RATE_REQUESTS_HOUR] = {{3, 60 * MINUTE_NS, 3, 0}, 1},
		[RATE_TOKENS_HOUR] = {{200, 60 * MINUTE_NS, 200, 0}, 100}};
	struct bucket_take t;
	begin();
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(
			client_use_take(&c, 0, take, MINUTE_NS, &t), CLIENT_RATES);
	uint64_t before[CLIENT_RATES], after[CLIENT_RATES];
	memcpy(before, c.rates[0].tat, sizeof before);
	ck_assert_int_eq(client_use_take(&c, 0, take, MINUTE_NS, &t), RATE_TOKENS_HOUR);
	ck_assert_int_eq(t.verdict, BUCKET_LATER);
	ck_assert_uint_eq(t.earliest_ns, MINUTE_NS + 30 * MINUTE_NS);
	memcpy(after, c.rates[0].tat, sizeof after);
	ck_assert(memcmp(before, after, sizeof before) == 0);
	ck_assert_int_eq(client_use_take(&c, 0, take, t.earliest_ns, &t), CLIENT_RATES);
	ck_assert_uint_eq(client_use_tat(&c, 0, RATE_TOKENS_MINUTE), 0);
}
END_TEST

START_TEST(the_rate_that_lets_it_wait_the_longest_is_named)
{
	struct client_take take[CLIENT_RATES] = {
		[RATE_REQUESTS_MINUTE] = {{1, MINUTE_NS, 1, 0}, 1},
		[RATE_REQUESTS_HOUR] = {{1, 60 * MINUTE_NS, 1, 0}, 1}};
	struct bucket_take t;
	begin();
	ck_assert_int_eq(client_use_take(&c, 0, take, MINUTE_NS, &t), CLIENT_RATES);
	ck_assert_int_eq(
		client_use_take(&c, 0, take, MINUTE_NS, &t), RATE_REQUESTS_HOUR);
	take[RATE_TOKENS_MINUTE] = (struct client_take){{10, MINUTE_NS, 1, 10}, 11};
	ck_assert_int_eq(
		client_use_take(&c, 0, take, MINUTE_NS, &t), RATE_TOKENS_MINUTE);
	ck_assert_int_eq(t.verdict, BUCKET_NEVER);
}
END_TEST

START_TEST(what_is_spent_belongs_to_its_period)
{
	const uint64_t sunday_ms = 1796083200000 - 2 * DAY_MS; /* 29 November */
	uint64_t spent[PERIODS] = {1, 10, 100};
	begin();
	clients_set_spent(&c, 2, sunday_ms, spent);
	client_use_spent(&c, 2, sunday_ms + DAY_MS - 1, spent);
	ck_assert(spent[0] == 1 && spent[1] == 10 && spent[2] == 100);
	client_use_spent(&c, 2, sunday_ms + DAY_MS, spent);
	ck_assert(spent[0] == 0 && spent[1] == 0 && spent[2] == 100);
	client_use_spent(&c, 2, sunday_ms + 2 * DAY_MS, spent);
	ck_assert(spent[0] == 0 && spent[1] == 0 && spent[2] == 0);
	/* a clock that was set back frees nothing */
	client_use_spent(&c, 2, sunday_ms - 40 * DAY_MS, spent);
	ck_assert(spent[0] == 1 && spent[1] == 10 && spent[2] == 100);
	client_use_spent(&c, 1, sunday_ms, spent);
	ck_assert(spent[0] == 0 && spent[1] == 0 && spent[2] == 0);
}
END_TEST

static void assert_refused(uint64_t now_ms, uint64_t day, uint64_t week, uint64_t month)
{
	uint64_t at[PERIODS];
	client_use_refused(&c, 2, now_ms, at);
	ck_assert_uint_eq(at[PERIOD_DAY], day);
	ck_assert_uint_eq(at[PERIOD_WEEK], week);
	ck_assert_uint_eq(at[PERIOD_MONTH], month);
}

START_TEST(a_refusal_belongs_to_its_period)
{
	const uint64_t at = 1796083200000 - 2 * DAY_MS; /* Sunday, 29 November */
	begin();
	assert_refused(at, 0, 0, 0);
	client_use_refuse(&c, 2, PERIOD_DAY, at);
	assert_refused(at, at, 0, 0);
	client_use_refuse(&c, 2, PERIOD_WEEK, at);
	client_use_refuse(&c, 2, PERIOD_MONTH, at);
	assert_refused(at + DAY_MS - 1, at, at, at);
	assert_refused(at + DAY_MS, 0, 0, at);
	assert_refused(at + 2 * DAY_MS, 0, 0, 0);
	assert_refused(at - DAY_MS, at, at, at); /* a clock set back */
}
END_TEST

START_TEST(who_is_let_in_is_kept_out_no_more_but_by_refusals_of_late)
{
	const uint64_t at = 1796083200000;
	begin();
	client_use_refuse(&c, 2, PERIOD_DAY, at);
	client_use_refuse(&c, 2, PERIOD_MONTH, at + 5);
	client_use_let_in(&c, 1, at + 100, 0);
	client_use_let_in(&c, 2, at + 9, 10);
	assert_refused(at + 9, at, 0, at + 5);
	client_use_let_in(&c, 2, at + 10, 10);
	assert_refused(at + 10, 0, 0, at + 5);
	client_use_let_in(&c, 2, at, 10); /* set back: nobody waits for the clock */
	assert_refused(at, 0, 0, 0);
}
END_TEST

START_TEST(a_refusal_of_another_budget_is_forgotten_alone)
{
	const uint64_t at = 1796083200000;
	struct client_limits was = {.said = {[CLIENT_LIMIT_budget_week] = 5}}, is = was;
	begin();
	client_use_refuse(&c, 2, PERIOD_DAY, at);
	client_use_refuse(&c, 2, PERIOD_WEEK, at);
	is.said[CLIENT_LIMIT_concurrent] = 7;
	client_use_change(&c, 2, &was, &is);
	assert_refused(at, at, at, 0);
	is.said[CLIENT_LIMIT_budget_week] = 6;
	client_use_change(&c, 2, &was, &is);
	assert_refused(at, at, 0, 0);
}
END_TEST

START_TEST(other_defaults_are_other_budgets_of_whom_they_hold_for)
{
	const uint64_t at = 1796083200000;
	struct client_limits l = {.said = {[CLIENT_LIMIT_budget_day] = 5}};
	struct client_limits old = l, is = {.said = {[CLIENT_LIMIT_budget_day] = 6}};
	begin();
	for (uint64_t id = 1; id <= 3; id++) {
		struct client entry = {
			.id = id, .hash = {(uint8_t)id}, .role = CLIENT_CHAT};
		struct client_limits silent = {0};
		ck_assert_int_eq(
			clients_add(&c, &entry, id == 3 ? &l : &silent), CLIENTS_ADDED);
		client_use_refuse(&c, (uint32_t)id - 1, PERIOD_DAY, at);
		client_use_refuse(&c, (uint32_t)id - 1, PERIOD_WEEK, at);
	}
	client_use_adopt(&c, &old, &old);
	client_use_adopt(&c, &old, &is);
	assert_refused(at, at, at, 0); /* it has its own, and that is as it was */
	uint64_t others[PERIODS];
	client_use_refused(&c, 0, at, others);
	ck_assert(others[PERIOD_DAY] == 0 && others[PERIOD_WEEK] == at);
}
END_TEST

START_TEST(limits_are_those_that_were_set_last)
{
	struct client_limits l = {.said = {1}}, got;
	struct client entry = {.id = 9, .role = CLIENT_CHAT};
	begin();
	clients_limits(&c, 0, &got);
	ck_assert_uint_eq(got.said[0], 0);
	ck_assert_int_eq(clients_add(&c, &entry, &l), CLIENTS_ADDED);
	clients_limits(&c, 0, &got);
	ck_assert_uint_eq(got.said[0], 1);
	l.said[0] = 2;
	clients_set_limits(&c, 0, &l);
	clients_limits(&c, 0, &got);
	ck_assert_uint_eq(got.said[0], 2);
	clients_limits(&c, MAX_TOKENS, &got);
	ck_assert_uint_eq(got.said[0], 0);
}
END_TEST

UNIT_MAIN("client_use", holds_of_all_fronts_add_up_for_each_client_alone,
	a_drop_of_more_than_is_held_leaves_nothing, all_rates_are_taken_or_none,
	the_rate_that_lets_it_wait_the_longest_is_named,
	what_is_spent_belongs_to_its_period, a_refusal_belongs_to_its_period,
	a_refusal_of_another_budget_is_forgotten_alone,
	other_defaults_are_other_budgets_of_whom_they_hold_for,
	who_is_let_in_is_kept_out_no_more_but_by_refusals_of_late,
	limits_are_those_that_were_set_last)
