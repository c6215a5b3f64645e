/* Estimated waits. */
#include "../unit.h"
#include "base/clock.h"
#include "decide/wait.h"

static struct window requests, tokens;
static struct bucket bucket;

static size_t limits_of(struct admission_limit limits[2])
{
	window_init(&requests, 60 * NS_PER_S);
	window_init(&tokens, 60 * NS_PER_S);
	bucket.tat_ns = 0;
	limits[0] = (struct admission_limit){.window = &requests,
		.bucket = &bucket,
		.rate = {60, 60 * NS_PER_S, 10, 0},
		.limit = 60};
	limits[1] = (struct admission_limit){
		.window = &tokens, .limit = 1000, .is_tokens = true};
	return 2;
}

START_TEST(the_limit_that_is_reached_last_decides_and_is_named)
{
	struct admission_limit limits[2];
	size_t n = limits_of(limits);
	struct wait_flow flow = {.max_running = 100};
	struct wait w;
	wait_begin(&w, limits, n, &flow, 1000 * NS_PER_S);
	struct wait_answer a = {0};
	for (int i = 0; i < 10; i++)
		a = wait_next(&w, 10);
	ck_assert_uint_eq(a.in_ns, 0);
	ck_assert_int_eq(a.reason, WAIT_NOTHING);
	ck_assert_uint_eq(a.binding, n);
	a = wait_next(&w, 10);
	ck_assert_uint_eq(a.in_ns, NS_PER_S);
	ck_assert_int_eq(a.reason, WAIT_REQUESTS);
	ck_assert_uint_eq(a.binding, 0);
	ck_assert_uint_eq(a.hold.ahead, 10);
	a = wait_next(&w, 900);
	ck_assert_uint_ge(a.in_ns, 60 * NS_PER_S);
	ck_assert_int_eq(a.reason, WAIT_TOKENS);
	ck_assert_uint_eq(a.binding, 1);
	ck_assert_uint_eq(a.hold.needed, 900);
	ck_assert_uint_eq(a.hold.ahead, 110);
}
END_TEST

START_TEST(places_and_gates_count_too)
{
	struct wait_flow flow = {.n_running = 3, .max_running = 4, .mean_ns = NS_PER_S};
	struct wait w;
	wait_begin(&w, NULL, 0, &flow, 1000 * NS_PER_S);
	ck_assert_uint_eq(wait_next(&w, 1).in_ns, 0);
	struct wait_answer a = wait_next(&w, 1);
	ck_assert_uint_eq(a.in_ns, NS_PER_S / 4);
	ck_assert_int_eq(a.reason, WAIT_CONCURRENCY);
	flow.gate_ns = 1007 * NS_PER_S;
	flow.gate_reason = WAIT_BACKOFF;
	wait_begin(&w, NULL, 0, &flow, 1000 * NS_PER_S);
	a = wait_next(&w, 1);
	ck_assert_uint_eq(a.in_ns, 7 * NS_PER_S);
	ck_assert_str_eq(wait_reason_name(a.reason), "backoff");
	flow.gate_reason = WAIT_FAULTS;
	wait_begin(&w, NULL, 0, &flow, 1000 * NS_PER_S);
	ck_assert_str_eq(wait_reason_name(wait_next(&w, 1).reason), "faults");
}
END_TEST

static const uint64_t START_NS = 1000 * NS_PER_S;

/* The wait of the nth of a queue, behind some that have all run for age_ns. */
static uint64_t wait_of(uint32_t n, struct wait_flow flow, uint64_t age_ns)
{
	struct wait w;
	struct wait_answer a = {0};
	for (uint32_t i = 0; i < flow.n_running; i++)
		wait_late_note(&flow.late, flow.mean_ns, age_ns);
	wait_begin(&w, NULL, 0, &flow, START_NS);
	for (uint32_t i = 0; i < n; i++)
		a = wait_next(&w, 1);
	return a.in_ns;
}

START_TEST(what_has_outrun_the_mean_runs_about_as_long_again)
{
	struct wait_flow flow = {
		.n_running = 2, .max_running = 2, .mean_ns = NS_PER_S / 10};
	ck_assert_uint_eq(wait_of(1, flow, 0), NS_PER_S / 20);
	ck_assert_uint_eq(wait_of(1, flow, NS_PER_S / 10), NS_PER_S / 20);
	ck_assert_uint_eq(wait_of(1, flow, 2 * NS_PER_S), NS_PER_S);
	ck_assert_uint_eq(wait_of(1, flow, 6 * NS_PER_S), 3 * NS_PER_S);
	ck_assert_uint_eq(wait_of(2, flow, 6 * NS_PER_S), 6 * NS_PER_S);
	/* and whoever follows them takes the mean */
	ck_assert_uint_eq(wait_of(12, flow, 6 * NS_PER_S), 6 * NS_PER_S + NS_PER_S / 2);
}
END_TEST

START_TEST(one_that_runs_goes_on_to_the_mean_and_beyond_it_as_long_again)
{
	ck_assert_uint_eq(wait_rest_ns(NS_PER_S, 0), NS_PER_S);
	ck_assert_uint_eq(wait_rest_ns(NS_PER_S, NS_PER_S / 4), NS_PER_S * 3 / 4);
	ck_assert_uint_eq(wait_rest_ns(NS_PER_S, 5 * NS_PER_S), 5 * NS_PER_S);
	ck_assert_uint_eq(wait_rest_ns(0, 5 * NS_PER_S), 5 * NS_PER_S);
}
END_TEST

START_TEST(a_late_one_leaves_the_others_their_mean)
{
	struct wait w;
	struct wait_flow flow = {.n_running = 4, .max_running = 4, .mean_ns = NS_PER_S};
	wait_late_note(&flow.late, flow.mean_ns, 1000 * NS_PER_S);
	wait_begin(&w, NULL, 0, &flow, START_NS);
	uint64_t in_ns = wait_next(&w, 1).in_ns;
	ck_assert_uint_ge(in_ns, NS_PER_S * 33 / 100);
	ck_assert_uint_le(in_ns, NS_PER_S * 34 / 100);
}
END_TEST

START_TEST(where_no_mean_is_known_the_age_is_told)
{
	struct wait_flow flow = {.n_running = 1, .max_running = 1};
	ck_assert_uint_eq(wait_of(1, flow, 0), 0);
	ck_assert_uint_eq(wait_of(1, flow, 5 * NS_PER_S), 5 * NS_PER_S);
	ck_assert_uint_eq(wait_of(3, flow, 5 * NS_PER_S), 15 * NS_PER_S);
}
END_TEST

START_TEST(what_runs_above_a_lowered_maximum_has_to_end_first)
{
	struct wait_flow flow = {.n_running = 4, .max_running = 2, .mean_ns = NS_PER_S};
	ck_assert_uint_eq(wait_of(1, flow, 0), NS_PER_S * 3 / 4);
}
END_TEST

START_TEST(ages_out_of_all_measure_do_no_harm)
{
	struct wait_flow flow = {
		.n_running = 10000, .max_running = 10000, .mean_ns = NS_PER_S};
	ck_assert_uint_le(wait_of(20000, flow, UINT64_MAX), 86400 * NS_PER_S * 2);
	ck_assert_uint_gt(wait_of(1, flow, UINT64_MAX), 0);
	flow.late.n = 20000; /* they have ended since they were counted */
	flow.late.ends_a_day = 20000;
	ck_assert_uint_gt(wait_of(1, flow, 0), 0);
}
END_TEST

static bool is_news(struct wait_told *told, uint32_t rank, enum wait_reason reason,
	uint64_t wait_ms, uint64_t now_ns)
{
	struct wait_place place = {rank, reason, wait_ms, false};
	return wait_is_news(told, &place, now_ns);
}

START_TEST(a_wait_that_is_longer_than_it_may_be_ends_when_it_must)
{
	struct wait_place place = {1, WAIT_REQUESTS, 50000, false};
	struct wait_told told = {0};
	wait_cap(&place, 10 * NS_PER_S, 60 * NS_PER_S);
	ck_assert_uint_eq(place.wait_ms, 50000);
	ck_assert(!place.times_out);
	ck_assert(wait_is_news(&told, &place, NS_PER_S));
	wait_cap(&place, 10 * NS_PER_S + NS_PER_MS, 60 * NS_PER_S);
	ck_assert_uint_eq(place.wait_ms, 49999);
	ck_assert(place.times_out);
	ck_assert(wait_is_news(&told, &place, NS_PER_S));
	ck_assert(!wait_is_news(&told, &place, NS_PER_S));
	wait_cap(&place, 61 * NS_PER_S, 60 * NS_PER_S);
	ck_assert_uint_eq(place.wait_ms, 0);
}
END_TEST

START_TEST(a_place_is_news_once_and_a_wait_that_only_shrinks_is_none)
{
	struct wait_told told = {0};
	uint64_t t = 1000 * NS_PER_S;
	ck_assert(is_news(&told, 3, WAIT_REQUESTS, 30000, t));
	ck_assert(!is_news(&told, 3, WAIT_REQUESTS, 30000, t));
	ck_assert(!is_news(&told, 3, WAIT_REQUESTS, 20000, t + 10 * NS_PER_S));
	ck_assert(!is_news(&told, 3, WAIT_REQUESTS, 0, t + 40 * NS_PER_S));
	ck_assert(is_news(&told, 2, WAIT_REQUESTS, 20000, t + 10 * NS_PER_S));
	ck_assert(is_news(&told, 2, WAIT_TOKENS, 20000, t + 10 * NS_PER_S));
	ck_assert(is_news(&told, 3, WAIT_TOKENS, 20000, t + 10 * NS_PER_S));
}
END_TEST

START_TEST(another_wait_is_news_beyond_a_second_and_a_fifth)
{
	struct wait_told told = {0};
	uint64_t t = 1000 * NS_PER_S;
	ck_assert(is_news(&told, 1, WAIT_PACE, 2000, t));
	ck_assert(!is_news(&told, 1, WAIT_PACE, 3000, t));
	ck_assert(is_news(&told, 1, WAIT_PACE, 3001, t));
	ck_assert(is_news(&told, 1, WAIT_PACE, 100000, t));
	ck_assert(!is_news(&told, 1, WAIT_PACE, 80000, t));
	ck_assert(is_news(&told, 1, WAIT_PACE, 79999, t));
	/* it should have been over long ago */
	ck_assert(is_news(&told, 1, WAIT_PACE, 79999, t + 100 * NS_PER_S));
}
END_TEST

START_TEST(a_wait_outside_of_the_backlog_is_news_and_nothing_known_is_none)
{
	struct wait_told told = {0};
	uint64_t t = 1000 * NS_PER_S;
	ck_assert(!is_news(&told, 0, WAIT_NOTHING, 0, t));
	ck_assert(is_news(&told, 0, WAIT_FAULTS, 60000, t));
	ck_assert(!is_news(&told, 0, WAIT_FAULTS, 50000, t + 10 * NS_PER_S));
	ck_assert(!is_news(&told, 0, WAIT_NOTHING, 0, t + 10 * NS_PER_S));
	ck_assert(is_news(&told, 1, WAIT_REQUESTS, 5000, t + 60 * NS_PER_S));
	ck_assert(is_news(&told, 0, WAIT_FAULTS, 5000, t + 60 * NS_PER_S));
}
END_TEST

UNIT_MAIN("wait", the_limit_that_is_reached_last_decides_and_is_named,
	places_and_gates_count_too, what_has_outrun_the_mean_runs_about_as_long_again,
	one_that_runs_goes_on_to_the_mean_and_beyond_it_as_long_again,
	a_late_one_leaves_the_others_their_mean, where_no_mean_is_known_the_age_is_told,
	what_runs_above_a_lowered_maximum_has_to_end_first,
	ages_out_of_all_measure_do_no_harm,
	a_wait_that_is_longer_than_it_may_be_ends_when_it_must,
	a_place_is_news_once_and_a_wait_that_only_shrinks_is_none,
	another_wait_is_news_beyond_a_second_and_a_fifth,
	a_wait_outside_of_the_backlog_is_news_and_nothing_known_is_none)
