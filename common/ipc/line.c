/* One line there, one line back. */
#include "ipc/line.h"

#include "base/clock.h"
#include "base/num.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#define LOOK_AGAIN_NS (200 * NS_PER_MS)

int line_connect(const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	size_t n = strlen(path);
	if (n >= sizeof at.sun_path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(at.sun_path, path, n);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	if (connect(fd, (const struct sockaddr *)&at, sizeof at) == 0)
		return fd;
	int saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

/* In one go: a socket nobody has written to takes more than any request of ours. */
static bool send_line(int fd, struct str line)
{
	struct iovec parts[] = {
		{(void *)(uintptr_t)line.p, line.n}, {(char[]){'\n'}, 1}};
	struct msghdr m = {.msg_iov = parts, .msg_iovlen = N_ELEMENTS(parts)};
	return sendmsg(fd, &m, MSG_NOSIGNAL) == (ssize_t)line.n + 1;
}

static bool is_in_vain(const struct line_patience *p)
{
	return clock_mono_ns() >= p->until_ns ||
	       (p->is_in_vain != NULL && p->is_in_vain(p->arg));
}

/* The next bytes; 0 = no more will come in time. */
static size_t receive(int fd, char *to, size_t room, const struct line_patience *p)
{
	struct pollfd ready = {fd, POLLIN, 0};
	int n = 0;
	while (n == 0 && !is_in_vain(p)) {
		uint64_t left_ns = num_sub_sat(p->until_ns, clock_mono_ns());
		n = poll(&ready, 1, (int)(MIN(left_ns, LOOK_AGAIN_NS) / NS_PER_MS) + 1);
	}
	if (n <= 0)
		return 0;
	ssize_t got = recv(fd, to, room, 0);
	return got > 0 ? (size_t)got : 0;
}

bool line_ask(int fd, struct str request, const struct line_patience *p, char *answer,
	size_t size)
{
	char *end = NULL;
	size_t n = 0;
	if (!send_line(fd, request))
		return false;
	while (end == NULL && n < size) {
		size_t got = receive(fd, answer + n, size - n, p);
		if (got == 0)
			return false;
		end = memchr(answer + n, '\n', got);
		n += got;
	}
	if (end == NULL)
		return false;
	*end = '\0';
	return answer + strlen(answer) == end; /* no NUL of theirs cuts it */
}
