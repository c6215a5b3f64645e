/* libcurl's multi interface on libevent. */
#include "dispatch/curlmux.h"

#include "base/attr.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * A descriptor of libcurl's, for as long as the mux lives. A connection that has answered goes
 * on being watched between two requests on it: taking it out of the poll set and in again
 * would be two system calls for each of them. Only such a one is kept: libcurl closes
 * connections that never came to be without telling us.
 */
struct watch {
	struct event *event;
	struct curlmux *mux;
	short events;   /* what it is watched for now; 0 = not watched */
	bool is_wanted; /* a transfer waits for it */
	bool is_kept;   /* from keep_connection() to close_socket() */
};

/* The connection that this transfer made, if it did and libcurl has it still. */
static void keep_connection(struct curlmux *m, CURL *easy)
{
	long n_made = 0;
	curl_socket_t fd = CURL_SOCKET_BAD;
	curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &n_made);
	if (n_made == 0)
		return;
	curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &fd);
	if (fd != CURL_SOCKET_BAD && (size_t)fd < m->n_watches &&
		m->watches[fd] != NULL)
		m->watches[fd]->is_kept = true;
}

static void reap_finished(struct curlmux *m)
{
	CURLMsg *msg;
	int left;
	while ((msg = curl_multi_info_read(m->multi, &left)) != NULL) {
		if (msg->msg != CURLMSG_DONE)
			continue;
		keep_connection(m, msg->easy_handle);
		m->done(msg->easy_handle, msg->data.result);
	}
}

static void act(struct curlmux *m, curl_socket_t fd, int mask)
{
	int running;
	must(curl_multi_socket_action(m->multi, fd, mask, &running) == CURLM_OK);
	reap_finished(m);
}

static void unwatch(struct watch *w)
{
	if (w->events != 0)
		event_del(w->event);
	w->events = 0;
}

static void on_socket(evutil_socket_t fd, short what, void *arg)
{
	struct watch *w = arg;
	if (w->is_wanted)
		act(w->mux, fd,
			(what & EV_READ ? CURL_CSELECT_IN : 0) |
				(what & EV_WRITE ? CURL_CSELECT_OUT : 0));
	else
		unwatch(w); /* closed by the other side while idle: libcurl sees to it */
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	act(arg, CURL_SOCKET_TIMEOUT, 0);
}

static struct watch *watch_of(struct curlmux *m, curl_socket_t fd)
{
	size_t n = (size_t)fd + 1;
	if (n > m->n_watches) {
		m->watches = reallocarray(m->watches, n, sizeof(struct watch *));
		must(m->watches != NULL);
		memset(m->watches + m->n_watches, 0,
			(n - m->n_watches) * sizeof(struct watch *));
		m->n_watches = n;
	}
	if (m->watches[fd] != NULL)
		return m->watches[fd];
	struct watch *w = calloc(1, sizeof *w);
	must(w != NULL);
	w->mux = m;
	w->event = event_new(m->base, fd, EV_READ | EV_PERSIST, on_socket, w);
	must(w->event != NULL);
	return m->watches[fd] = w;
}

static int watch_socket(
	CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
	(void)easy, (void)socket_arg;
	struct watch *w = watch_of(arg, fd);
	short events = (short)((what & CURL_POLL_IN ? EV_READ : 0) |
			       (what & CURL_POLL_OUT ? EV_WRITE : 0) | EV_PERSIST);
	w->is_wanted = what != CURL_POLL_REMOVE;
	if (!w->is_wanted) {
		if (!w->is_kept || (w->events & EV_WRITE) != 0)
			unwatch(w);
		return 0;
	}
	if (w->events == events)
		return 0;
	unwatch(w);
	must(event_assign(w->event, w->mux->base, fd, events, on_socket, w) == 0);
	must(event_add(w->event, NULL) == 0);
	w->events = events;
	return 0;
}

static curl_socket_t open_socket(
	void *arg, curlsocktype purpose, struct curl_sockaddr *a)
{
	(void)arg, (void)purpose;
	int fd = socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
	return fd < 0 ? CURL_SOCKET_BAD : fd;
}

static int close_socket(void *arg, curl_socket_t fd)
{
	struct watch *w = watch_of(arg, fd);
	unwatch(w);
	w->is_kept = false;
	return close(fd);
}

static int set_timer(CURLM *multi, long timeout_ms, void *arg)
{
	(void)multi;
	struct curlmux *m = arg;
	if (timeout_ms < 0)
		return event_del(m->timer);
	struct timeval tv = {timeout_ms / 1000, timeout_ms % 1000 * 1000};
	return event_add(m->timer, &tv);
}

void curlmux_init(struct curlmux *m, struct event_base *base,
	void (*done)(CURL *easy, CURLcode result))
{
	*m = (struct curlmux){.base = base, .done = done};
	must(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
	m->multi = curl_multi_init();
	m->timer = evtimer_new(base, on_timer, m);
	must(m->multi != NULL && m->timer != NULL);
	curl_multi_setopt(m->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
	curl_multi_setopt(m->multi, CURLMOPT_SOCKETDATA, m);
	curl_multi_setopt(m->multi, CURLMOPT_TIMERFUNCTION, set_timer);
	curl_multi_setopt(m->multi, CURLMOPT_TIMERDATA, m);
	curl_multi_setopt(m->multi, CURLMOPT_MAXCONNECTS, 1024L);
	curl_multi_setopt(m->multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
}

void curlmux_fini(struct curlmux *m)
{
	curl_multi_cleanup(m->multi);
	event_free(m->timer);
	for (size_t i = 0; i < m->n_watches; i++)
		if (m->watches[i] != NULL)
			event_free(m->watches[i]->event), free(m->watches[i]);
	free(m->watches);
	curl_global_cleanup();
}

CURL *curlmux_handle(struct curlmux *m)
{
	CURL *easy = curl_easy_init();
	must(easy != NULL);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_HTTP09_ALLOWED, 0L);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "atlas");
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, m);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, m);
	return easy;
}

void curlmux_add(struct curlmux *m, CURL *easy)
{
	must(curl_multi_add_handle(m->multi, easy) == CURLM_OK);
}

void curlmux_remove(struct curlmux *m, CURL *easy)
{
	must(curl_multi_remove_handle(m->multi, easy) == CURLM_OK);
}
