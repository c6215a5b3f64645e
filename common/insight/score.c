/* One number for how it goes. */
#include "insight/score.h"

#include "base/num.h"
#include "segment/exchange.h"

#include <string.h>

/* Hundredths of a point. */
enum {
	P90 = 900,
	WHOLE = 10000,
	FAILURES_MOST = 4000,
	RETRIES_MOST = 2000,
	WAITING_MOST = 2000,
	UNKNOWN_MOST = 1000,
	UTILIZATION_MOST = 1000,
	WAIT_FROM_MS = 1000,
	WAIT_TO_MS = 60000,
	UTILIZATION_FROM = 800,
	UTILIZATION_TO = 1000
};

/* What so large a part costs where all of it would cost `by`, to the nearest. */
static uint32_t share(uint64_t part, uint64_t all, uint32_t by, uint32_t most)
{
	return (uint32_t)MIN(num_nearest(part, by, all), (uint64_t)most);
}

/* 0 at `from`, most at `to`, straight between. */
static uint32_t ramp(uint64_t v, uint64_t from, uint64_t to, uint32_t most)
{
	return share(num_sub_sat(MIN(v, to), from), to - from, most, most);
}

uint64_t score_sent(const struct survey *v)
{
	const char *refused = exchange_failure_name(FAILURE_UPSTREAM_UNREACHABLE);
	const struct group *x =
		groups_find(v->by[DIM_ERROR], (struct str){refused, strlen(refused)});
	return num_add_sat(v->total.attempts, x != NULL ? x->totals.unsent : 0);
}

struct score_input score_input_of(const struct survey *v)
{
	const struct totals *t = &v->total;
	return (struct score_input){.judged = totals_judged(t),
		.failed = t->failed,
		.requests = t->requests,
		.attempts = score_sent(v),
		.retried = t->retried,
		.unknown = t->unknown_requests,
		.wait_p90_ms = histo_quantile(&v->times.wait, P90)};
}

struct score score_of(const struct score_input *in)
{
	struct score s = {.failures = share(in->failed, in->judged, 5 * FAILURES_MOST,
				  FAILURES_MOST),
		.retries = share(
			in->retried, in->attempts, 2 * RETRIES_MOST, RETRIES_MOST),
		.waiting =
			ramp(in->wait_p90_ms, WAIT_FROM_MS, WAIT_TO_MS, WAITING_MOST),
		.unknown = share(
			in->unknown, in->requests, 10 * UNKNOWN_MOST, UNKNOWN_MOST),
		.utilization = ramp(in->utilization, UTILIZATION_FROM, UTILIZATION_TO,
			UTILIZATION_MOST)};
	s.left = WHOLE - s.failures - s.retries - s.waiting - s.unknown - s.utilization;
	return s;
}
