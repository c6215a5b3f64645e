/* Run rates. */
#include "insight/forecast.h"

#include "base/num.h"

#define HOUR_MS UINT64_C(3600000)

enum { DAY_HOURS = 24, WEEK_HOURS = 168, MONTH_HOURS = 720, WHOLE = 1000 };

/* cost × hours / by, without losing what does not fit 64 bits meanwhile. */
static uint64_t carry_on(uint64_t nanousd, uint64_t hours, uint64_t by_ms)
{
	unsigned __int128 v = (unsigned __int128)nanousd * hours * HOUR_MS;
	v /= by_ms;
	return v > UINT64_MAX ? UINT64_MAX : (uint64_t)v;
}

struct run_rate forecast_run_rate(
	const struct totals *t, uint64_t from_ms, uint64_t now_ms)
{
	uint64_t begin = t->first_ms != 0 ? MAX(from_ms, t->first_ms) : now_ms;
	uint64_t by = num_sub_sat(now_ms, begin);
	if (by < FORECAST_LEAST_MS)
		return (struct run_rate){.observed_ms = by};
	return (struct run_rate){.is_known = true,
		.hour_nanousd = carry_on(t->cost_nanousd, 1, by),
		.day_nanousd = carry_on(t->cost_nanousd, DAY_HOURS, by),
		.week_nanousd = carry_on(t->cost_nanousd, WEEK_HOURS, by),
		.month_nanousd = carry_on(t->cost_nanousd, MONTH_HOURS, by),
		.observed_ms = by};
}

int64_t forecast_change(uint64_t now, uint64_t before)
{
	if (before == 0)
		return now == 0 ? 0 : INT64_MAX;
	uint64_t more = num_nearest(num_sub_sat(now, before), WHOLE, before);
	uint64_t less = num_nearest(num_sub_sat(before, now), WHOLE, before);
	return (int64_t)MIN(more, (uint64_t)INT64_MAX) - (int64_t)less;
}
