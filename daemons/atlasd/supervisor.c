/* Seats: filling them, watching them, telling them to leave. */
#include "atlasd/supervisor.h"

#include "atlasd/master.h"
#include "atlasd/spawn.h"
#include "base/clock.h"
#include "base/num.h"
#include "process/listen_set.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>

#define BURST_WINDOW_NS (10 * NS_PER_S)
#define FIRST_DELAY_NS  (100 * NS_PER_MS)
#define STARTING_NS     (10 * NS_PER_MS) /* how often to look for who has become ready */
#define STANDSTILL_NS   (1500 * NS_PER_MS)

enum { MAX_FAILED_STARTS = 5 };

#define CHILD(role_, main_, beat_ms_, start_ms_, free_deaths_, delay_ms_, grace_ms_)   \
	{.role = ROLE_##role_,                                                         \
		.main = (main_),                                                       \
		.policy = {.start_limit_ns = (start_ms_)*NS_PER_MS,                    \
			.beat_limit_ns = (beat_ms_)*NS_PER_MS,                         \
			.free_deaths = (free_deaths_),                                 \
			.window_ns = BURST_WINDOW_NS,                                  \
			.first_delay_ns = FIRST_DELAY_NS,                              \
			.max_delay_ns = (delay_ms_)*NS_PER_MS,                         \
			.max_failed_starts = MAX_FAILED_STARTS},                       \
		.grace_ns = (grace_ms_)*NS_PER_MS},
static const struct child_role roles[] = {
#include "atlasd/roles.def"
};
#undef CHILD
_Static_assert(N_ELEMENTS(roles) == CHILD_ROLES, "one seat a role and more for fronts");

const struct child_role *supervisor_role(uint32_t ix)
{
	must(ix < CHILD_ROLES);
	return &roles[ix];
}

/* ---- the seats ------------------------------------------------------------- */

static void add_seat(struct supervisor *s, const struct child_role *role, uint32_t n)
{
	must(s->n < MAX_SEATS);
	s->seat[s->n++] =
		(struct seat){.role = role, .number = n, .pidfd = -1, .news_fd = -1};
}

static bool is_front(const struct seat *seat)
{
	return seat->role->role == ROLE_FRONT;
}

void supervisor_init(struct supervisor *s, uint32_t n_fronts)
{
	*s = (struct supervisor){0};
	for (uint32_t i = 0; i < CHILD_ROLES; i++)
		if (roles[i].role != ROLE_FRONT)
			add_seat(s, &roles[i], 0);
	supervisor_set_fronts(s, n_fronts);
}

void supervisor_set_fronts(struct supervisor *s, uint32_t n_fronts)
{
	const struct child_role *front = &roles[CHILD_ROLES - 1];
	must(front->role == ROLE_FRONT);
	s->n_fronts = n_fronts;
	while (s->n < CHILD_ROLES - 1 + n_fronts)
		add_seat(s, front, s->n - (CHILD_ROLES - 1) + 1);
}

const char *supervisor_name(const struct seat *seat, char out[static SEAT_NAME_BYTES])
{
	const char *role = proc_role_name(seat->role->role);
	if (is_front(seat))
		snprintf(out, SEAT_NAME_BYTES, "%s %u", role, seat->number);
	else
		snprintf(out, SEAT_NAME_BYTES, "%s", role);
	return out;
}

bool supervisor_has(const struct supervisor *s, enum proc_role role)
{
	for (uint32_t i = 0; i < s->n; i++)
		if (s->seat[i].role->role == role &&
			restart_is_alive(&s->seat[i].restart))
			return true;
	return false;
}

/* ---- once a turn ------------------------------------------------------------- */

static uint64_t heartbeat_of(const struct master *m, const struct seat *seat)
{
	if (!restart_is_alive(&seat->restart))
		return 0;
	uint64_t beat = proc_heartbeat_ns(segment_proc(&m->segment, seat->slot));
	return MAX(beat, m->supervisor.judge_from_ns);
}

static void see_ready(struct master *m, struct seat *seat)
{
	struct proc *p = segment_proc(&m->segment, seat->slot);
	if (seat->restart.state != RESTART_STARTING || !proc_is_ready(p))
		return;
	restart_step(&seat->restart, RESTART_ON_READY, m->now_ns);
	proc_set_state(p, PROC_READY);
}

static void try_start(struct master *m, struct seat *seat)
{
	bool done = spawn_seat(m, seat);
	restart_step(&seat->restart, done ? RESTART_ON_SPAWNED : RESTART_ON_REFUSED,
		m->now_ns);
}

static void send_signal(const struct seat *seat, int signal)
{
	/* ESRCH: it is gone already, and its pidfd will say so. */
	(void)pidfd_send_signal(seat->pidfd, signal, NULL, 0);
}

static void abort_mute(struct master *m, struct seat *seat)
{
	char name[SEAT_NAME_BYTES];
	const struct proc *p = segment_proc(&m->segment, seat->slot);
	uint64_t silent_ns = num_sub_sat(m->now_ns, proc_heartbeat_ns(p));
	log_event(LOG_ERROR, EVENT_CHILD_MUTE, "child=\"%s\" pid=%d silent_ms=%llu",
		supervisor_name(seat, name), (int)seat->pid,
		(unsigned long long)(silent_ns / NS_PER_MS));
	master_note(m, EVENT_CHILD_MUTE, event_about(seat->slot, seat->number));
	send_signal(seat, SIGABRT);
}

static void watch_seat(struct master *m, struct seat *seat)
{
	see_ready(m, seat);
	switch (restart_tick(&seat->restart, &seat->role->policy, heartbeat_of(m, seat),
		m->now_ns)) {
	case RESTART_DO_START:
		try_start(m, seat);
		break;
	case RESTART_DO_ABORT:
		abort_mute(m, seat);
		break;
	case RESTART_DO_KILL:
		send_signal(seat, SIGKILL);
		break;
	default:
		break;
	}
}

void supervisor_watch(struct master *m)
{
	struct supervisor *s = &m->supervisor;
	/* We sleep for less than that. If the whole machine stood still, nobody could
	 * breathe: all heartbeats start anew. */
	if (s->watched_ns != 0 && m->now_ns - s->watched_ns > STANDSTILL_NS)
		s->judge_from_ns = m->now_ns;
	s->watched_ns = m->now_ns;
	for (uint32_t i = 0; i < s->n; i++)
		watch_seat(m, &s->seat[i]);
}

/* ---- starting in order --------------------------------------------------------- */

static bool are_ready(const struct supervisor *s, enum proc_role role)
{
	for (uint32_t i = 0; i < s->n; i++)
		if (s->seat[i].role->role == role &&
			s->seat[i].restart.state != RESTART_READY)
			return false;
	return true;
}

/* Behind record the others may when it has published what they go by, also while it cannot
 * write and dies of that again and again. Where it lives without, it has no ledger to read:
 * fronts start to say so, and dispatch, which goes by what was used, waits. */
static bool may_start(const struct master *m, enum proc_role role)
{
	bool is_published = clients_is_published(&m->segment.clients);
	switch (role) {
	case ROLE_DISPATCH:
		return is_published;
	case ROLE_FRONT:
		return are_ready(
			&m->supervisor, is_published ? ROLE_DISPATCH : ROLE_RECORD);
	default:
		return true;
	}
}

static bool is_surplus(const struct supervisor *s, const struct seat *seat)
{
	return is_front(seat) && seat->number > s->n_fronts;
}

static void fill_role(struct master *m, const struct child_role *role)
{
	struct supervisor *s = &m->supervisor;
	for (uint32_t i = 0; i < s->n; i++) {
		struct seat *seat = &s->seat[i];
		if (seat->role == role && seat->restart.state == RESTART_EMPTY &&
			!is_surplus(s, seat))
			try_start(m, seat);
	}
}

static void dismiss_surplus(struct master *m)
{
	struct supervisor *s = &m->supervisor;
	const struct settings *set = &m->config.settings;
	/* nobody waits for them, so what they serve comes to its own end */
	uint64_t kill_at_ns =
		num_add_sat(m->now_ns, set->total_timeout_ns + set->drain_timeout_ns);
	for (uint32_t i = 0; i < s->n; i++) {
		struct seat *seat = &s->seat[i];
		if (is_surplus(s, seat) && seat->restart.state != RESTART_EMPTY &&
			seat->restart.state != RESTART_DRAINING)
			supervisor_tell(m, seat, SIGQUIT,
				num_add_sat(kill_at_ns, seat->role->grace_ns));
	}
}

void supervisor_fill(struct master *m)
{
	dismiss_surplus(m);
	for (uint32_t i = 0; i < CHILD_ROLES; i++)
		if (may_start(m, roles[i].role))
			fill_role(m, &roles[i]);
}

static bool is_waiting(const struct master *m, const struct seat *seat)
{
	enum restart_state state = seat->restart.state;
	return state == RESTART_STARTING ||
	       (state == RESTART_EMPTY && m->phase == MASTER_RUNNING &&
		       may_start(m, seat->role->role) &&
		       !is_surplus(&m->supervisor, seat));
}

uint64_t supervisor_due_ns(const struct master *m)
{
	const struct supervisor *s = &m->supervisor;
	uint64_t due_ns = UINT64_MAX;
	for (uint32_t i = 0; i < s->n; i++) {
		const struct seat *seat = &s->seat[i];
		uint64_t at_ns = restart_due_ns(
			&seat->restart, &seat->role->policy, heartbeat_of(m, seat));
		if (is_waiting(m, seat))
			at_ns = MIN(at_ns, m->now_ns + STARTING_NS);
		due_ns = MIN(due_ns, at_ns);
	}
	return due_ns;
}

void supervisor_tell(
	struct master *m, struct seat *seat, int signal, uint64_t kill_at_ns)
{
	restart_tell(&seat->restart, kill_at_ns);
	if (!restart_is_alive(&seat->restart))
		return;
	proc_set_state(segment_proc(&m->segment, seat->slot), PROC_DRAINING);
	send_signal(seat, signal);
}

void supervisor_signal_all(const struct supervisor *s, int signal)
{
	for (uint32_t i = 0; i < s->n; i++)
		if (restart_is_alive(&s->seat[i].restart))
			send_signal(&s->seat[i], signal);
}

/* A process that is forked later has what the master has then. */
static bool hears_news(const struct seat *seat)
{
	return seat->news_fd >= 0 && restart_is_alive(&seat->restart);
}

bool supervisor_send_keys(const struct supervisor *s, const struct keypage *keys)
{
	for (uint32_t i = 0; i < s->n; i++) {
		const struct seat *seat = &s->seat[i];
		if (seat->role->role == ROLE_DISPATCH && hears_news(seat))
			return keypage_send(keys, seat->news_fd);
	}
	return true;
}

void supervisor_send_listeners(
	const struct supervisor *s, const struct listener *listener)
{
	struct listen_set set = {.n = listener->n};
	memcpy(set.fd, listener->fd, sizeof set.fd);
	for (uint32_t i = 0; i < s->n; i++) {
		const struct seat *seat = &s->seat[i];
		char name[SEAT_NAME_BYTES];
		if (!is_front(seat) || !hears_news(seat) ||
			listen_set_send(seat->news_fd, &set))
			continue;
		/* it has not read so many sets before: its successor has the right one */
		log_event(LOG_ERROR, EVENT_WARNING,
			"text=\"%s does not take the new listening sockets\"",
			supervisor_name(seat, name));
		send_signal(seat, SIGTERM);
	}
}
