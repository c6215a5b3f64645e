/* A file for one test that nobody has to remove: memory with a path. */
#ifndef SCRATCH_H
#define SCRATCH_H

#include "base/attr.h"

#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static inline const char *scratch_file(struct str bytes, mode_t mode)
{
	static char path[64];
	int fd = memfd_create("scratch", 0);
	ck_assert(fd >= 0 && fchmod(fd, mode) == 0);
	ck_assert_int_eq(write(fd, bytes.p, bytes.n), (ssize_t)bytes.n);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return path;
}

#endif
