/* A whole small file as one text, with a bound. */
#include "conf/slurp.h"

#include "conf/origin.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

bool slurp_file(const char *path, size_t max, struct str *text, struct err *e)
{
	struct origin o = {.path = path};
	/* a FIFO without a writer must not hang the master */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return origin_error(&o, e, "cannot be opened: %s", strerror(errno));
	char *buf = malloc(max);
	must(buf != NULL);
	ssize_t n = slurp_fd(fd, buf, max);
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
