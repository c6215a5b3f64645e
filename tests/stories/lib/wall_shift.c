/*
 * Preloaded by stories about clocks: the wall clock of whoever is run with it goes wrong by
 * as many seconds as the file WALL_SHIFT_FILE holds (a binary int64), from one call to the
 * next. All other clocks are left alone.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static volatile const int64_t *shift_s;

__attribute__((constructor)) static void open_shift(void)
{
	const char *path = getenv("WALL_SHIFT_FILE");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0)
		abort();
	void *p = mmap(NULL, sizeof *shift_s, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (p == MAP_FAILED)
		abort();
	shift_s = p;
}

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): its header says __x */
int clock_gettime(clockid_t clock, struct timespec *ts)
{
	long rc = syscall(SYS_clock_gettime, clock, ts);
	if (rc == 0 && clock == CLOCK_REALTIME && shift_s != NULL)
		ts->tv_sec += *shift_s;
	return (int)rc;
}
