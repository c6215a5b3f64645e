/*
 * A line to whoever listens at a socket in the file system, and a line back, within a time.
 *
 *	int fd = line_connect(path);
 *	if (fd >= 0 && line_ask(fd, STR("{…}"), &patience, answer, sizeof answer)) …
 *	close(fd);
 *
 * Nothing here waits longer than it is told to, whatever the other one does: it may be
 * stopped, speak a byte at a time, or take no more connections. Run by atlasctl, and by a
 * master that asks another one.
 */
#ifndef IPC_LINE_H
#define IPC_LINE_H

#include "base/attr.h"

struct line_patience {
	uint64_t until_ns;             /* monotonic */
	bool (*is_in_vain)(void *arg); /* asked a few times a second; NULL = never */
	void *arg;
};

/* -1 and errno: nobody listens there (ENOENT, ECONNREFUSED), somebody takes no more at this
 * moment (EAGAIN), or whatever connect(2) says. The caller closes it. */
int line_connect(const char *path) ATTR_UNUSED_RESULT;

/* request is the line without its end; so is the answer, NUL-terminated. False = no whole
 * line came in time, or none that fits and has no NUL in it. */
bool line_ask(int fd, struct str request, const struct line_patience *p, char *answer,
	size_t size) ATTR_UNUSED_RESULT;

#endif
