/*
 * A new set of listening sockets for a front that runs: one message of descriptors on a
 * SOCK_SEQPACKET pair, of which the master has one end and the front the other.
 */
#ifndef PROCESS_LISTEN_SET_H
#define PROCESS_LISTEN_SET_H

#include "base/attr.h"
#include "conf/settings.h"

struct listen_set {
	int fd[SETTINGS_LIST_MAX];
	uint32_t n;
};

/* Master: false with errno; a front that does not read is not waited for. */
bool listen_set_send(int to_fd, const struct listen_set *s) ATTR_UNUSED_RESULT;

/* Front: the next set; its descriptors are the caller's. False = there is none. */
bool listen_set_receive(int from_fd, struct listen_set *s) ATTR_UNUSED_RESULT;

#endif
