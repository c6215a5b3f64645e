/* The cost report's weeks, and which way it goes. */
#include "../unit.h"
#include "insight/tell_cost.h"

#include <string.h>

#define DAY UINT64_C(86400000)

/* Sunday 1970-01-04; the 5th is a Monday. */
#define SUNDAY (3 * DAY)

enum { DAYS = 10 };

START_TEST(a_week_begins_on_monday)
{
	struct totals point[DAYS] = {{.requests = 0}}, week;
	struct survey v = {.first_ms = SUNDAY, .n_points = DAYS, .point = point};
	uint64_t from_ms, requests = 1;
	uint32_t at = 0;
	for (uint32_t i = 0; i < DAYS; i++, requests *= 10)
		point[i].requests = requests;
	ck_assert(tell_next_week(&v, &at, &from_ms, &week));
	ck_assert_uint_eq(from_ms, 0); /* its Monday would be before there is time */
	ck_assert_uint_eq(week.requests, 1);
	ck_assert(tell_next_week(&v, &at, &from_ms, &week));
	ck_assert_uint_eq(from_ms, SUNDAY + DAY);
	ck_assert_uint_eq(week.requests, 11111110);
	ck_assert(tell_next_week(&v, &at, &from_ms, &week));
	ck_assert_uint_eq(from_ms, SUNDAY + 8 * DAY);
	ck_assert_uint_eq(week.requests, 1100000000);
	ck_assert(!tell_next_week(&v, &at, &from_ms, &week));
}
END_TEST

static void trend_is(uint64_t now, uint64_t before, const char *want)
{
	static char text[512];
	struct survey v = {
		.total = {.cost_nanousd = now}, .previous = {.cost_nanousd = before}};
	struct jsonw w;
	struct str out;
	jsonw_init_fixed(&w, text, sizeof text - 1);
	tell_trend(&w, &v);
	ck_assert(jsonw_done(&w, &out));
	text[out.n] = '\0';
	ck_assert_str_eq(text, want);
}

START_TEST(up_to_five_percent_either_way_is_steady)
{
#define TREND(now, percent, direction)                                                 \
	"{\"current_usd\":" now                                                        \
	",\"previous_usd\":0.000001000,\"change_percent\":" percent                    \
	",\"direction\":\"" direction "\"}"
	trend_is(1050, 1000, TREND("0.000001050", "5.0", "steady"));
	trend_is(1051, 1000, TREND("0.000001051", "5.1", "rising"));
	trend_is(950, 1000, TREND("0.000000950", "-5.0", "steady"));
	trend_is(949, 1000, TREND("0.000000949", "-5.1", "falling"));
}
END_TEST

START_TEST(what_nothing_was_before_rises_from_nothing)
{
	trend_is(7, 0,
		"{\"current_usd\":0.000000007,\"previous_usd\":0.000000000,"
		"\"change_percent\":null,\"direction\":null}");
}
END_TEST

UNIT_MAIN("tell_cost", a_week_begins_on_monday, up_to_five_percent_either_way_is_steady,
	what_nothing_was_before_rises_from_nothing)
