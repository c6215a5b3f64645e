/* Accepting. */
#include "front/listen.h"

#include "base/clock.h"
#include "base/num.h"
#include "decide/share.h"
#include "front/front.h"
#include "process/listen_set.h"

#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LOG_EVERY_NS (10 * NS_PER_S)
#define MUTE_NS      (400 * NS_PER_MS) /* two ticks of an idle loop */

struct listeners {
	struct front *front;
	struct listen_set set;
	struct event *readable[SETTINGS_LIST_MAX]; /* one each */
	struct event *news;
	struct event *resume;
	uint64_t next_log_ns;
	bool is_stopped;
	bool has_yielded; /* and nobody was quicker since */
};

static void set_accepting(struct listeners *l, bool on)
{
	for (uint32_t i = 0; i < l->set.n; i++)
		must((on ? event_add(l->readable[i], NULL)
			 : event_del(l->readable[i])) == 0);
}

static void resume_in(struct listeners *l, suseconds_t ms)
{
	struct timeval tv = {0, ms * 1000};
	set_accepting(l, false);
	must(event_add(l->resume, &tv) == 0);
}

static void pause_accepting(struct listeners *l, const char *why)
{
	resume_in(l, LISTEN_PAUSE_MS);
	uint64_t now = clock_mono_ns();
	if (now < l->next_log_ns)
		return;
	l->next_log_ns = now + LOG_EVERY_NS;
	log_event(LOG_WARN, EVENT_ACCEPT_PAUSED, "why=\"%s\" connections=%u", why,
		l->front->conns.n);
}

static void on_resume(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	struct listeners *l = arg;
	if (!l->is_stopped)
		set_accepting(l, true);
}

/* ---- sharing ----------------------------------------------------------------------- */

/* One that hangs, or has not begun, or leaves, takes nobody. */
static bool takes_clients(const struct front *f, uint32_t slot)
{
	const struct proc *p = segment_proc(f->process.segment, slot);
	uint64_t silent_ns = num_sub_sat(f->process.now_ns, proc_heartbeat_ns(p));
	return proc_state(p) == PROC_READY && silent_ns < MUTE_NS;
}

/* What others hold is as new as their last word. */
static bool is_our_turn(const struct front *f)
{
	const struct segment *s = f->process.segment;
	uint64_t n_all = f->conns.n, n_fronts = 1;
	for (uint32_t ix = 0; ix < s->n_channels; ix++) {
		uint32_t slot = segment_slot_of_channel(ix);
		if (slot == f->process.heritage->slot || !takes_clients(f, slot))
			continue;
		const struct counter_row *row = segment_counters(s, slot);
		n_fronts++;
		n_all += num_sub_sat(counter_of(row, COUNTER_connections_accepted),
			counter_of(row, COUNTER_connections_closed));
	}
	return share_may_take(f->conns.n, n_all, n_fronts);
}

/* True = leave it to the others for now. */
static bool yields(struct listeners *l)
{
	bool is_yielding = !l->has_yielded && !is_our_turn(l->front);
	l->has_yielded = is_yielding;
	if (is_yielding)
		resume_in(l, LISTEN_YIELD_MS);
	return is_yielding;
}

/* ---- accepting --------------------------------------------------------------------- */

static bool is_out_of_room(int errnum)
{
	return errnum == EMFILE || errnum == ENFILE || errnum == ENOBUFS ||
	       errnum == ENOMEM;
}

static void accept_some(struct listeners *l, int listen_fd)
{
	struct front *f = l->front;
	for (int i = 0; i < LISTEN_A_WAKE; i++) {
		if (f->conns.n >= f->process.settings.max_connections) {
			pause_accepting(l, "max_connections");
			return;
		}
		if (yields(l))
			return;
		int fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0 && is_out_of_room(errno))
			pause_accepting(l, strerror(errno));
		if (fd < 0)
			return; /* another front was quicker, or the client has left */
		int on = 1;
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
		conn_open(f, fd);
	}
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	(void)what;
	struct listeners *l = arg;
	process_read_clocks(&l->front->process);
	accept_some(l, fd);
}

static void drop_set(struct listeners *l)
{
	for (uint32_t i = 0; i < l->set.n; i++) {
		event_free(l->readable[i]);
		close(l->set.fd[i]);
	}
	l->set.n = 0;
}

static void take_set(struct listeners *l, const struct listen_set *set)
{
	drop_set(l);
	l->set = *set;
	for (uint32_t i = 0; i < set->n; i++) {
		l->readable[i] = event_new(l->front->process.base, set->fd[i],
			EV_READ | EV_PERSIST, on_readable, l);
		must(l->readable[i] != NULL);
	}
	if (!l->is_stopped)
		set_accepting(l, true);
}

/* The master's end is closed with the master: then there is no more news. */
static void on_news(evutil_socket_t fd, short what, void *arg)
{
	(void)what;
	struct listeners *l = arg;
	struct listen_set set;
	bool is_any = false;
	while (listen_set_receive(fd, &set)) {
		take_set(l, &set);
		is_any = true;
	}
	if (!is_any)
		event_del(l->news);
}

struct listeners *listeners_new(struct front *f)
{
	const struct heritage *h = f->process.heritage;
	struct listen_set first = {.n = h->n_listen};
	struct listeners *l = calloc(1, sizeof *l);
	must(l != NULL);
	l->front = f;
	l->resume = evtimer_new(f->process.base, on_resume, l);
	l->news = event_new(
		f->process.base, h->listen_news_fd, EV_READ | EV_PERSIST, on_news, l);
	must(l->resume != NULL && l->news != NULL && event_add(l->news, NULL) == 0);
	memcpy(first.fd, h->listen_fd, sizeof first.fd);
	take_set(l, &first);
	return l;
}

void listeners_stop(struct listeners *l)
{
	l->is_stopped = true;
	set_accepting(l, false);
}

void listeners_refuse(struct listeners *l)
{
	for (uint32_t i = 0; i < l->set.n; i++)
		(void)shutdown(l->set.fd[i], SHUT_RD);
}

void listeners_free(struct listeners *l)
{
	if (l == NULL)
		return;
	drop_set(l);
	event_free(l->news);
	event_free(l->resume);
	free(l);
}
