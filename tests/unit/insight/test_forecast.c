/* Forecasts: a steady rate goes on, a short look is not blown up. */
#include "../unit.h"
#include "insight/forecast.h"

#define HOUR UINT64_C(3600000)

START_TEST(a_steady_rate_goes_on)
{
	struct totals t = {.cost_nanousd = 24000, .first_ms = 100 * HOUR};
	struct run_rate f = forecast_run_rate(&t, 100 * HOUR, 124 * HOUR);
	ck_assert_uint_eq(f.hour_nanousd, 1000);
	ck_assert_uint_eq(f.day_nanousd, 24000);
	ck_assert_uint_eq(f.week_nanousd, 168000);
	ck_assert_uint_eq(f.month_nanousd, 720000);
}
END_TEST

START_TEST(only_the_time_since_the_first_request_counts)
{
	struct totals t = {.cost_nanousd = 2000, .first_ms = 122 * HOUR};
	struct run_rate f = forecast_run_rate(&t, 100 * HOUR, 124 * HOUR);
	ck_assert_uint_eq(f.hour_nanousd, 1000);
}
END_TEST

START_TEST(a_part_of_an_hour_counts_as_what_it_is)
{
	struct totals t = {.cost_nanousd = 5000, .first_ms = 124 * HOUR - HOUR / 6};
	struct run_rate f = forecast_run_rate(&t, 100 * HOUR, 124 * HOUR);
	ck_assert(f.is_known);
	ck_assert_uint_eq(f.hour_nanousd, 6 * 5000);
	ck_assert_uint_eq(f.day_nanousd, 24 * 6 * 5000);
	ck_assert_uint_eq(f.observed_ms, FORECAST_LEAST_MS);
}
END_TEST

START_TEST(of_the_first_minutes_nothing_is_known)
{
	struct totals t = {.cost_nanousd = 5000, .first_ms = 124 * HOUR - 599999};
	struct run_rate f = forecast_run_rate(&t, 100 * HOUR, 124 * HOUR);
	ck_assert(!f.is_known);
	ck_assert_uint_eq(f.month_nanousd, 0);
	ck_assert_uint_eq(f.observed_ms, 599999); /* and is told as what it is */
}
END_TEST

START_TEST(large_sums_do_not_wrap)
{
	struct totals t = {.cost_nanousd = UINT64_MAX, .first_ms = HOUR};
	struct run_rate f = forecast_run_rate(&t, HOUR, 2 * HOUR);
	ck_assert_uint_eq(f.hour_nanousd, UINT64_MAX);
	ck_assert_uint_eq(f.month_nanousd, UINT64_MAX);
}
END_TEST

START_TEST(change_is_in_thousandths_of_what_was)
{
	ck_assert_int_eq(forecast_change(150, 100), 500);
	ck_assert_int_eq(forecast_change(50, 100), -500);
	ck_assert_int_eq(forecast_change(0, 100), -1000);
	ck_assert_int_eq(forecast_change(2, 3), -333);
	ck_assert_int_eq(forecast_change(5, 3), 667);
	ck_assert_int_eq(forecast_change(0, 0), 0);
	ck_assert_int_eq(forecast_change(1, 0), INT64_MAX);
}
END_TEST

START_TEST(where_nothing_was_ever_sent_nothing_is_known)
{
	struct totals t = {.cost_nanousd = 0};
	struct run_rate r = forecast_run_rate(&t, 100 * HOUR, 124 * HOUR);
	ck_assert(!r.is_known);
	ck_assert_uint_eq(r.observed_ms, 0);
}
END_TEST

UNIT_MAIN("forecast", where_nothing_was_ever_sent_nothing_is_known,
	a_steady_rate_goes_on, only_the_time_since_the_first_request_counts,
	a_part_of_an_hour_counts_as_what_it_is, of_the_first_minutes_nothing_is_known,
	large_sums_do_not_wrap, change_is_in_thousandths_of_what_was)
