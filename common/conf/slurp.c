/* A whole small file as one text, with a bound. */
#include "conf/slurp.h"

#include "conf/origin.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROOM_LEAST UINT64_C(512)

ssize_t slurp_fd(int fd, char *buf, size_t max)
{
	size_t n = 0;
	for (;;) {
		char beyond;
		ssize_t got =
			n < max ? read(fd, buf + n, max - n) : read(fd, &beyond, 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -1 : (ssize_t)n;
		if (n == max) {
			errno = EFBIG;
			return -1;
		}
		n += (size_t)got;
	}
}

/* What the file says of itself and a byte more, so that its end is seen without growing. */
static size_t first_room(int fd, size_t max)
{
	struct stat st;
	bool is_told = fstat(fd, &st) == 0 && st.st_size >= 0;
	uint64_t room = is_told ? (uint64_t)st.st_size + 1 : max;
	return (size_t)MIN(MAX(room, ROOM_LEAST), max);
}

/* Its end, or -1 with errno; *buf is made anew when it is too small. */
static ssize_t read_all(int fd, size_t max, char **buf)
{
	size_t n = 0, room = first_room(fd, max);
	*buf = malloc(room);
	must(*buf != NULL);
	for (;;) {
		ssize_t got = n < room ? read(fd, *buf + n, room - n) : 0;
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		n += (size_t)got;
		if (n < room && got == 0)
			return (ssize_t)n;
		if (n < room)
			continue;
		if (room == max)
			return slurp_fd(fd, NULL, 0) < 0 ? -1 : (ssize_t)n;
		room = MIN(2 * room, max);
		*buf = realloc(*buf, room);
		must(*buf != NULL);
	}
}

static bool is_pipe(int fd)
{
	struct stat st;
	return fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode);
}

bool slurp_file(const char *path, size_t max, struct str *text, struct err *e)
{
	struct origin o = {.path = path};
	/* a FIFO without a writer must not hang the master */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return origin_error(&o, e, "cannot be opened: %s", strerror(errno));
	if (is_pipe(fd)) {
		close(fd);
		return origin_error(
			&o, e, "is a pipe: write it to a file and name that");
	}
	char *buf;
	ssize_t n = read_all(fd, max, &buf);
	int errnum = errno;
	close(fd);
	if (n >= 0) {
		*text = (struct str){buf, (size_t)n};
		return true;
	}
	free(buf);
	if (errnum == EFBIG)
		return origin_error(&o, e, "is larger than %zu bytes", max);
	return origin_error(&o, e, "cannot be read: %s", strerror(errnum));
}

void slurp_free(struct str *text)
{
	free((char *)(uintptr_t)text->p);
	*text = STR("");
}
