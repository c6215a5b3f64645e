/* The shape of every child: from fork to exit. */
#include "process/process.h"

#include "base/clock.h"
#include "base/logfile.h"
#include "base/num.h"
#include "process/restrict.h"
#include "process/title.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { TICK_MS = 200, ABANDON_MS = 1000 };

/* ---- between fork and loop ------------------------------------------------- */

static int compare_ints(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;
	return (x > y) - (x < y);
}

/* Close every descriptor but stdio, the segment's and those the heritage names. */
static void close_all_but(const struct heritage *h)
{
	int keep[MAX_SLOTS + SETTINGS_LIST_MAX + 6];
	size_t n = 0;
	for (uint32_t i = 0; i < MAX_SLOTS; i++)
		keep[n++] = h->bell_fd[i];
	for (uint32_t i = 0; i < h->n_listen; i++)
		keep[n++] = h->listen_fd[i];
	keep[n++] = h->lifeline_fd;
	keep[n++] = h->lock_fd;
	keep[n++] = h->key_fd;
	keep[n++] = h->tls_fd;
	keep[n++] = h->listen_news_fd;
	keep[n++] = h->segment->map.fd;
	qsort(keep, n, sizeof keep[0], compare_ints);
	unsigned from = STDERR_FILENO + 1;
	for (size_t i = 0; i < n; i++) {
		if (keep[i] < (int)from)
			continue;
		if ((unsigned)keep[i] > from)
			(void)close_range(from, (unsigned)keep[i] - 1, 0);
		from = (unsigned)keep[i] + 1;
	}
	(void)close_range(from, ~0u, 0);
}

static void name_process(const struct heritage *h)
{
	char who[32], title[48];
	if (h->role == ROLE_FRONT)
		snprintf(who, sizeof who, "front %u", h->seat);
	else
		snprintf(who, sizeof who, "%s", proc_role_name(h->role));
	snprintf(title, sizeof title, "atlasd: %s", who);
	title_set(title);
	log_init(who, LOG_INFO);
}

/* ---- the loop's own events: they only wake, the top of the loop decides ------- */

static void begin_drain(struct process *p, bool is_patient)
{
	bool is_hurried = p->phase == PROCESS_DRAINING && p->is_patient && !is_patient;
	if (p->phase != PROCESS_RUNNING && !is_hurried)
		return;
	p->phase = PROCESS_DRAINING;
	p->is_patient = is_patient;
	p->drain_until_ns = UINT64_MAX;
	if (!is_patient)
		p->drain_until_ns =
			num_add_sat(clock_mono_ns(), p->settings.drain_timeout_ns);
	log_event(LOG_INFO, EVENT_DRAINING, "timeout_ms=%llu patient=%d",
		(unsigned long long)(p->settings.drain_timeout_ns / NS_PER_MS),
		is_patient);
	p->ops->drain(p->role);
}

/* The segment is given up, and whoever could answer with it. */
static void abandon_all(struct process *p)
{
	if (p->phase == PROCESS_LEAVING || p->ops->abandon_all == NULL)
		return;
	p->phase = PROCESS_DRAINING;
	p->is_patient = false;
	p->drain_until_ns = clock_mono_ns() + ABANDON_MS * NS_PER_MS;
	log_event(LOG_WARN, EVENT_DRAINING, "timeout_ms=%d reason=segment_given_up",
		ABANDON_MS);
	p->ops->abandon_all(p->role);
}

static void on_signal(evutil_socket_t sig, short what, void *arg)
{
	(void)what;
	struct process *p = arg;
	if (sig == SIGINT)
		process_leave(p, PROCESS_EXIT_OK);
	else if (sig == SIGUSR1)
		(void)logfile_reopen(p->settings.log_file, NULL); /* it logs */
	else if (sig == SIGUSR2)
		abandon_all(p);
	else
		begin_drain(p, sig == SIGQUIT);
}

static void on_lifeline(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	struct process *p = arg;
	event_del(p->lifeline);
	p->is_orphan = true;
	log_event(LOG_WARN, EVENT_LIFELINE_LOST, "action=drain");
	begin_drain(p, false);
}

static void on_bell(evutil_socket_t fd, short what, void *arg)
{
	(void)what, (void)arg;
	uint64_t rings;
	ssize_t n = read(fd, &rings, sizeof rings);
	(void)n; /* empty already: the ring has been heard */
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what, (void)arg;
}

static void add_events(struct process *p)
{
	static const int signals[] = {SIGTERM, SIGQUIT, SIGINT, SIGUSR1, SIGUSR2};
	const struct heritage *h = p->heritage;
	struct timeval tick = {.tv_usec = TICK_MS * 1000};
	for (size_t i = 0; i < N_ELEMENTS(signals); i++) {
		p->signals[i] = evsignal_new(p->base, signals[i], on_signal, p);
		must(p->signals[i] != NULL && event_add(p->signals[i], NULL) == 0);
	}
	p->lifeline = event_new(
		p->base, h->lifeline_fd, EV_READ | EV_PERSIST, on_lifeline, p);
	p->bell_event =
		event_new(p->base, p->bell.fd, EV_READ | EV_PERSIST, on_bell, p);
	p->tick = event_new(p->base, -1, EV_PERSIST, on_tick, p);
	must(p->lifeline && p->bell_event && p->tick);
	must(event_add(p->lifeline, NULL) == 0 && event_add(p->bell_event, NULL) == 0 &&
		event_add(p->tick, &tick) == 0);
}

static void handle_signals(void)
{
	sigset_t none;
	sigemptyset(&none);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGCHLD, SIG_DFL);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static struct event_base *new_base(void)
{
	struct event_config *config = event_config_new();
	must(config != NULL);
	must(event_config_set_flag(config, EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST) == 0);
	struct event_base *base = event_base_new_with_config(config);
	must(base != NULL);
	event_config_free(config);
	return base;
}

void process_read_clocks(struct process *p)
{
	p->now_ns = clock_mono_ns();
	p->now_ms = clock_wall_ms();
}

void process_enter(struct process *p, const struct heritage *h,
	const struct process_ops *ops, void *role)
{
	*p = (struct process){.heritage = h,
		.ops = ops,
		.role = role,
		.segment = h->segment,
		.proc = segment_proc(h->segment, h->slot),
		.counters = segment_counters(h->segment, h->slot)};
	close_all_but(h);
	name_process(h);
	restrict_process();
	must(restrict_capabilities());
	p->epoch = page_read(p->segment->settings, &p->settings, sizeof p->settings);
	must(p->epoch != 0);
	log_set_level((enum log_level)p->settings.log_level);
	log_set_format((enum log_format)p->settings.log_format);
	process_read_clocks(p);
	proc_beat(p->proc, p->now_ns);
	p->base = new_base();
	p->bell = (struct bell){&p->proc->bell, h->bell_fd[h->slot]};
	add_events(p);
	handle_signals();
}

/* ---- the loop -------------------------------------------------------------- */

static void adopt_settings(struct process *p)
{
	if (page_epoch(p->segment->settings) == p->epoch)
		return;
	struct settings old = p->settings, fresh;
	uint64_t epoch = page_read(p->segment->settings, &fresh, sizeof fresh);
	if (epoch == 0)
		return; /* overtaken again and again: next turn */
	p->settings = fresh;
	p->epoch = epoch;
	log_set_level((enum log_level)p->settings.log_level);
	log_set_format((enum log_format)p->settings.log_format);
	p->ops->adopt(p->role, &old);
	process_note(p, EVENT_ADOPTED, "epoch", p->epoch);
	proc_set_epoch(p->proc, p->epoch);
}

static void check_drained(struct process *p)
{
	if (p->phase == PROCESS_DRAINING &&
		(p->ops->is_drained(p->role) || p->now_ns >= p->drain_until_ns))
		p->phase = PROCESS_LEAVING;
}

static void sleep_until_woken(struct process *p)
{
	if (bell_spin(&p->spin, p->ops->has_work, p->role)) {
		process_count(p, COUNTER_spin_hits, 1);
		return;
	}
	bell_arm(&p->bell);
	if (!p->ops->has_work(p->role))
		(void)event_base_loop(p->base, EVLOOP_ONCE);
	bell_disarm(&p->bell);
}

static void run_turn(struct process *p)
{
	process_read_clocks(p);
	proc_beat(p->proc, p->now_ns);
	process_count(p, COUNTER_loop_turns, 1);
	adopt_settings(p);
	log_flush();
	bool busy = p->ops->turn(p->role);
	check_drained(p);
	if (p->phase == PROCESS_LEAVING)
		return;
	/* One round: NONBLOCK alone goes on for as long as there is something to read, and
	 * a flood would keep us from every deadline and from our own heartbeat. */
	if (busy)
		(void)event_base_loop(p->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	else
		sleep_until_woken(p);
}

int process_run(struct process *p)
{
	proc_set_epoch(p->proc, p->epoch);
	proc_set_ready(p->proc);
	log_event(LOG_INFO, EVENT_READY, "slot=%u generation=%u", p->heritage->slot,
		p->heritage->generation);
	while (p->phase != PROCESS_LEAVING)
		run_turn(p);
	log_event(LOG_INFO, EVENT_STOP, "status=%d", p->exit_status);
	return p->exit_status;
}

void process_fini(struct process *p)
{
	for (size_t i = 0; i < N_ELEMENTS(p->signals); i++)
		event_free(p->signals[i]);
	event_free(p->lifeline);
	event_free(p->bell_event);
	event_free(p->tick);
	event_base_free(p->base);
}

void process_leave(struct process *p, int exit_status)
{
	p->phase = PROCESS_LEAVING;
	p->exit_status = exit_status;
}

void process_ring(struct process *p, uint32_t slot)
{
	struct bell b = {
		&segment_proc(p->segment, slot)->bell, p->heritage->bell_fd[slot]};
	bell_ring(&b);
}

void process_count(struct process *p, enum counter_id id, uint64_t n)
{
	counter_add(p->counters, id, n);
}

void process_keep(struct process *p, enum log_event_id id, uint64_t detail)
{
	struct event_ring *ring = segment_events(p->segment, p->heritage->slot);
	events_add(ring, id, detail, clock_wall_ms());
}

void process_note(
	struct process *p, enum log_event_id id, const char *name, uint64_t detail)
{
	process_keep(p, id, detail);
	log_event(LOG_INFO, id, "%s=%llu", name, (unsigned long long)detail);
}
