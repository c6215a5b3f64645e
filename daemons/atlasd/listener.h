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

/* From now on connections are refused once the fronts have closed theirs too. */
void listener_close(struct listener *l);

#endif
