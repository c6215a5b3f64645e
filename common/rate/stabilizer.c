/*
 * The table of a key's moves, its delays and its pace. Runs in dispatch; it never reads a
 * clock.
 */
#include "rate/stabilizer.h"

#include "base/clock.h"
#include "base/num.h"

enum {
	FLOOR_REQUESTS = 3600, /* an hour, where no limit says more */
	FLOOR_PART = 10,       /* of the limit, which an incident leaves at least */
	FEW = 10,       /* requests a minute are no measure of what is accepted */
	QUIET_PART = 2, /* of the limit, which is held where there is no measure */
	MINUTES = 60,   /* of an hour: paces are by the hour, so that they grow */
	RAMP_STEPS_MAX =
		8 /* 1.5^8 = 25 times the held pace: no limit says when it ends */
};

#define CELL_NS (5 * NS_PER_S)

/* clang-format off */
#define S(state) STABILIZER_##state
static const uint8_t moves[STABILIZER_STATES][STABILIZER_EVENTS] = {
	/*               THROTTLE           FAULT              ACCEPT             REFUSED            SENT               LOST               RESET      DUE */
	[S(STEADY)] =   {S(BACKOFF),        S(BACKOFF),        S(STEADY),         S(OUT_OF_SERVICE), S(STEADY),         S(STEADY),         S(STEADY), S(STEADY)},
	[S(BACKOFF)] =  {S(BACKOFF),        S(BACKOFF),        S(BACKOFF),        S(OUT_OF_SERVICE), S(BACKOFF),        S(BACKOFF),        S(STEADY), S(PROBE)},
	[S(PROBE)] =    {S(BACKOFF),        S(BACKOFF),        S(PROBE),          S(OUT_OF_SERVICE), S(PROBING),        S(PROBE),          S(STEADY), S(PROBE)},
	[S(PROBING)] =  {S(BACKOFF),        S(BACKOFF),        S(HOLD),           S(OUT_OF_SERVICE), S(PROBING),        S(PROBE),          S(STEADY), S(PROBING)},
	[S(HOLD)] =     {S(BACKOFF),        S(BACKOFF),        S(HOLD),           S(OUT_OF_SERVICE), S(HOLD),           S(HOLD),           S(STEADY), S(RAMP)},
	[S(RAMP)] =     {S(BACKOFF),        S(BACKOFF),        S(RAMP),           S(OUT_OF_SERVICE), S(RAMP),           S(RAMP),           S(STEADY), S(STEADY)},
	[S(OUT_OF_SERVICE)] =
	                {S(OUT_OF_SERVICE), S(OUT_OF_SERVICE), S(OUT_OF_SERVICE), S(OUT_OF_SERVICE), S(OUT_OF_SERVICE), S(OUT_OF_SERVICE), S(STEADY), S(PROBE)},
};
#undef S
/* clang-format on */

static const char *const names[STABILIZER_STATES] = {
	[STABILIZER_STEADY] = "steady",
	[STABILIZER_BACKOFF] = "backoff",
	[STABILIZER_PROBE] = "probe",
	[STABILIZER_PROBING] = "probing",
	[STABILIZER_HOLD] = "hold",
	[STABILIZER_RAMP] = "ramp",
	[STABILIZER_OUT_OF_SERVICE] = "out_of_service",
};

/* ---- what was sent and accepted ----------------------------------------------------- */

static void advance(struct stabilizer *s, uint64_t now_ns)
{
	uint64_t cell = now_ns / CELL_NS;
	for (uint64_t i = s->cell; i < cell && i - s->cell < STABILIZER_CELLS; i++) {
		s->requests[(i + 1) % STABILIZER_CELLS] = 0;
		s->tokens[(i + 1) % STABILIZER_CELLS] = 0;
		s->sent[(i + 1) % STABILIZER_CELLS] = 0;
	}
	if (cell > s->cell && cell - s->cell > STABILIZER_CELLS)
		for (size_t i = 0; i < STABILIZER_CELLS; i++)
			s->requests[i] = s->tokens[i] = s->sent[i] = 0;
	s->cell = MAX(s->cell, cell);
}

static void note_sent(struct stabilizer *s, uint64_t now_ns)
{
	advance(s, now_ns);
	s->sent[s->cell % STABILIZER_CELLS]++;
}

static void note_accepted(struct stabilizer *s, uint64_t tokens, uint64_t now_ns)
{
	advance(s, now_ns);
	s->requests[s->cell % STABILIZER_CELLS]++;
	uint64_t *sum = &s->tokens[s->cell % STABILIZER_CELLS];
	*sum = num_add_sat(*sum, tokens);
}

static uint64_t sum(const uint64_t cells[STABILIZER_CELLS])
{
	uint64_t n = 0;
	for (size_t i = 0; i < STABILIZER_CELLS; i++)
		n = num_add_sat(n, cells[i]);
	return n;
}

/* ---- the held pace ------------------------------------------------------------------- */

static uint64_t within(uint64_t accepted, uint64_t limit, uint64_t floor)
{
	if (limit > 0) {
		floor = MAX(limit / FLOOR_PART, MINUTES);
		accepted = MIN(accepted, limit);
	}
	return MAX(accepted, floor);
}

static uint64_t hourly(uint64_t per_minute)
{
	return num_mul_sat(per_minute, MINUTES);
}

/* Of the minute before, unless too little was sent for it to be a pace: who is throttled
 * then is throttled for others' sake, or by a lower limit, which the next throttle finds. */
static uint64_t measured(const struct stabilizer *s,
	const uint64_t accepted[STABILIZER_CELLS], uint64_t limit)
{
	uint64_t n = hourly(sum(accepted));
	return sum(s->sent) < FEW ? MAX(n, hourly(limit) / QUIET_PART) : n;
}

/* What an incident leaves; tokens without a limit have no pace. */
static void take_pace(struct stabilizer *s, const struct stabilizer_policy *p,
	bool throttled, uint64_t now_ns)
{
	uint64_t requests = s->held_requests, tokens = s->held_tokens;
	if (s->state == STABILIZER_STEADY) {
		advance(s, now_ns);
		requests = measured(s, s->requests, p->requests_per_minute);
		tokens = measured(s, s->tokens, p->tokens_per_minute);
	} else if (s->state == STABILIZER_HOLD && throttled) {
		requests /= 2;
		tokens /= 2;
	}
	s->held_requests =
		within(requests, hourly(p->requests_per_minute), FLOOR_REQUESTS);
	s->held_tokens = p->tokens_per_minute > 0
				 ? within(tokens, hourly(p->tokens_per_minute), 0)
				 : 0;
}

/* held × 1.5^(age / hold), in a straight line between the steps. */
static uint64_t ramped(uint64_t held, uint64_t age_ns, uint64_t hold_ns)
{
	uint64_t pace = held;
	for (; age_ns >= hold_ns; age_ns -= hold_ns)
		pace = num_add_sat(pace, pace / 2);
	return num_add_sat(
		pace, (uint64_t)((unsigned __int128)pace * age_ns / hold_ns / 2));
}

/* How long it takes until a ramp from held meets the limit. */
static uint64_t ramp_steps(uint64_t held, uint64_t limit)
{
	uint64_t n = 0;
	for (uint64_t pace = held; pace < limit && n < RAMP_STEPS_MAX; n++)
		pace = num_add_sat(pace, pace / 2);
	return limit > 0 ? n : RAMP_STEPS_MAX;
}

/* The limits may have been changed since the pace was taken. */
static struct stabilizer_pace within_limits(
	struct stabilizer_pace pace, const struct stabilizer_policy *p)
{
	uint64_t requests = hourly(p->requests_per_minute);
	return (struct stabilizer_pace){
		requests > 0 ? MIN(pace.requests, requests) : pace.requests,
		MIN(pace.tokens, hourly(p->tokens_per_minute))};
}

struct stabilizer_pace stabilizer_held(
	const struct stabilizer *s, const struct stabilizer_policy *p)
{
	return within_limits(
		(struct stabilizer_pace){s->held_requests, s->held_tokens}, p);
}

struct stabilizer_pace stabilizer_pace(
	const struct stabilizer *s, const struct stabilizer_policy *p, uint64_t now_ns)
{
	if (s->state == STABILIZER_HOLD)
		return stabilizer_held(s, p);
	if (s->state != STABILIZER_RAMP || p->hold_ns == 0)
		return (struct stabilizer_pace){0, 0};
	uint64_t age = num_sub_sat(now_ns, s->since_ns);
	age = MIN(age, num_mul_sat(p->hold_ns, RAMP_STEPS_MAX));
	struct stabilizer_pace pace = {ramped(s->held_requests, age, p->hold_ns),
		ramped(s->held_tokens, age, p->hold_ns)};
	return within_limits(pace, p);
}

/* ---- moving ------------------------------------------------------------------------- */

/* Half of min(max, base × 2^(n - 1)) for sure and half by chance: one prober has nobody to
 * collide with but other gateways. Never shorter than the upstream's own word. */
static uint64_t delay_ns(const struct stabilizer *s, const struct stabilizer_policy *p,
	const struct stabilizer_report *r)
{
	uint64_t ceiling = p->base_delay_ns;
	for (uint32_t i = 1; i < s->n_errors && ceiling < p->max_delay_ns; i++)
		ceiling = num_mul_sat(ceiling, 2);
	ceiling = MIN(ceiling, p->max_delay_ns);
	uint64_t chance =
		(uint64_t)((unsigned __int128)(ceiling / 2) * r->random >> 32);
	if (r->retry_after_ns > 0)
		return num_add_sat(r->retry_after_ns, chance / 4);
	return ceiling / 2 + chance;
}

static uint64_t end_of(const struct stabilizer *s, const struct stabilizer_policy *p)
{
	uint64_t hold = s->cause == STABILIZER_BY_THROTTLE ? p->hold_ns : 0;
	uint64_t steps;
	switch (s->state) {
	case STABILIZER_HOLD:
		return num_add_sat(s->since_ns, hold);
	case STABILIZER_RAMP:
		steps = ramp_steps(s->held_requests, hourly(p->requests_per_minute));
		if (p->tokens_per_minute > 0)
			steps = MAX(steps, ramp_steps(s->held_tokens,
						   hourly(p->tokens_per_minute)));
		return num_add_sat(s->since_ns, num_mul_sat(hold, steps));
	case STABILIZER_OUT_OF_SERVICE:
		return num_add_sat(s->since_ns, p->out_ns);
	default:
		return UINT64_MAX;
	}
}

static bool enter(struct stabilizer *s, enum stabilizer_state to,
	const struct stabilizer_policy *p, uint64_t now_ns)
{
	if (s->state == to)
		return false;
	if (to == STABILIZER_STEADY ||
		(to == STABILIZER_OUT_OF_SERVICE && s->state == STABILIZER_STEADY)) {
		s->cause = STABILIZER_BY_FAULT;
		s->held_requests = s->held_tokens = 0;
	}
	s->state = to;
	s->since_ns = now_ns;
	s->due_ns = end_of(s, p);
	return true;
}

static bool is_error(enum stabilizer_event e)
{
	return e == STABILIZER_ON_THROTTLE || e == STABILIZER_ON_FAULT;
}

/* An incident begins, or goes on; more of the same burst only make it longer. */
static bool back_off(struct stabilizer *s, const struct stabilizer_policy *p,
	const struct stabilizer_report *r, uint64_t now_ns)
{
	bool throttled = r->event == STABILIZER_ON_THROTTLE;
	bool was_backoff = s->state == STABILIZER_BACKOFF;
	if (!was_backoff)
		take_pace(s, p, throttled, now_ns);
	if (throttled)
		s->cause = STABILIZER_BY_THROTTLE;
	uint64_t due = num_add_sat(now_ns, delay_ns(s, p, r));
	bool changed = enter(s, STABILIZER_BACKOFF, p, now_ns);
	if (!was_backoff)
		s->due_ns = due;
	else if (r->retry_after_ns > 0)
		s->due_ns = MAX(s->due_ns, due);
	return changed;
}

/* The end of something that was sent before the probe. */
static bool is_old_news(const struct stabilizer *s, const struct stabilizer_report *r)
{
	bool is_end = is_error(r->event) || r->event == STABILIZER_ON_ACCEPT ||
		      r->event == STABILIZER_ON_LOST;
	return is_end &&
	       (s->state == STABILIZER_PROBE ||
		       (s->state == STABILIZER_PROBING && r->sent_ns < s->since_ns));
}

bool stabilizer_step(struct stabilizer *s, const struct stabilizer_policy *p,
	const struct stabilizer_report *r, uint64_t now_ns)
{
	must(r->event < STABILIZER_EVENTS && s->state < STABILIZER_STATES);
	enum stabilizer_state to = (enum stabilizer_state)moves[s->state][r->event];
	if (r->event == STABILIZER_ON_SENT)
		note_sent(s, now_ns);
	if (r->event == STABILIZER_ON_ACCEPT)
		note_accepted(s, r->tokens, now_ns);
	if (is_old_news(s, r))
		return false;
	if (is_error(r->event) && s->state != STABILIZER_BACKOFF)
		s->n_errors++;
	if (r->event == STABILIZER_ON_ACCEPT && s->state != STABILIZER_BACKOFF)
		s->n_errors = 0;
	if (r->event == STABILIZER_ON_RESET)
		s->n_errors = 0;
	bool is_calm = s->state == STABILIZER_STEADY || s->state == STABILIZER_HOLD ||
		       s->state == STABILIZER_RAMP;
	if (r->event == STABILIZER_ON_FAULT && is_calm && s->n_errors < p->n_faults)
		return false;
	if (to == STABILIZER_BACKOFF && is_error(r->event))
		return back_off(s, p, r, now_ns);
	return enter(s, to, p, now_ns);
}

bool stabilizer_tick(
	struct stabilizer *s, const struct stabilizer_policy *p, uint64_t now_ns)
{
	bool changed = false;
	/* at most HOLD → RAMP → STEADY in one go */
	while (now_ns >= s->due_ns) {
		uint64_t due = s->due_ns;
		changed |= enter(s,
			(enum stabilizer_state)moves[s->state][STABILIZER_ON_DUE], p,
			due);
	}
	return changed;
}

uint64_t stabilizer_earliest_ns(const struct stabilizer *s)
{
	switch (s->state) {
	case STABILIZER_BACKOFF:
	case STABILIZER_OUT_OF_SERVICE:
		return s->due_ns;
	case STABILIZER_PROBING:
		return UINT64_MAX;
	default:
		return 0;
	}
}

/* ---- birth and rebirth --------------------------------------------------------------- */

void stabilizer_init(struct stabilizer *s, uint64_t now_ns)
{
	*s = (struct stabilizer){.state = STABILIZER_STEADY,
		.since_ns = now_ns,
		.due_ns = UINT64_MAX,
		.cell = now_ns / CELL_NS};
}

struct stabilizer_snapshot stabilizer_save(const struct stabilizer *s, uint64_t now_ns)
{
	return (struct stabilizer_snapshot){.state = s->state,
		.cause = s->cause,
		.n_errors = s->n_errors,
		.in_state_ns = num_sub_sat(now_ns, s->since_ns),
		.remaining_ns = s->due_ns == UINT64_MAX
					? UINT64_MAX
					: num_sub_sat(s->due_ns, now_ns),
		.held_requests = s->held_requests,
		.held_tokens = s->held_tokens};
}

static enum stabilizer_state reborn(uint32_t state)
{
	if (state >= STABILIZER_STATES)
		return STABILIZER_STEADY;
	if (state == STABILIZER_PROBING || state == STABILIZER_OUT_OF_SERVICE)
		return STABILIZER_PROBE;
	return (enum stabilizer_state)state;
}

void stabilizer_load(struct stabilizer *s, const struct stabilizer_snapshot *from,
	uint64_t away_ns, uint64_t now_ns)
{
	stabilizer_init(s, now_ns);
	s->state = reborn(from->state);
	s->cause = from->cause < STABILIZER_CAUSES ? (enum stabilizer_cause)from->cause
						   : STABILIZER_BY_THROTTLE;
	s->n_errors = (uint32_t)MIN(from->n_errors, UINT32_MAX);
	s->held_requests = from->held_requests;
	s->held_tokens = from->held_tokens;
	s->since_ns = num_sub_sat(now_ns, num_add_sat(from->in_state_ns, away_ns));
	bool ends = s->state == STABILIZER_BACKOFF || s->state == STABILIZER_HOLD ||
		    s->state == STABILIZER_RAMP;
	if (ends && from->remaining_ns != UINT64_MAX)
		s->due_ns =
			num_add_sat(now_ns, num_sub_sat(from->remaining_ns, away_ns));
}

const char *stabilizer_state_name(enum stabilizer_state state)
{
	return state < STABILIZER_STATES ? names[state] : "impossible";
}
