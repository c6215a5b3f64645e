/* Accepting. */
#include "front/listen.h"

#include "base/clock.h"
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

struct listeners {
	struct front *front;
	struct listen_set set;
	struct event *readable[SETTINGS_LIST_MAX]; /* one each */
	struct event *news;
	struct event *resume;
	uint64_t next_log_ns;
	bool is_stopped;
};

static void set_accepting(struct listeners *l, bool on)
{
	for (uint32_t i = 0; i < l->set.n; i++)
		must((on ? event_add(l->readable[i], NULL)
			 : event_del(l->readable[i])) == 0);
}

static void pause_accepting(struct listeners *l, const char *why)
{
	struct timeval tv = {0, LISTEN_PAUSE_MS * 1000};
	set_accepting(l, false);
	must(event_add(l->resume, &tv) == 0);
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
