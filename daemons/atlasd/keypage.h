/*
 * The one place where the master keeps the upstream keys: a page that is wiped in every
 * child, left out of core dumps and locked into memory. A key leaves it only down the
 * pipe to a dispatch that is about to start.
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

/* Read the key file (path may be ""), unless the environment has brought the key. */
bool keypage_read_file(
	struct keypage *k, const char *path, struct err *e) ATTR_UNUSED_RESULT;

bool keypage_is_from_env(const struct keypage *k);

/* A pipe that holds the ring and then ends; returns its read end, -1 with errno. The
 * write end is closed again, so no child ever has it. */
int keypage_hand_down(const struct keypage *k) ATTR_UNUSED_RESULT;

#endif
