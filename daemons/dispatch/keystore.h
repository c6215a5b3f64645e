/*
 * The one place where dispatch keeps the upstream keys: pages that are locked into memory,
 * left out of core dumps and wiped in a fork. The master sends the ring as a message: once
 * before dispatch starts, and again before the settings of a reload that has brought
 * another key, so whoever adopts settings asks here first.
 *
 *	if (!keystore_open(&d->keys, h->key_fd)) …
 *	adopt:  bool is_new = keystore_receive(&d->keys);
 *	        upstream_new(settings, d->keys.ring)
 */
#ifndef DISPATCH_KEYSTORE_H
#define DISPATCH_KEYSTORE_H

#include "base/attr.h"
#include "conf/keys.h"

struct keystore {
	struct keyring *ring; /* in force; behind it is room for the next one */
	int fd;
};

/* Take over fd and the ring that waits in it; false when the master has died meanwhile. */
bool keystore_open(struct keystore *k, int fd) ATTR_UNUSED_RESULT;

/* The newest ring of those that wait; true = there was one. Never waits. */
bool keystore_receive(struct keystore *k);

/* Wiped. */
void keystore_close(struct keystore *k);

#endif
