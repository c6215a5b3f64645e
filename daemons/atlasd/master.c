/* The master's boot, its loop and its end. */
#include "atlasd/master.h"

#include "atlasd/leftover.h"
#include "atlasd/occupant.h"
#include "atlasd/reap.h"
#include "base/clock.h"
#include "base/logfile.h"
#include "process/restrict.h"
#include "process/title.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define LONGEST_SLEEP_NS (500 * NS_PER_MS)
#define RECORD_WAIT_NS   (20 * NS_PER_MS) /* when its ring should be missed */
#define OLD_GRACE_NS     (5 * NS_PER_S)   /* a dead master's children, after draining */

enum { SPARE_FDS = 256, FDS_MOST = 65536 + SPARE_FDS };

/* ---- for the other files ------------------------------------------------------------ */

void master_note(struct master *m, enum log_event_id id, uint64_t detail)
{
	if (m->segment.shared != NULL)
		events_add(segment_events(&m->segment, SLOT_MASTER), id, detail,
			m->now_ms);
}

static struct bell bell_of(const struct master *m, uint32_t slot)
{
	return (struct bell){&segment_proc(&m->segment, slot)->bell, m->bell_fd[slot]};
}

bool master_tell_record(struct master *m, const struct fact_head *fact)
{
	struct facts lane;
	must(segment_facts(&m->segment, SLOT_MASTER, &lane));
	if (!facts_push(&lane, fact))
		return false;
	struct bell record = bell_of(m, SLOT_RECORD);
	bell_ring(&record);
	return true;
}

bool master_order(struct master *m, const struct order *o, uint64_t *number)
{
	if (!orders_push(segment_orders(&m->segment, SLOT_MASTER), o, number))
		return false;
	struct bell dispatch = bell_of(m, SLOT_DISPATCH);
	bell_ring(&dispatch);
	return true;
}

void master_ring_all(struct master *m)
{
	for (uint32_t slot = 0; slot < segment_n_slots(&m->segment); slot++) {
		struct bell b = bell_of(m, slot);
		bell_ring_always(&b);
	}
}

void master_fail(struct master *m, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	fprintf(stderr, "atlasd: ");
	vfprintf(stderr, fmt, ap);
	fprintf(stderr, "\n");
	va_end(ap);
	m->exit_status = MASTER_EXIT_FAILED;
	ending_stop(m, true);
}

void master_hold(struct master *m, bool is_held)
{
	enum log_event_id id = is_held ? EVENT_INTAKE_CLOSED : EVENT_INTAKE_OPENED;
	if (is_held == m->is_held)
		return;
	m->is_held = is_held;
	proc_set_state(segment_proc(&m->segment, SLOT_MASTER),
		is_held ? PROC_DRAINING : PROC_READY);
	log_event(LOG_INFO, id, "by=atlasctl");
	master_note(m, id, 0);
}

/* The others try for themselves and only log what comes of it. They run by our account and
 * see the same folders, so what we could open they can, unless it changes meanwhile. */
bool master_reopen_log(struct master *m, struct err *e)
{
	if (!logfile_reopen(m->config.settings.log_file, e))
		return false;
	supervisor_signal_all(&m->supervisor, SIGUSR1);
	return true;
}

static void read_clocks(struct master *m)
{
	m->now_ns = clock_mono_ns();
	m->now_ms = clock_wall_ms();
}

bool master_make_segment(struct master *m, struct err *e)
{
	struct segment fresh;
	struct segment_plan plan = {m->rundir.segment, m->now_ms, m->now_ns};
	if (!segment_create(
		    &fresh, &plan, &m->config.settings, &m->config.catalogue, e))
		return false;
	segment_close(&m->segment);
	m->segment = fresh;
	m->reload.epoch = page_epoch(m->segment.settings);
	struct proc *own = segment_proc(&m->segment, SLOT_MASTER);
	(void)proc_begin(own, &(struct proc_who){.role = ROLE_MASTER}, m->now_ms);
	proc_set_pid(own, (uint32_t)getpid());
	proc_beat(own, m->now_ns);
	proc_set_epoch(own, m->reload.epoch);
	proc_set_ready(own);
	proc_set_state(own, m->is_held ? PROC_DRAINING : PROC_READY);
	counter_add(segment_counters(&m->segment, SLOT_MASTER), COUNTER_segment_resets,
		m->n_resets);
	tokens_push_admin(m);
	return true;
}

/* ---- boot ------------------------------------------------------------------------------ */

/* A front with all its connections, or dispatch with all its transfers: as many as a reload
 * may ask for, because children that run keep the limit they were born with. */
static void raise_file_limit(const struct settings *s)
{
	struct rlimit r;
	uint64_t needed = MAX(s->max_connections, 2 * s->max_concurrent) + SPARE_FDS;
	if (getrlimit(RLIMIT_NOFILE, &r) != 0)
		return;
	if (r.rlim_cur < FDS_MOST) {
		r.rlim_cur = MIN((rlim_t)FDS_MOST, r.rlim_max);
		(void)setrlimit(RLIMIT_NOFILE, &r);
	}
	if (r.rlim_cur < needed)
		log_event(LOG_WARN, EVENT_WARNING,
			"text=\"open files are limited to %llu, [server] "
			"max_connections would like %llu\"",
			(unsigned long long)r.rlim_cur, (unsigned long long)needed);
}

static bool check_data_dir(const char *path, struct err *e)
{
	if (faccessat(AT_FDCWD, path, R_OK | W_OK | X_OK, AT_EACCESS) == 0)
		return true;
	return err_sys(e, "cannot write to [server] data_dir %s", path);
}

static bool find_account(struct master *m, struct err *e)
{
	struct err why = {0};
	return account_find(&m->account, m->config.settings.user, &why) ||
	       config_blame(
		       &m->config, SETTING_server_user, m->config_path, why.text, e);
}

/* With our run_dir locked: no child of a dead master of ours writes it any more. */
static bool take_data_dir(struct master *m, struct err *e)
{
	struct err why = {0};
	return occupant_take(m->config.settings.data_dir, &m->data_dir_fd, &why) ||
	       config_blame(&m->config, SETTING_server_data_dir, m->config_path,
		       why.text, e);
}

/* What was left behind is safe from the first moment on: a start that is refused removes
 * what stands in run_dir as its own. */
static bool take_run_dir(struct master *m, struct err *e)
{
	const struct settings *s = &m->config.settings;
	uint64_t wait_ns = s->drain_timeout_ns + OLD_GRACE_NS;
	return rundir_open(&m->rundir, &m->account, s->run_dir, wait_ns, e) &&
	       rundir_set_aside(&m->rundir, LEFT_MOST, e);
}

/* What may need root comes first. */
static bool take_places(struct master *m, struct err *e)
{
	const struct settings *s = &m->config.settings;
	return find_account(m, e) &&
	       account_make_dir(&m->account, s->data_dir, &m->has_made_data_dir, e) &&
	       take_run_dir(m, e) && take_data_dir(m, e) &&
	       listener_open(&m->listener, &s->listen, e) &&
	       account_become(&m->account, e) && check_data_dir(s->data_dir, e);
}

/* Before a token is shown or a segment made: what is left behind may forbid the start. */
static bool look_at_leftover(struct master *m, struct err *e)
{
	const struct settings *s = &m->config.settings;
	struct left_list left;
	char path[LEFT_PATH_BYTES];
	if (!left_find(&left, s->run_dir, e))
		return false;
	for (uint32_t i = 0; i < left.n; i++) {
		left_path(path, s->run_dir, left.number[i]);
		if (!leftover_check(path, s->data_dir, e))
			return false;
	}
	return true;
}

/* All of them blocked and read like any input: no handler, so nothing to race with. */
static bool open_signals(struct master *m, struct err *e)
{
	static const int wanted[] = {
		SIGTERM, SIGQUIT, SIGINT, SIGHUP, SIGUSR1, SIGUSR2};
	sigset_t set;
	sigemptyset(&set);
	for (size_t i = 0; i < N_ELEMENTS(wanted); i++)
		sigaddset(&set, wanted[i]);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGCHLD, SIG_DFL);
	m->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (m->signal_fd < 0 || sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return err_sys(e, "cannot read signals");
	return true;
}

static bool open_wakers(struct master *m, struct err *e)
{
	if (pipe2(m->lifeline, O_CLOEXEC) != 0)
		return err_sys(e, "no lifeline");
	for (uint32_t i = 0; i < MAX_SLOTS; i++) {
		m->bell_fd[i] = -1;
		if (i >= segment_n_slots(&m->segment))
			continue;
		m->bell_fd[i] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
		if (m->bell_fd[i] < 0)
			return err_sys(e, "no bell");
	}
	return true;
}

static bool boot(struct master *m, struct err *e)
{
	const struct settings *s = &m->config.settings;
	read_clocks(m);
	m->started_ms = m->now_ms;
	m->control.listen_fd = -1;
	notify_open(&m->notify);
	if (!open_signals(m, e) || !take_places(m, e))
		return false;
	raise_file_limit(s);
	restrict_process();
	if (!look_at_leftover(m, e) || !tokens_load_admin(&m->admin, s->data_dir, e) ||
		!master_make_segment(m, e) || !open_wakers(m, e) ||
		!control_open(&m->control, m->rundir.control, m->rundir.control_new, e))
		return false;
	if (!logfile_open(s->log_file, e))
		return false;
	tlspage_publish(&m->tls, m->now_ms);
	supervisor_init(&m->supervisor, (uint32_t)s->workers);
	log_event(LOG_INFO, EVENT_START, "pid=%d workers=%llu config=%s", (int)getpid(),
		(unsigned long long)s->workers, m->config_path);
	master_note(m, EVENT_START, (uint64_t)getpid());
	return true;
}

/* ---- waiting: nothing is decided here ------------------------------------------------- */

enum { MAX_WATCHED = 8 + MAX_SEATS + CONTROL_CONNS };

struct watched {
	struct pollfd fd[MAX_WATCHED];
	bool *flag
		[MAX_WATCHED]; /* set when its descriptor is ready; NULL = only wakes */
	nfds_t n;
};

static void watch(struct watched *w, int fd, short events, bool *flag)
{
	must(w->n < MAX_WATCHED);
	w->fd[w->n] = (struct pollfd){fd, events, 0};
	w->flag[w->n++] = flag;
}

static void watch_all(struct master *m, struct watched *w)
{
	w->n = 0;
	watch(w, m->signal_fd, POLLIN, NULL);
	if (m->is_armed) /* who rings late would keep us awake, for nobody empties it */
		watch(w, m->bell_fd[SLOT_MASTER], POLLIN, NULL);
	for (uint32_t i = 0; i < m->supervisor.n; i++) {
		struct seat *seat = &m->supervisor.seat[i];
		if (seat->pidfd >= 0)
			watch(w, seat->pidfd, POLLIN, &seat->has_ended);
	}
	if (m->reload.candidate != NULL)
		watch(w, m->reload.pidfd, POLLIN, &m->reload.has_ended);
	if (control_is_accepting(&m->control))
		watch(w, m->control.listen_fd, POLLIN, &m->control.is_ready);
	for (size_t i = 0; i < CONTROL_CONNS; i++) {
		struct control_conn *conn = &m->control.conn[i];
		if (control_events(conn) != 0)
			watch(w, conn->fd, control_events(conn), &conn->is_ready);
	}
}

/* Does it matter to us when record commits? */
static bool waits_for_record(const struct master *m)
{
	return reap_is_waiting(m) || control_is_waiting(&m->control);
}

static uint64_t next_due_ns(const struct master *m)
{
	uint64_t due_ns = m->now_ns + LONGEST_SLEEP_NS;
	due_ns = MIN(due_ns, supervisor_due_ns(m));
	due_ns = MIN(due_ns, reload_due_ns(&m->reload));
	due_ns = MIN(due_ns, control_due_ns(&m->control));
	due_ns = MIN(due_ns, notify_due_ns(&m->notify));
	if (waits_for_record(m))
		due_ns = MIN(due_ns, m->now_ns + RECORD_WAIT_NS);
	return due_ns;
}

static void sleep_until_woken(struct master *m)
{
	struct watched w;
	watch_all(m, &w);
	uint64_t due_ns = next_due_ns(m), now_ns = clock_mono_ns();
	uint64_t ms = due_ns > now_ns ? (due_ns - now_ns) / NS_PER_MS + 1 : 0;
	int n = poll(w.fd, w.n, (int)ms);
	must(n >= 0 || errno == EINTR);
	for (nfds_t i = 0; i < w.n; i++)
		if (w.flag[i] != NULL && n > 0 && w.fd[i].revents != 0)
			*w.flag[i] = true;
}

/* ---- the turn ----------------------------------------------------------------------------- */

static void take_signal(struct master *m, uint32_t number)
{
	switch (number) {
	case SIGTERM:
	case SIGQUIT:
		ending_stop(m, m->phase == MASTER_STOPPING);
		break;
	case SIGINT:
		ending_stop(m, true);
		break;
	case SIGHUP:
		if (m->phase != MASTER_STOPPING)
			(void)reload_ask(m);
		break;
	case SIGUSR1:
		/* nobody waits for an answer: the others may try and log it too */
		if (!master_reopen_log(m, NULL))
			supervisor_signal_all(&m->supervisor, SIGUSR1);
		break;
	default:
		break;
	}
}

static void take_signals(struct master *m)
{
	struct signalfd_siginfo info;
	while (read(m->signal_fd, &info, sizeof info) == (ssize_t)sizeof info)
		take_signal(m, info.ssi_signo);
}

/* Arming comes before looking, so that a commit in between still wakes us. */
static void arm_bell(struct master *m)
{
	struct bell own = bell_of(m, SLOT_MASTER);
	bell_disarm(&own);
	m->is_armed = waits_for_record(m);
	if (m->is_armed)
		bell_arm(&own);
}

static void turn(struct master *m)
{
	log_flush();
	read_clocks(m);
	proc_beat(segment_proc(&m->segment, SLOT_MASTER), m->now_ns);
	arm_bell(m);
	take_signals(m);
	reap_ended(m);
	ending_turn(m);
	supervisor_watch(m);
	if (m->phase == MASTER_RUNNING)
		supervisor_fill(m);
	reap_channels(m);
	reload_turn(m);
	control_turn(m);
	notify_turn(m);
	rundir_watch(&m->rundir, m->now_ns);
}

/* ---- the end ------------------------------------------------------------------------------ */

static void shut(struct master *m)
{
	reload_cancel(&m->reload);
	control_close(&m->control);
	notify_close(&m->notify);
	listener_close(&m->listener);
	rundir_close(&m->rundir);
	if (m->data_dir_fd >= 0)
		close(m->data_dir_fd);
	segment_close(&m->segment);
}

/* What this start alone has made goes with it, but what holds something by now stays. */
static void abandon_places(struct master *m)
{
	rundir_abandon(&m->rundir);
	if (m->has_made_data_dir)
		(void)rmdir(m->config.settings.data_dir);
}

int master_run(struct master *m)
{
	struct err e = {0};
	title_set("atlasd: master");
	m->rundir.dir_fd = m->rundir.lock_fd = m->data_dir_fd = -1;
	if (!boot(m, &e)) {
		fprintf(stderr, "atlasd: %s\n", e.text);
		abandon_places(m);
		shut(m);
		return MASTER_EXIT_FAILED;
	}
	while (m->phase != MASTER_GONE) {
		turn(m);
		if (m->phase != MASTER_GONE)
			sleep_until_woken(m);
	}
	log_event(LOG_INFO, EVENT_STOP, "status=%d", m->exit_status);
	shut(m);
	return m->exit_status;
}
