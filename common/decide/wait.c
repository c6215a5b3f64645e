/* The longest of several forecasts. */
#include "decide/wait.h"

#include "base/clock.h"
#include "base/num.h"

#define DAY_NS (86400 * NS_PER_S)

static const char *const names[WAIT_REASONS] = {
	[WAIT_NOTHING] = "next",
	[WAIT_REQUESTS] = "requests",
	[WAIT_TOKENS] = "tokens",
	[WAIT_PACE] = "pace",
	[WAIT_BACKOFF] = "backoff",
	[WAIT_CONCURRENCY] = "concurrency",
	[WAIT_FAULTS] = "faults",
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

uint64_t wait_rest_ns(uint64_t mean_ns, uint64_t age_ns)
{
	return age_ns > mean_ns ? age_ns : mean_ns - age_ns;
}

void wait_late_note(struct wait_late *l, uint64_t mean_ns, uint64_t age_ns)
{
	if (age_ns <= mean_ns)
		return;
	l->n++;
	l->ends_a_day += MAX(DAY_NS / age_ns, (uint64_t)1);
}

/*
 * Ends come evenly. A place gives one each mean_ns; one whose request is late gives its
 * first after late_ns, its age, and then as the others. In places × mean_ns, the end of one
 * request counting mean_ns:
 *
 *	given │            ╱   places, each moment
 *	      │        ╱
 *	by_then ─ ─╱
 *	      │ ╱  .           those that are not late, and of each late one mean_ns
 *	      └────┴────────── time
 *	        late_ns
 */
static uint64_t until_ends(const struct wait_flow *f, uint64_t n_ends)
{
	uint64_t n_late = MIN(f->late.n, f->n_running);
	uint64_t n_places = MAX(f->max_running, f->n_running);
	uint64_t late_ns = n_late ? n_late * DAY_NS / f->late.ends_a_day : 0;
	uint64_t mean_ns = f->mean_ns ? f->mean_ns : late_ns;
	uint64_t asked = num_mul_sat(n_ends, mean_ns);
	uint64_t by_then = num_add_sat(
		num_mul_sat(n_places - n_late, late_ns), num_mul_sat(n_late, mean_ns));
	if (asked > by_then)
		return num_add_sat(late_ns, (asked - by_then) / n_places);
	return by_then ? (uint64_t)((unsigned __int128)asked * late_ns / by_then) : 0;
}

static uint64_t until_a_place_is_free(const struct wait *w)
{
	const struct wait_flow *f = &w->flow;
	uint64_t n_wanted = w->n_told + f->n_running;
	if (n_wanted <= f->max_running || f->max_running == 0)
		return 0;
	return until_ends(f, n_wanted - f->max_running);
}

static void offer(
	struct wait_answer *a, uint64_t in_ns, enum wait_reason reason, size_t binding)
{
	if (in_ns <= a->in_ns)
		return;
	a->in_ns = in_ns;
	a->reason = reason;
	a->binding = binding;
}

struct wait_answer wait_next(struct wait *w, uint64_t tokens)
{
	struct wait_answer a = {.reason = WAIT_NOTHING, .binding = w->n};
	w->n_told++;
	for (size_t i = 0; i < w->n; i++)
		offer(&a, forecast_next(&w->forecast[i], w->is_tokens[i] ? tokens : 1),
			w->reason[i], i);
	offer(&a, until_a_place_is_free(w), WAIT_CONCURRENCY, w->n);
	offer(&a, num_sub_sat(w->flow.gate_ns, w->now_ns), w->flow.gate_reason, w->n);
	if (a.binding < w->n)
		a.hold = forecast_hold(&w->forecast[a.binding]);
	return a;
}

/* A fifth of the longer of the two, and at least a second. */
static bool is_far(uint64_t a_ms, uint64_t b_ms)
{
	uint64_t longer = MAX(a_ms, b_ms), apart = longer - MIN(a_ms, b_ms);
	return apart > MAX(longer / 5, (uint64_t)1000);
}

void wait_cap(struct wait_place *p, uint64_t waited_ns, uint64_t max_wait_ns)
{
	uint64_t left_ms = num_sub_sat(max_wait_ns, waited_ns) / NS_PER_MS;
	p->times_out = p->wait_ms > left_ms;
	p->wait_ms = MIN(p->wait_ms, left_ms);
}

bool wait_is_news(
	struct wait_told *told, const struct wait_place *place, uint64_t now_ns)
{
	const struct wait_place *last = &told->place;
	uint64_t gone_ms = num_sub_sat(now_ns, told->at_ns) / NS_PER_MS;
	if (place->rank == 0 && place->reason == WAIT_NOTHING)
		return false;
	if (place->rank == last->rank && place->reason == last->reason &&
		place->times_out == last->times_out &&
		!is_far(place->wait_ms, num_sub_sat(last->wait_ms, gone_ms)))
		return false;
	*told = (struct wait_told){*place, now_ns};
	return true;
}

const char *wait_reason_name(enum wait_reason r)
{
	return r < WAIT_REASONS ? names[r] : "impossible";
}
