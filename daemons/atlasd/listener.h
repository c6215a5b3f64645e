/*
 * The sockets that clients connect to. The master binds them before the first fork, the
 * fronts accept from them; they live through deaths and reloads, so a client that comes
 * while no front is ready waits in the kernel's backlog instead of being refused.
 *
 * A reload may name other addresses: all new ones are bound before anything changes, those
 * that stay keep their socket and who waits in it, and fronts that run get the whole new
 * set as descriptors through a socket of their own (process/listen_set.h).
 */
#ifndef ATLASD_LISTENER_H
#define ATLASD_LISTENER_H

#include "conf/settings.h"

struct listener {
	int fd[SETTINGS_LIST_MAX];
	uint32_t n;
	struct settings_list addresses; /* of them, in the same order */
};

/* Bind and listen on every address, or on none: false names the address and why. */
bool listener_open(struct listener *l, const struct settings_list *addresses,
	struct err *e) ATTR_UNUSED_RESULT;

/* Could the i-th of them be bound, beside those before it, by the Atlas that has bound ours
 * already? Nobody is listened to. */
bool listener_check(const struct settings_list *addresses, uint32_t i,
	const struct settings_list *ours, struct err *e) ATTR_UNUSED_RESULT;

/* Bind what l has not yet: fresh is then the whole new set, with l's sockets where the
 * address is the same. One that l has, fresh has not and that overlaps a new one, as
 * 127.0.0.1:80 does 0.0.0.0:80, stops listening at once; until its successor listens, for
 * microseconds, clients are refused there. False names the address and why; all of l
 * listens as before. */
bool listener_prepare(const struct listener *l, struct listener *fresh,
	const struct settings_list *addresses, struct err *e) ATTR_UNUSED_RESULT;

/* After listener_prepare(): fresh takes l's place; what is not in it stops listening. */
void listener_replace(struct listener *l, const struct listener *fresh);

/* Or not: what only fresh has is closed, and all of l listens again. */
void listener_discard(const struct listener *l, const struct listener *fresh);

/* The sockets stop listening at once, for the fronts that hold them too, and are closed:
 * whoever comes is refused, whoever waits in the kernel's queue is reset. Only closed,
 * they would let clients wait there until the last stream of the last front has ended. */
void listener_refuse(struct listener *l);

void listener_close(struct listener *l);

#endif
