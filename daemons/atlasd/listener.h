/*
 * The sockets that clients connect to. The master binds them before the first fork, the
 * fronts accept from them; they live through deaths and reloads, so a client that comes
 * while no front is ready waits in the kernel's backlog instead of being refused.
 */
#ifndef ATLASD_LISTENER_H
#define ATLASD_LISTENER_H

#include "conf/settings.h"

struct listener {
	int fd[SETTINGS_LIST_MAX];
	uint32_t n;
};

/* Bind and listen on every address, or on none: false names the address and why. */
bool listener_open(struct listener *l, const struct settings_list *addresses,
	struct err *e) ATTR_UNUSED_RESULT;

/* The sockets stop listening at once, for the fronts that hold them too, and are closed:
 * whoever comes is refused, whoever waits in the kernel's queue is reset. Only closed,
 * they would let clients wait there until the last stream of the last front has ended. */
void listener_refuse(struct listener *l);

void listener_close(struct listener *l);

#endif
