/* Deaths and what they lead to. */
#include "atlasd/reap.h"

#include "atlasd/master.h"
#include "base/clock.h"
#include "base/num.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HOW_BYTES = 32 };

static const char *how_it_ended(const siginfo_t *info, char out[static HOW_BYTES])
{
	if (info->si_code == CLD_EXITED)
		snprintf(out, HOW_BYTES, "status=%d", info->si_status);
	else
		snprintf(out, HOW_BYTES, "signal=%d", info->si_status);
	return out;
}

/* What an operator would not guess from the number. */
static const char *hint(const siginfo_t *info)
{
	bool is_cut = info->si_code != CLD_EXITED && info->si_status == SIGBUS;
	return is_cut ? " text=\"a file that it maps has been cut short, or its disk is "
			"full: the ledger's data.mdb or lock.mdb, or the segment\""
		      : "";
}

static void log_death(struct master *m, const struct seat *seat, const siginfo_t *info)
{
	char name[SEAT_NAME_BYTES], how[HOW_BYTES];
	bool is_wanted = seat->restart.state == RESTART_DRAINING;
	log_event(is_wanted ? LOG_INFO : LOG_ERROR, EVENT_CHILD_EXITED,
		"child=\"%s\" pid=%d slot=%u %s%s", supervisor_name(seat, name),
		(int)seat->pid, seat->slot, how_it_ended(info, how), hint(info));
	master_note(m, EVENT_CHILD_EXITED, event_about(seat->slot, seat->number));
}

static void log_backoff(struct master *m, const struct seat *seat)
{
	char name[SEAT_NAME_BYTES];
	uint64_t wait_ns = num_sub_sat(seat->restart.due_ns, m->now_ns);
	if (seat->restart.state != RESTART_DEAD || wait_ns == 0)
		return;
	log_event(LOG_ERROR, EVENT_CHILD_CRASH_LOOP, "child=\"%s\" next_start_ms=%llu",
		supervisor_name(seat, name), (unsigned long long)(wait_ns / NS_PER_MS));
	master_note(m, EVENT_CHILD_CRASH_LOOP, event_about(seat->slot, seat->number));
}

/* Leave the process table and the channel as they are without it. */
static void clear_place(struct master *m, const struct seat *seat)
{
	proc_set_state(segment_proc(&m->segment, seat->slot), PROC_DEAD);
	if (seat->role->role == ROLE_FRONT)
		channel_close(&m->segment.shared->channels[seat->channel]);
}

static void bury(struct master *m, struct seat *seat, const siginfo_t *info)
{
	char name[SEAT_NAME_BYTES], how[HOW_BYTES];
	bool is_wanted = seat->restart.state == RESTART_DRAINING;
	log_death(m, seat, info);
	clear_place(m, seat);
	close(seat->pidfd);
	seat->pidfd = -1;
	if (seat->news_fd >= 0)
		close(seat->news_fd);
	seat->news_fd = -1;
	bool is_hopeful = restart_died(&seat->restart, &seat->role->policy, m->now_ns);
	log_backoff(m, seat);
	if (!is_hopeful)
		master_fail(m,
			"%s could not start: it ended %llu times before it was ready, "
			"the last time with %s; its log is above",
			supervisor_name(seat, name),
			(unsigned long long)seat->restart.n_failed,
			how_it_ended(info, how));
	if (!is_wanted && seat->role->role == ROLE_DISPATCH)
		ending_note_dispatch_death(m);
}

static bool take_ended(struct seat *seat, siginfo_t *info)
{
	if (!seat->has_ended)
		return false;
	seat->has_ended = false;
	*info = (siginfo_t){0};
	return waitid(P_PIDFD, (id_t)seat->pidfd, info, WEXITED | WNOHANG) == 0 &&
	       info->si_pid != 0;
}

void reap_ended(struct master *m)
{
	struct supervisor *s = &m->supervisor;
	bool is_any = false;
	for (uint32_t i = 0; i < s->n; i++) {
		siginfo_t info;
		if (!take_ended(&s->seat[i], &info))
			continue;
		bury(m, &s->seat[i], &info);
		is_any = true;
	}
	if (is_any)
		master_ring_all(m);
}

void reap_channels(struct master *m)
{
	for (uint32_t ix = 0; ix < m->segment.n_channels; ix++) {
		if (channel_state(&m->segment.shared->channels[ix]) != CHANNEL_DEAD ||
			!segment_reclaim_channel(&m->segment, ix))
			continue;
		uint32_t slot = segment_slot_of_channel(ix);
		proc_set_state(segment_proc(&m->segment, slot), PROC_EMPTY);
		log_event(LOG_INFO, EVENT_CHANNEL_WIPED, "channel=%u", ix);
		master_note(m, EVENT_CHANNEL_WIPED, ix);
	}
}

bool reap_is_waiting(const struct master *m)
{
	for (uint32_t ix = 0; ix < m->segment.n_channels; ix++)
		if (channel_state(&m->segment.shared->channels[ix]) == CHANNEL_DEAD)
			return true;
	return false;
}
