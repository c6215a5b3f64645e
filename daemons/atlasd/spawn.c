/* Forking a child. */
#include "atlasd/spawn.h"

#include "atlasd/master.h"
#include "base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { NO_CHANNEL = UINT32_MAX };

static uint32_t spare_channel(const struct segment *s)
{
	for (uint32_t ix = 0; ix < s->n_channels; ix++)
		if (channel_state(&s->shared->channels[ix]) == CHANNEL_SPARE)
			return ix;
	return NO_CHANNEL;
}

/* Where the seat's next process goes; false = there is no room for it now. */
static bool find_place(struct master *m, struct seat *seat)
{
	switch (seat->role->role) {
	case ROLE_DISPATCH:
		seat->slot = SLOT_DISPATCH;
		seat->channel = NO_CHANNEL;
		return true;
	case ROLE_RECORD:
		seat->slot = SLOT_RECORD;
		seat->channel = segment_record_channel(&m->segment);
		return true;
	default:
		seat->channel = spare_channel(&m->segment);
		if (seat->channel == NO_CHANNEL)
			return false;
		seat->slot = segment_slot_of_channel(seat->channel);
		return true;
	}
}

static struct heritage heritage_of(struct master *m, const struct seat *seat)
{
	bool is_front = seat->role->role == ROLE_FRONT;
	struct heritage h = {.segment = &m->segment,
		.role = seat->role->role,
		.slot = seat->slot,
		.generation = proc_generation(segment_proc(&m->segment, seat->slot)),
		.seat = seat->number,
		.channel = seat->channel,
		.lifeline_fd = m->lifeline[0],
		.lock_fd = m->rundir.lock_fd,
		.n_listen = is_front ? m->listener.n : 0,
		.tls_fd = is_front ? m->tls.fd : -1,
		.listen_news_fd = -1,
		.key_fd = -1};
	memcpy(h.bell_fd, m->bell_fd, sizeof h.bell_fd);
	for (uint32_t i = 0; i < SETTINGS_LIST_MAX; i++)
		h.listen_fd[i] = i < h.n_listen ? m->listener.fd[i] : -1;
	return h;
}

/* Fork and keep hold of the child by a descriptor: a pid alone may be somebody else's
 * soon. It cannot be reaped behind our back, so its pid is still its own here. */
static bool fork_child(struct seat *seat, const struct heritage *h)
{
	(void)fflush(NULL);
	pid_t pid = fork();
	if (pid == 0)
		exit(seat->role->main(h));
	if (pid < 0)
		return false;
	seat->pid = pid;
	seat->pidfd = pidfd_open(pid, 0);
	must(seat->pidfd >= 0);
	return true;
}

/* Dispatch's has the keys in it already. */
static bool open_news(struct master *m, struct seat *seat, struct heritage *h)
{
	int pair[2] = {-1, -1};
	bool done = true;
	if (h->role == ROLE_DISPATCH)
		done = keypage_hand_down(&m->keys, pair);
	else if (h->role == ROLE_FRONT)
		done = socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0;
	if (!done)
		return false;
	seat->news_fd = pair[0];
	if (h->role == ROLE_DISPATCH)
		h->key_fd = pair[1];
	else
		h->listen_news_fd = pair[1];
	return true;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* The seat's process exists, or what was prepared for it is undone. */
static bool start(struct master *m, struct seat *seat)
{
	struct proc *p = segment_proc(&m->segment, seat->slot);
	struct heritage h = heritage_of(m, seat);
	if (!open_news(m, seat, &h))
		return false;
	bool done = fork_child(seat, &h);
	int saved = errno;
	close_fd(&h.key_fd);
	close_fd(&h.listen_news_fd);
	if (!done)
		close_fd(&seat->news_fd);
	errno = saved;
	if (!done)
		return false;
	proc_set_pid(p, (uint32_t)seat->pid);
	return true;
}

bool spawn_seat(struct master *m, struct seat *seat)
{
	char name[SEAT_NAME_BYTES];
	must(seat->pidfd < 0);
	if (!find_place(m, seat))
		return false; /* until dispatch and record have let go of a dead one */
	struct proc *p = segment_proc(&m->segment, seat->slot);
	struct channel_words *words = NULL;
	struct proc_who who = {.role = seat->role->role,
		.number = seat->number,
		.restarts = (uint32_t)MIN(seat->restart.n_deaths, UINT32_MAX)};
	uint32_t generation = proc_begin(p, &who, m->now_ms);
	if (seat->role->role == ROLE_FRONT) {
		words = &m->segment.shared->channels[seat->channel];
		channel_open(words, generation);
	}
	supervisor_name(seat, name);
	if (start(m, seat)) {
		log_event(LOG_INFO, EVENT_CHILD_STARTED,
			"child=\"%s\" pid=%d slot=%u generation=%u", name,
			(int)seat->pid, seat->slot, generation);
		return true;
	}
	log_event(LOG_ERROR, EVENT_WARNING, "text=\"cannot start %s: %s\"", name,
		strerror(errno));
	proc_set_state(p, PROC_DEAD);
	if (words != NULL)
		channel_close(words);
	return false;
}
