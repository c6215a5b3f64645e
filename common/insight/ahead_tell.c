/* What lies ahead, as one document. */
#include "insight/ahead.h"

#include "insight/tell.h"

#include <string.h>

enum { DAY_HOURS = 24, WEEK_HOURS = 168, MONTH_HOURS = 720 };

static void tell_reason(struct jsonw *w, const char *reason)
{
	jsonw_key(w, STR("reason"));
	if (reason != NULL)
		jsonw_string(w, (struct str){reason, strlen(reason)});
	else
		jsonw_null(w);
}

static void tell_usd_if(
	struct jsonw *w, struct str key, uint64_t nanousd, bool is_there)
{
	jsonw_key(w, key);
	if (is_there)
		jsonw_usd(w, nanousd);
	else
		jsonw_null(w);
}

static void tell_band(struct jsonw *w, struct str key, const struct ahead_period *x)
{
	jsonw_key(w, key);
	if (!x->has_band) {
		jsonw_null(w);
		return;
	}
	jsonw_begin_object(w);
	tell_usd(w, STR("low_usd"), x->low);
	tell_usd(w, STR("expected_usd"), x->expected);
	tell_usd(w, STR("high_usd"), x->high);
	jsonw_end_object(w);
}

static void tell_next(struct jsonw *w, const struct ahead_model *m)
{
	static const struct {
		struct str usd, band;
		uint64_t hours;
	} rows[] = {
		{STR("next_hour_usd"), STR("next_hour"), 1},
		{STR("next_24_hours_usd"), STR("next_24_hours"), DAY_HOURS},
		{STR("next_7_days_usd"), STR("next_7_days"), WEEK_HOURS},
		{STR("next_30_days_usd"), STR("next_30_days"), MONTH_HOURS},
	};
	struct ahead_period next[N_ELEMENTS(rows)];
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		next[i] = ahead_next(m, rows[i].hours);
		tell_usd_if(w, rows[i].usd, next[i].expected, next[i].is_known);
	}
	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		tell_band(w, rows[i].band, &next[i]);
}

static void tell_period(struct jsonw *w, const struct ahead_model *m, enum period p)
{
	struct ahead_period x = ahead_period(m, p);
	const char *name = period_name(p);
	jsonw_key(w, (struct str){name, strlen(name)});
	jsonw_begin_object(w);
	tell_usd(w, STR("spent_usd"), x.spent);
	tell_usd_if(w, STR("expected_usd"), x.expected, x.is_known);
	tell_usd_if(w, STR("low_usd"), x.low, x.has_band);
	tell_usd_if(w, STR("high_usd"), x.high, x.has_band);
	tell_time(w, STR("ends_at"), x.ends_ms);
	jsonw_end_object(w);
}

static void tell_moment(struct jsonw *w, const struct ahead_moment *t)
{
	const struct {
		struct str key;
		uint64_t ms;
	} rows[] = {{STR("runs_out_at"), t->expected_ms},
		{STR("runs_out_earliest"), t->earliest_ms},
		{STR("runs_out_latest"), t->latest_ms}};
	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		tell_time(w, rows[i].key, rows[i].ms == UINT64_MAX ? 0 : rows[i].ms);
	tell_reason(w, t->reason);
}

static void tell_budget(struct jsonw *w, const struct ahead *a,
	const struct ahead_model *m, const struct ahead_budget *b)
{
	struct ahead_moment t = ahead_budget_ends(m, b);
	jsonw_begin_object(w);
	tell_text(w, STR("client"), b->client);
	tell_text(w, STR("period"), period_name(b->period));
	tell_usd(w, STR("budget_usd"), b->budget);
	tell_usd(w, STR("spent_usd"), b->spent);
	tell_time(w, STR("ends_at"), period_end_ms(b->period, a->now_ms));
	tell_moment(w, &t);
	jsonw_end_object(w);
}

static void tell_budgets(
	struct jsonw *w, const struct ahead *a, const struct ahead_model *m)
{
	jsonw_key(w, STR("budgets"));
	jsonw_begin_array(w);
	for (unsigned p = 0; p < PERIODS; p++)
		for (uint32_t i = 0; i < a->n_budgets[p]; i++)
			tell_budget(w, a, m, &a->budget[p][i]);
	jsonw_end_array(w);
	tell_u64(w, STR("budgets_left_out"), a->n_left_out);
}

static void tell_limits(
	struct jsonw *w, const struct ahead *a, const struct ahead_model *m)
{
	jsonw_key(w, STR("hour_limits"));
	jsonw_begin_array(w);
	for (uint32_t i = 0; i < a->n_limits; i++) {
		const struct ahead_limit *l = &a->limit[i];
		struct ahead_moment t = ahead_limit_ends(m, l);
		jsonw_begin_object(w);
		tell_text(w, STR("unit"), limit_unit_name(l->unit));
		tell_u64(w, STR("limit"), l->limit);
		tell_u64(w, STR("used"), l->used);
		tell_moment(w, &t);
		jsonw_end_object(w);
	}
	jsonw_end_array(w);
}

void ahead_tell(struct jsonw *w, const struct ahead *a)
{
	struct ahead_model *m = ahead_learn(a);
	const char *lacks = ahead_lacks(m);
	tell_text(w, STR("method"), lacks == NULL ? "outlook" : "run_rate");
	tell_reason(w, lacks);
	tell_u64(w, STR("observed_ms"), ahead_observed_ms(m));
	tell_next(w, m);
	for (unsigned p = 0; p < PERIODS; p++)
		tell_period(w, m, (enum period)p);
	tell_budgets(w, a, m);
	tell_limits(w, a, m);
	ahead_model_free(m);
}
