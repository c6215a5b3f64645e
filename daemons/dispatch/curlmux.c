/* libcurl's multi interface on libevent. */
#include "dispatch/curlmux.h"

#include "base/attr.h"

#include <stdlib.h>

struct watch {
	struct event *event;
	struct curlmux *mux;
};

static void reap_finished(struct curlmux *m)
{
	CURLMsg *msg;
	int left;
	while ((msg = curl_multi_info_read(m->multi, &left)) != NULL)
		if (msg->msg == CURLMSG_DONE)
			m->done(msg->easy_handle, msg->data.result);
}

static void act(struct curlmux *m, curl_socket_t fd, int mask)
{
	int running;
	must(curl_multi_socket_action(m->multi, fd, mask, &running) == CURLM_OK);
	reap_finished(m);
}

static void on_socket(evutil_socket_t fd, short what, void *arg)
{
	struct watch *w = arg;
	act(w->mux, fd,
		(what & EV_READ ? CURL_CSELECT_IN : 0) |
			(what & EV_WRITE ? CURL_CSELECT_OUT : 0));
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	act(arg, CURL_SOCKET_TIMEOUT, 0);
}

static void forget_socket(struct watch *w)
{
	if (w == NULL)
		return;
	event_free(w->event);
	free(w);
}

static int watch_socket(
	CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
	(void)easy;
	struct curlmux *m = arg;
	struct watch *w = socket_arg;
	if (what == CURL_POLL_REMOVE) {
		forget_socket(w);
		curl_multi_assign(m->multi, fd, NULL);
		return 0;
	}
	short events = (short)((what & CURL_POLL_IN ? EV_READ : 0) |
			       (what & CURL_POLL_OUT ? EV_WRITE : 0) | EV_PERSIST);
	if (w == NULL) {
		w = calloc(1, sizeof *w);
		must(w != NULL);
		w->mux = m;
		w->event = event_new(m->base, fd, events, on_socket, w);
		must(w->event != NULL);
		curl_multi_assign(m->multi, fd, w);
	} else {
		event_del(w->event);
		must(event_assign(w->event, m->base, fd, events, on_socket, w) == 0);
	}
	must(event_add(w->event, NULL) == 0);
	return 0;
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
	curl_global_cleanup();
}

void curlmux_add(struct curlmux *m, CURL *easy)
{
	must(curl_multi_add_handle(m->multi, easy) == CURLM_OK);
}

void curlmux_remove(struct curlmux *m, CURL *easy)
{
	must(curl_multi_remove_handle(m->multi, easy) == CURLM_OK);
}
