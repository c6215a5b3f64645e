/*
 * Whom the master becomes when root starts it: what needs root (a low port, making
 * directories) is done first, then it is given up for good. Run by the master before the
 * first fork.
 */
#ifndef ATLASD_ACCOUNT_H
#define ATLASD_ACCOUNT_H

#include "base/attr.h"
#include "base/err.h"

#include <sys/types.h>

struct account {
	bool is_other; /* false = stay who we are; the rest is then unused */
	uid_t uid;
	gid_t gid;
	char name[32];
};

/* Not root: stay; a `user` that is somebody else is an error. Root: the setting `user`,
 * else "atlas" where that account exists, else stay root with a warning. */
bool account_find(
	struct account *a, const char *user, struct err *e) ATTR_UNUSED_RESULT;

/* Make the directory (mode 0700) unless it is there, and hand it to the account when it
 * is root's, with what is in it. *is_made = it was not there, whatever came of the rest.
 * False when something else stands there or others may write to it. */
bool account_make_dir(const struct account *a, const char *path, bool *is_made,
	struct err *e) ATTR_UNUSED_RESULT;

/* Would account_make_dir() do, and could the account write there? Nothing is made. */
bool account_check_dir(
	const struct account *a, const char *path, struct err *e) ATTR_UNUSED_RESULT;

/* Hand an open file to the account. */
bool account_hand_over(
	const struct account *a, int fd, struct err *e) ATTR_UNUSED_RESULT;

/* Become it, for good. */
bool account_become(const struct account *a, struct err *e) ATTR_UNUSED_RESULT;

#endif
