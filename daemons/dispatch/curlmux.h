/*
 * libcurl's multi interface on our event base: its sockets become events, its one timer
 * becomes an event, and a finished handle becomes a call of `done`.
 *
 * Only dispatch uses it, after the fork. `done` may add and remove handles.
 */
#ifndef DISPATCH_CURLMUX_H
#define DISPATCH_CURLMUX_H

#include <curl/curl.h>
#include <event2/event.h>

struct watch;

struct curlmux {
	CURLM *multi;
	struct event_base *base;
	struct event *timer;
	struct watch **watches; /* by descriptor; NULL = never was libcurl's */
	size_t n_watches;
	void (*done)(CURL *easy, CURLcode result);
};

void curlmux_init(struct curlmux *m, struct event_base *base,
	void (*done)(CURL *easy, CURLcode result));

/* All handles must have been removed before. */
void curlmux_fini(struct curlmux *m);

/* A handle for this mux, as all of them begin: it follows no redirect, heeds no proxy and
 * no netrc of whoever runs it, speaks HTTP/1.1 and nothing older. From curl_easy_init(). */
CURL *curlmux_handle(struct curlmux *m);

/* Start one of its handles; it begins within this turn of the loop. */
void curlmux_add(struct curlmux *m, CURL *easy);

/* Stop one, finished or not; not from within one of its own callbacks. */
void curlmux_remove(struct curlmux *m, CURL *easy);

#endif
