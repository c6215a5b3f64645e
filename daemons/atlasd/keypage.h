/*
 * The one place where the master keeps the upstream keys: a page that is wiped in every
 * child, left out of core dumps and locked into memory. A key leaves it only as a message
 * to dispatch, on a pair of sockets that no other process has an end of: one when it
 * starts, one more each time a reload has brought another key.
 */
#ifndef ATLASD_KEYPAGE_H
#define ATLASD_KEYPAGE_H

#include "conf/keys.h"

struct keypage {
	struct keyring *ring; /* NULL before keypage_open() */
};

/* Make the page and take the key out of the environment, whose bytes are overwritten:
 * before the first fork. */
bool keypage_open(struct keypage *k, struct err *e) ATTR_UNUSED_RESULT;

bool keypage_is_from_env(const struct keypage *k);

/* A pair of sockets with the ring in it: pair[0] is ours, for keypage_send(), pair[1] is
 * for the child. False with errno. */
bool keypage_hand_down(const struct keypage *k, int pair[static 2]) ATTR_UNUSED_RESULT;

/* The ring as it is now, to a dispatch that runs. False with errno when it has not read
 * those before; it is not waited for. */
bool keypage_send(const struct keypage *k, int fd) ATTR_UNUSED_RESULT;

#endif
