/* GET /monitoring/cost-breakdown and /monitoring/performance: surveys of the ledger. */
#include "front/monitoring.h"
#include "front/router.h"
#include "insight/tell_cost.h"
#include "insight/tell_performance.h"

#include "base/num.h"

/* ---- cost-breakdown ---------------------------------------------------------------------- */

static void write_cost(
	struct jsonw *w, struct conn *c, const struct survey *v, uint64_t hours)
{
	struct tell_names names = {monitoring_client_name, c->front};
	const struct process *p = &c->front->process;
	struct ahead ahead = {.survey = v, .now_ms = p->now_ms};
	ahead_take(&ahead, p->segment, p->now_ns);
	tell_cost(w, &ahead, &names);
	tell_u64(w, STR("time_period_hours"), hours);
}

void cost_handle(struct conn *c)
{
	struct monitoring_survey ask = {
		.parts = TELL_COST_PARTS, .write = write_cost, .is_by_day = true};
	monitoring_ask(c, &ask);
}

/* ---- performance ------------------------------------------------------------------------- */

uint64_t monitoring_utilization(const struct front *f)
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

static void write_performance(
	struct jsonw *w, struct conn *c, const struct survey *v, uint64_t hours)
{
	tell_performance(w, v, monitoring_utilization(c->front));
	tell_u64(w, STR("time_period_hours"), hours);
}

void performance_handle(struct conn *c)
{
	struct monitoring_survey ask = {
		.parts = TELL_PERFORMANCE_PARTS, .write = write_performance};
	monitoring_ask(c, &ask);
}
