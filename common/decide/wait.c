/* The longest of several forecasts. */
#include "decide/wait.h"

#include "base/clock.h"
#include "base/num.h"

static const char *const names[WAIT_REASONS] = {
	[WAIT_NOTHING] = "next",
	[WAIT_REQUESTS] = "requests",
	[WAIT_TOKENS] = "tokens",
	[WAIT_PACE] = "pace",
	[WAIT_BACKOFF] = "backoff",
	[WAIT_CONCURRENCY] = "concurrency",
};

static enum wait_reason reason_of(const struct admission_limit *l)
{
	if (l->window == NULL)
		return WAIT_PACE;
	return l->is_tokens ? WAIT_TOKENS : WAIT_REQUESTS;
}

void wait_begin(struct wait *w, const struct admission_limit *limits, size_t n,
	const struct wait_flow *flow, uint64_t now_ns)
{
	must(n <= WAIT_LIMITS);
	w->n = n;
	w->flow = *flow;
	w->now_ns = now_ns;
	w->n_told = 0;
	for (size_t i = 0; i < n; i++) {
		const struct admission_limit *l = &limits[i];
		forecast_begin(&w->forecast[i], l->window, l->limit, now_ns);
		if (l->bucket != NULL)
			forecast_pace(&w->forecast[i], l->bucket, &l->rate);
		w->reason[i] = reason_of(l);
		w->is_tokens[i] = l->is_tokens;
	}
}

/* Ends come evenly: max_running of them in the time that one takes. */
static uint64_t until_a_place_is_free(const struct wait *w)
{
	const struct wait_flow *f = &w->flow;
	uint64_t n_free = num_sub_sat(f->max_running, f->n_running);
	if (w->n_told <= n_free || f->max_running == 0)
		return 0;
	return num_mul_sat(w->n_told - n_free, f->mean_ns) / f->max_running;
}

static void offer(struct wait_answer *a, uint64_t in_ns, enum wait_reason reason)
{
	if (in_ns > a->in_ns)
		*a = (struct wait_answer){in_ns, reason};
}

struct wait_answer wait_next(struct wait *w, uint64_t tokens)
{
	struct wait_answer a = {0, WAIT_NOTHING};
	w->n_told++;
	for (size_t i = 0; i < w->n; i++)
		offer(&a, forecast_next(&w->forecast[i], w->is_tokens[i] ? tokens : 1),
			w->reason[i]);
	offer(&a, until_a_place_is_free(w), WAIT_CONCURRENCY);
	offer(&a, num_sub_sat(w->flow.gate_ns, w->now_ns), WAIT_BACKOFF);
	return a;
}

/* A fifth of the longer of the two, and at least a second. */
static bool is_far(uint64_t a_ms, uint64_t b_ms)
{
	uint64_t longer = MAX(a_ms, b_ms), apart = longer - MIN(a_ms, b_ms);
	return apart > MAX(longer / 5, (uint64_t)1000);
}

bool wait_is_news(struct wait_told *told, uint32_t rank, enum wait_reason reason,
	uint64_t wait_ms, uint64_t now_ns)
{
	uint64_t gone_ms = num_sub_sat(now_ns, told->at_ns) / NS_PER_MS;
	if (rank == told->rank && reason == told->reason &&
		!is_far(wait_ms, num_sub_sat(told->wait_ms, gone_ms)))
		return false;
	*told = (struct wait_told){rank, reason, wait_ms, now_ns};
	return true;
}

const char *wait_reason_name(enum wait_reason r)
{
	return r < WAIT_REASONS ? names[r] : "impossible";
}
