/* One number for how it goes. */
#include "insight/score.h"

#include "base/num.h"

enum {
	WHOLE = 1000,
	FAILURES_MOST = 400,
	RETRIES_MOST = 200,
	WAITING_MOST = 200,
	UNKNOWN_MOST = 100,
	UTILIZATION_MOST = 100,
	WAIT_FROM_MS = 1000,
	WAIT_TO_MS = 60000,
	UTILIZATION_FROM = 800,
	UTILIZATION_TO = 1000
};

static uint64_t share(uint64_t part, uint64_t all)
{
	return all > 0 ? num_mul_sat(MIN(part, all), WHOLE) / all : 0;
}

/* 0 at `from`, most at `to`, straight between. */
static uint32_t ramp(uint64_t v, uint64_t from, uint64_t to, uint64_t most)
{
	uint64_t over = num_sub_sat(MIN(v, to), from);
	return (uint32_t)(over * most / (to - from));
}

struct score_input score_input_of(const struct totals *t, uint64_t wait_p90_ms)
{
	return (struct score_input){.judged = totals_judged(t),
		.failed = t->failed,
		.requests = t->requests,
		.attempts = num_add_sat(t->attempts, t->unsent),
		.retried = t->retried,
		.unknown = t->unknown_requests,
		.wait_p90_ms = wait_p90_ms};
}

struct score score_of(const struct score_input *in)
{
	struct score s = {.failures = ramp(share(in->failed, in->judged), 0, WHOLE / 5,
				  FAILURES_MOST),
		.retries = ramp(
			share(in->retried, in->attempts), 0, WHOLE / 2, RETRIES_MOST),
		.waiting =
			ramp(in->wait_p90_ms, WAIT_FROM_MS, WAIT_TO_MS, WAITING_MOST),
		.unknown = ramp(
			share(in->unknown, in->requests), 0, WHOLE / 10, UNKNOWN_MOST),
		.utilization = ramp(in->utilization, UTILIZATION_FROM, UTILIZATION_TO,
			UTILIZATION_MOST)};
	s.tenths =
		WHOLE - s.failures - s.retries - s.waiting - s.unknown - s.utilization;
	return s;
}
