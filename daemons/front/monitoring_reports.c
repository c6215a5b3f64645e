/* GET /monitoring/cost-breakdown and /monitoring/performance: surveys of the ledger. */
#include "front/monitoring.h"
#include "front/router.h"
#include "insight/tell_cost.h"
#include "insight/tell_performance.h"

#include "base/num.h"

/* ---- cost-breakdown ---------------------------------------------------------------------- */

static bool write_cost(struct jsonw *w, struct conn *c, const struct survey *v,
	uint64_t hours, struct tell_place *place)
{
	struct tell_names names = {monitoring_tell_client, c->front};
	const struct process *p = &c->front->process;
	struct ahead ahead = {.survey = v, .now_ms = p->now_ms};
	if (!tell_cost(w, v, &names, place))
		return false;
	ahead_take(&ahead, p->segment, p->now_ns);
	tell_cost_ahead(w, &ahead);
	tell_u64(w, STR("time_period_hours"), hours);
	return true;
}

void cost_handle(struct conn *c)
{
	struct monitoring_survey ask = {
		.parts = TELL_COST_PARTS, .write = write_cost, .is_by_day = true};
	monitoring_ask(c, &ask);
}

/* ---- performance ------------------------------------------------------------------------- */

static uint64_t utilization(const struct front *f)
{
	const struct limits *limits = &f->process.segment->shared->limits;
	uint64_t most = 0;
	for (size_t i = 0; i < MAX_UPSTREAM_LIMITS; i++) {
		const struct upstream_limit *l = &limits->limit[i];
		if (!limit_is_active(l) || limit_value(l) == 0)
			continue;
		uint64_t used = window_used(&l->window, f->process.now_ns);
		most = MAX(most, num_mul_sat(used, 1000) / limit_value(l));
	}
	return most;
}

static void count_asked(const struct front *f, uint64_t asked[static PRIORITIES])
{
	const struct counters *all = &f->process.segment->shared->counters;
	asked[PRIORITY_LOW] = counter_sum(all, COUNTER_asked_low);
	asked[PRIORITY_NORMAL] = counter_sum(all, COUNTER_asked_normal);
	asked[PRIORITY_HIGH] = counter_sum(all, COUNTER_asked_high);
	asked[PRIORITY_URGENT] = counter_sum(all, COUNTER_asked_urgent);
}

void monitoring_facts(
	const struct front *f, const struct survey *v, struct advice_facts *out)
{
	const struct settings *s = &f->process.settings;
	const struct counters *counters = &f->process.segment->shared->counters;
	*out = (struct advice_facts){.survey = v,
		.models = f->models,
		.now_ms = f->process.now_ms,
		.utilization = utilization(f),
		.requests_per_hour = s->requests_per_hour,
		.tokens_per_hour = s->tokens_per_hour,
		.max_retries = s->max_retries,
		.place_waits = counter_sum(counters, COUNTER_place_waits),
		.limit_waits = counter_sum(counters, COUNTER_limit_waits),
		.retried = counter_sum(counters, COUNTER_attempts_retried),
		.retried_by_backoff =
			counter_sum(counters, COUNTER_retried_by_backoff)};
	count_asked(f, out->asked);
}

static bool write_performance(struct jsonw *w, struct conn *c, const struct survey *v,
	uint64_t hours, struct tell_place *place)
{
	(void)place;
	struct advice_facts facts;
	monitoring_facts(c->front, v, &facts);
	tell_performance(w, &facts);
	tell_u64(w, STR("time_period_hours"), hours);
	return true;
}

void performance_handle(struct conn *c)
{
	struct monitoring_survey ask = {
		.parts = TELL_PERFORMANCE_PARTS, .write = write_performance};
	monitoring_ask(c, &ask);
}
