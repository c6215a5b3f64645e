/* Descriptors in a message. */
#include "process/listen_set.h"

#include <string.h>
#include <sys/socket.h>

union control {
	struct cmsghdr head;
	char bytes[CMSG_SPACE(sizeof(int) * SETTINGS_LIST_MAX)];
};

bool listen_set_send(int to_fd, const struct listen_set *s)
{
	union control control = {.bytes = {0}};
	uint32_t n = s->n;
	struct iovec part = {&n, sizeof n};
	struct msghdr m = {.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = CMSG_SPACE(sizeof(int) * n)};
	must(n >= 1 && n <= SETTINGS_LIST_MAX);
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int) * n);
	memcpy(CMSG_DATA(c), s->fd, sizeof(int) * n);
	return sendmsg(to_fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)sizeof n;
}

bool listen_set_receive(int from_fd, struct listen_set *s)
{
	union control control;
	uint32_t n;
	struct iovec part = {&n, sizeof n};
	struct msghdr m = {.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof control.bytes};
	if (recvmsg(from_fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != (ssize_t)sizeof n)
		return false;
	const struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	must(n >= 1 && n <= SETTINGS_LIST_MAX && c != NULL &&
		c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof(int) * n));
	s->n = n;
	memcpy(s->fd, CMSG_DATA(c), sizeof(int) * n);
	return true;
}
