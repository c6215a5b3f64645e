/* The table of a seat's moves, its backoff and its deadlines. The master runs it. */
#include "decide/restart.h"

#include "base/clock.h"
#include "base/num.h"

#define KILL_AFTER_ABORT_NS NS_PER_S
#define REFUSED_DELAY_NS    (50 * NS_PER_MS)

/* No such event in this state: the master's bookkeeping is wrong. */
enum { NEVER = RESTART_STATES };

/* clang-format off */
static const uint8_t moves[RESTART_STATES][RESTART_EVENTS] = {
	/*             SPAWNED           REFUSED       READY             MUTE          TOLD              DIED */
	[RESTART_EMPTY] =
		{RESTART_STARTING, RESTART_DEAD, NEVER,            NEVER,        RESTART_EMPTY,    NEVER},
	[RESTART_STARTING] =
		{NEVER,            NEVER,        RESTART_READY,    RESTART_MUTE, RESTART_DRAINING, RESTART_DEAD},
	[RESTART_READY] =
		{NEVER,            NEVER,        NEVER,            RESTART_MUTE, RESTART_DRAINING, RESTART_DEAD},
	[RESTART_MUTE] =
		{NEVER,            NEVER,        NEVER,            NEVER,        RESTART_DRAINING, RESTART_DEAD},
	[RESTART_DRAINING] =
		{NEVER,            NEVER,        NEVER,            NEVER,        RESTART_DRAINING, RESTART_EMPTY},
	[RESTART_DEAD] =
		{RESTART_STARTING, RESTART_DEAD, NEVER,            NEVER,        RESTART_EMPTY,    NEVER},
};
/* clang-format on */

static void move(struct restart *r, enum restart_event event)
{
	must(event < RESTART_EVENTS);
	uint8_t to = moves[r->state][event];
	must(to != NEVER);
	r->state = (enum restart_state)to;
}

/* Was this death one too many for the window? */
static bool note_death(
	struct restart *r, const struct restart_policy *p, uint64_t now_ns)
{
	must(p->free_deaths < RESTART_REMEMBERED);
	uint64_t n = r->n_deaths++;
	r->death_ns[n % RESTART_REMEMBERED] = now_ns;
	if (n < p->free_deaths)
		return false;
	uint64_t first = r->death_ns[(n - p->free_deaths) % RESTART_REMEMBERED];
	return num_sub_sat(now_ns, first) <= p->window_ns;
}

static uint64_t delay_after_death(
	struct restart *r, const struct restart_policy *p, uint64_t now_ns)
{
	bool is_burst = note_death(r, p, now_ns);
	if (num_sub_sat(now_ns, r->started_ns) >= p->window_ns)
		r->n_delays = 0;
	if (!is_burst && r->n_delays == 0)
		return 0;
	uint64_t delay = p->first_delay_ns;
	for (uint64_t i = 0; i < r->n_delays && delay < p->max_delay_ns; i++)
		delay = num_mul_sat(delay, 2);
	r->n_delays++;
	return MIN(delay, p->max_delay_ns);
}

void restart_step(struct restart *r, enum restart_event event, uint64_t now_ns)
{
	move(r, event);
	if (event == RESTART_ON_SPAWNED)
		r->started_ns = now_ns;
	else if (event == RESTART_ON_READY)
		r->was_ready = true;
	else
		r->due_ns = num_add_sat(now_ns, REFUSED_DELAY_NS);
}

bool restart_died(struct restart *r, const struct restart_policy *p, uint64_t now_ns)
{
	bool was_starting = r->state == RESTART_STARTING;
	move(r, RESTART_ON_DIED);
	r->due_ns = num_add_sat(now_ns, delay_after_death(r, p, now_ns));
	r->n_failed = was_starting ? r->n_failed + 1 : 0;
	return r->was_ready || r->n_failed < p->max_failed_starts;
}

void restart_tell(struct restart *r, uint64_t kill_at_ns)
{
	bool has_deadline = r->state == RESTART_DRAINING || r->state == RESTART_MUTE;
	move(r, RESTART_ON_TOLD);
	if (r->state == RESTART_DRAINING)
		r->due_ns = has_deadline ? MIN(r->due_ns, kill_at_ns) : kill_at_ns;
}

/* Since when has nothing been heard, and how long may that be? */
static uint64_t mute_at(
	const struct restart *r, const struct restart_policy *p, uint64_t heartbeat_ns)
{
	uint64_t limit =
		r->state == RESTART_READY ? p->beat_limit_ns : p->start_limit_ns;
	return num_add_sat(MAX(r->started_ns, heartbeat_ns), limit);
}

uint64_t restart_due_ns(
	const struct restart *r, const struct restart_policy *p, uint64_t heartbeat_ns)
{
	switch (r->state) {
	case RESTART_STARTING:
	case RESTART_READY:
		return mute_at(r, p, heartbeat_ns);
	case RESTART_MUTE:
	case RESTART_DRAINING:
	case RESTART_DEAD:
		return r->due_ns;
	default:
		return UINT64_MAX;
	}
}

enum restart_verdict restart_tick(struct restart *r, const struct restart_policy *p,
	uint64_t heartbeat_ns, uint64_t now_ns)
{
	if (now_ns < restart_due_ns(r, p, heartbeat_ns))
		return RESTART_DO_NOTHING;
	switch (r->state) {
	case RESTART_STARTING:
	case RESTART_READY:
		move(r, RESTART_ON_MUTE);
		r->due_ns = num_add_sat(now_ns, KILL_AFTER_ABORT_NS);
		return RESTART_DO_ABORT;
	case RESTART_MUTE:
	case RESTART_DRAINING:
		r->due_ns = UINT64_MAX;
		return RESTART_DO_KILL;
	case RESTART_DEAD:
		return RESTART_DO_START;
	default:
		return RESTART_DO_NOTHING;
	}
}

bool restart_is_alive(const struct restart *r)
{
	return r->state != RESTART_EMPTY && r->state != RESTART_DEAD;
}
