/* Lists by name and by calendar, unit costs, trend. */
#include "insight/tell_cost.h"

#include "base/num.h"
#include "insight/forecast.h"

enum { STEADY_THOUSANDTHS = 50, WEEK_DAYS = 7, THURSDAY = 3 };

/* ---- by day and by week ------------------------------------------------------------- */

static void tell_span(
	struct jsonw *w, struct str key, uint64_t from_ms, const struct totals *t)
{
	if (t->attempts == 0 && t->unsent == 0)
		return;
	jsonw_begin_object(w);
	tell_time(w, key, from_ms);
	tell_totals_members(w, t);
	jsonw_end_object(w);
}

static void tell_days(struct jsonw *w, const struct survey *v)
{
	jsonw_begin_array(w);
	for (uint32_t i = 0; i < v->n_points; i++)
		tell_span(w, STR("day"), v->first_ms + i * tier_ms(TIER_DAY),
			&v->point[i]);
	jsonw_end_array(w);
}

/* Days since the Monday before, of a day since 1970. */
static uint64_t weekday(uint64_t day)
{
	return (day + THURSDAY) % WEEK_DAYS;
}

bool tell_next_week(
	const struct survey *v, uint32_t *at, uint64_t *from_ms, struct totals *week)
{
	uint64_t first = v->first_ms / tier_ms(TIER_DAY), day = first + *at;
	*week = (struct totals){0};
	*from_ms = num_sub_sat(day, weekday(day)) * tier_ms(TIER_DAY);
	if (*at >= v->n_points)
		return false;
	do
		totals_add(week, &v->point[*at]);
	while (++*at < v->n_points && weekday(first + *at) != 0);
	return true;
}

static void tell_weeks(struct jsonw *w, const struct survey *v)
{
	uint32_t at = 0;
	uint64_t from_ms;
	struct totals week;
	jsonw_begin_array(w);
	while (tell_next_week(v, &at, &from_ms, &week))
		tell_span(w, STR("week"), from_ms, &week);
	jsonw_end_array(w);
}

/* ---- trend --------------------------------------------------------------- */

static struct str direction(int64_t change)
{
	if (change > STEADY_THOUSANDTHS)
		return STR("rising");
	return change < -STEADY_THOUSANDTHS ? STR("falling") : STR("steady");
}

void tell_trend(struct jsonw *w, const struct survey *v)
{
	uint64_t now = v->total.cost_nanousd, before = v->previous.cost_nanousd;
	int64_t change = forecast_change(now, before);
	bool is_new = change == INT64_MAX; /* nothing was before that it rose from */
	jsonw_begin_object(w);
	tell_usd(w, STR("current_usd"), now);
	tell_usd(w, STR("previous_usd"), before);
	jsonw_key(w, STR("change_percent"));
	if (is_new)
		jsonw_null(w);
	else
		jsonw_fixed(w, change, 1);
	jsonw_key(w, STR("direction"));
	if (is_new)
		jsonw_null(w);
	else
		jsonw_string(w, direction(change));
	jsonw_end_object(w);
}

/* ---- the whole ------------------------------------------------------------------------ */

static void tell_unit_costs(struct jsonw *w, const struct totals *t)
{
	tell_usd(w, STR("cost_per_token"),
		num_nearest(t->cost_nanousd, 1, t->total_tokens));
	tell_usd(w, STR("cost_per_request"),
		num_nearest(t->cost_nanousd, 1, t->requests));
}

static const struct {
	struct str member, key;
	enum dim dim;
} lists[] = {
	{STR("by_model"), STR("model"), DIM_MODEL},
	{STR("by_client"), STR("client"), DIM_CLIENT},
	{STR("by_key"), STR("key"), DIM_KEY},
	{STR("by_session"), STR("session_id"), DIM_SESSION},
};

static struct tell_list list_of(uint32_t i, const struct tell_names *names)
{
	struct tell_list l = {.key = lists[i].key};
	if (lists[i].dim == DIM_CLIENT) {
		l.client = names->client;
		l.arg = names->arg;
	}
	return l;
}

static bool tell_list_number(struct jsonw *w, const struct survey *v,
	const struct tell_names *names, uint32_t i, uint32_t *at)
{
	struct tell_list l = list_of(i, names);
	if (*at == 0)
		jsonw_key(w, lists[i].member);
	return tell_groups(w, v->by[lists[i].dim], &l, at);
}

static void tell_calendar(struct jsonw *w, const struct survey *v)
{
	jsonw_key(w, STR("by_day"));
	tell_days(w, v);
	jsonw_key(w, STR("by_week"));
	tell_weeks(w, v);
	jsonw_key(w, STR("cost_trend"));
	tell_trend(w, v);
	tell_time(w, STR("from"), v->range.from_ms);
}

bool tell_cost(struct jsonw *w, const struct survey *v, const struct tell_names *names,
	struct tell_place *place)
{
	uint32_t i = place->part;
	if (i == N_ELEMENTS(lists)) {
		tell_calendar(w, v);
		return true;
	}
	if (i == 0 && place->at == 0) {
		tell_totals_members(w, &v->total);
		tell_unit_costs(w, &v->total);
	}
	if (tell_list_number(w, v, names, i, &place->at))
		*place = (struct tell_place){.part = i + 1};
	return false;
}

void tell_cost_ahead(struct jsonw *w, const struct ahead *ahead)
{
	jsonw_key(w, STR("forecast"));
	jsonw_begin_object(w);
	ahead_tell(w, ahead);
	jsonw_end_object(w);
}
