/* The order of leaving, and the reset of the segment. */
#include "atlasd/ending.h"

#include "atlasd/master.h"
#include "base/clock.h"
#include "base/num.h"

#include <signal.h>

#define HURRY_NS       (2 * NS_PER_S)     /* for whoever is to stop at once */
#define ABANDON_NS     (1500 * NS_PER_MS) /* for a front that gives its segment up */
#define RESET_DRAIN_NS (5 * NS_PER_S)     /* for record to commit what it has */

/* What each role is told, and when: in the first stage, or once nobody of the stages before
 * is left. At once, dispatch goes first: a front that leaves gives its requests up, and
 * dispatch would take that for the clients' doing. */
static const struct {
	int signal;
	unsigned stage;
} orders[ENDING_KINDS][ROLES] = {
	[ENDING_STOP] = {[ROLE_FRONT] = {SIGTERM, 0},
		[ROLE_DISPATCH] = {SIGTERM, 1},
		[ROLE_RECORD] = {SIGTERM, 2}},
	[ENDING_AT_ONCE] = {[ROLE_DISPATCH] = {SIGINT, 0},
		[ROLE_FRONT] = {SIGINT, 1},
		[ROLE_RECORD] = {SIGTERM, 2}},
	[ENDING_RESET] = {[ROLE_FRONT] = {SIGUSR2, 0},
		[ROLE_DISPATCH] = {SIGINT, 0},
		[ROLE_RECORD] = {SIGTERM, 1}},
};
#define STAGES 3

static uint64_t kill_at_ns(const struct master *m, const struct child_role *role)
{
	uint64_t drained_ns = MAX(m->now_ns, m->ending.drain_until_ns);
	switch (m->ending.kind) {
	case ENDING_AT_ONCE:
		return m->now_ns + HURRY_NS;
	case ENDING_RESET:
		return role->role == ROLE_RECORD ? drained_ns : m->now_ns + ABANDON_NS;
	default:
		return num_add_sat(drained_ns, role->grace_ns);
	}
}

/* Record is dead between two tries, and there is still something to write down. */
static bool is_awaited(const struct master *m, const struct seat *seat)
{
	uint64_t until_ns = num_add_sat(m->ending.drain_until_ns, seat->role->grace_ns);
	bool is_possible = m->exit_status == MASTER_EXIT_OK && m->now_ns < until_ns;
	return seat->role->role == ROLE_RECORD && seat->restart.state == RESTART_DEAD &&
	       is_possible && segment_owes_facts(&m->segment);
}

/* Tell every seat of the role that has not been told by this ending: a surplus front, or
 * one that an ending with more time has told, is told again. True = somebody is still
 * there. */
static bool tell_role(struct master *m, const struct child_role *role)
{
	struct supervisor *s = &m->supervisor;
	bool is_any = false;
	for (uint32_t i = 0; i < s->n; i++) {
		struct seat *seat = &s->seat[i];
		if (seat->role != role)
			continue;
		bool is_told = seat->restart.state == RESTART_DRAINING &&
			       seat->ending == m->ending.number;
		bool is_left_alone = is_told || is_awaited(m, seat);
		seat->ending = m->ending.number;
		if (!is_left_alone)
			supervisor_tell(m, seat,
				orders[m->ending.kind][role->role].signal,
				kill_at_ns(m, role));
		is_any |= is_left_alone || restart_is_alive(&seat->restart);
	}
	return is_any;
}

static bool is_everybody_gone(struct master *m)
{
	bool is_any = false;
	for (unsigned stage = 0; stage < STAGES && !is_any; stage++)
		for (uint32_t i = 0; i < CHILD_ROLES; i++) {
			const struct child_role *role = supervisor_role(i);
			if (orders[m->ending.kind][role->role].stage == stage)
				is_any |= tell_role(m, role);
		}
	return !is_any;
}

/* ---- a stop ---------------------------------------------------------------- */

/* What goes on until it ends, until when at the latest, and who does not want to wait. */
static void log_drain(const struct master *m, bool is_at_once, uint64_t drain_ns)
{
	uint64_t n[EXCHANGE_STATES];
	char until[CLOCK_RFC3339_BYTES];
	segment_count_exchanges(&m->segment, n);
	uint64_t n_running = n[EXCHANGE_SENT] + n[EXCHANGE_STREAMING];
	clock_rfc3339(num_add_sat(m->now_ms, drain_ns / NS_PER_MS), until);
	log_event(LOG_INFO, EVENT_DRAINING,
		"at_once=%d running=%llu waiting=%llu timeout_ms=%llu until=%s%s",
		is_at_once, (unsigned long long)n_running,
		(unsigned long long)n[EXCHANGE_QUEUED],
		(unsigned long long)(drain_ns / NS_PER_MS), until,
		is_at_once ? "" : " text=\"INT, or TERM again, does not wait\"");
}

void ending_stop(struct master *m, bool is_at_once)
{
	bool is_stopping = m->phase == MASTER_STOPPING;
	if (is_stopping && (!is_at_once || m->ending.kind == ENDING_AT_ONCE))
		return;
	uint64_t drain_ns = is_at_once ? 0 : m->config.settings.drain_timeout_ns;
	log_drain(m, is_at_once, drain_ns);
	master_note(m, EVENT_DRAINING, drain_ns / NS_PER_MS);
	m->phase = MASTER_STOPPING;
	m->ending.number++;
	m->ending.kind = is_at_once ? ENDING_AT_ONCE : ENDING_STOP;
	m->ending.begun_ns = m->now_ns;
	m->ending.drain_until_ns = num_add_sat(m->now_ns, drain_ns);
	listener_refuse(&m->listener);
}

/* Everybody is gone: is anything only in the segment? */
static bool is_owing(const struct master *m)
{
	return segment_owes_facts(&m->segment) || segment_owes_ends(&m->segment);
}

static void log_drained(const struct master *m)
{
	const struct ending *e = &m->ending;
	if (e->kind == ENDING_STOP && m->now_ns < e->drain_until_ns)
		log_event(LOG_INFO, EVENT_DRAINED, "after_ms=%llu early_ms=%llu",
			(unsigned long long)((m->now_ns - e->begun_ns) / NS_PER_MS),
			(unsigned long long)((e->drain_until_ns - m->now_ns) /
					     NS_PER_MS));
}

static void finish_stop(struct master *m)
{
	m->phase = MASTER_GONE;
	log_drained(m);
	if (!is_owing(m))
		return;
	bool done = rundir_set_aside(&m->rundir, LEFT_MOST, NULL);
	log_event(LOG_ERROR, EVENT_WARNING,
		"text=\"record could not write everything down; what is missing is kept "
		"in %s, and the next start on this run_dir writes it down\"",
		done ? m->rundir.left : m->rundir.segment);
}

/* ---- a reset ----------------------------------------------------------------- */

static void begin_reset(struct master *m)
{
	log_event(LOG_ERROR, EVENT_SEGMENT_RESET,
		"number=%llu reason=\"dispatch died twice in a short time\"",
		(unsigned long long)m->n_resets + 1);
	m->phase = MASTER_RESETTING;
	m->ending.number++;
	m->ending.kind = ENDING_RESET;
	m->ending.drain_until_ns = m->now_ns + RESET_DRAIN_NS;
}

void ending_note_dispatch_death(struct master *m)
{
	struct ending *e = &m->ending;
	uint64_t window_ns = m->config.settings.reset_window_ns;
	bool is_second = e->has_dispatch_died && window_ns > 0 &&
			 m->now_ns - e->dispatch_death_ns <= window_ns;
	e->has_dispatch_died = true;
	e->dispatch_death_ns = m->now_ns;
	if (is_second && m->phase == MASTER_RUNNING)
		begin_reset(m);
}

static void finish_reset(struct master *m)
{
	struct err e = {0};
	m->n_resets++;
	m->ending.has_dispatch_died = false;
	m->phase = MASTER_RUNNING;
	bool done = !is_owing(m) || rundir_set_aside(&m->rundir, LEFT_BY_RESETS, &e);
	if (!done || !master_make_segment(m, &e)) {
		master_fail(m, "cannot make the segment anew: %s", e.text);
		return;
	}
	master_note(m, EVENT_SEGMENT_RESET, m->n_resets);
}

void ending_turn(struct master *m)
{
	bool is_ending = m->phase == MASTER_STOPPING || m->phase == MASTER_RESETTING;
	if (!is_ending || !is_everybody_gone(m))
		return;
	if (m->phase == MASTER_STOPPING)
		finish_stop(m);
	else
		finish_reset(m);
}
