/*
 * Telling a service manager how the master is, by the protocol of sd_notify(3): one
 * datagram a message to the socket that NOTIFY_SOCKET names. Without that variable nothing
 * is said. Run by the master.
 *
 *	READY=1       all processes serve; the first time only
 *	WATCHDOG=1    the master's loop turns; twice as often as WATCHDOG_USEC asks
 *	STOPPING=1    a stop has begun
 *
 * A manager that does not read is not waited for: the message is lost.
 */
#ifndef ATLASD_NOTIFY_H
#define ATLASD_NOTIFY_H

#include "base/attr.h"

struct notify {
	int fd;            /* connected; -1 = nobody wants to know */
	uint64_t every_ns; /* 0 = no watchdog */
	uint64_t next_ns;
	bool is_ready, is_stopping; /* said */
};

struct master;

/* Take the wish from the environment; a socket that is not there is logged. */
void notify_open(struct notify *n);

/* Once a turn: what is due. */
void notify_turn(struct master *m);

/* When notify_turn() has something to do by itself; UINT64_MAX never. */
uint64_t notify_due_ns(const struct notify *n);

void notify_close(struct notify *n);

#endif
