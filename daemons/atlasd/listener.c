/* Binding the listen addresses. */
#include "atlasd/listener.h"

#include "base/log.h"
#include "conf/address.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 4096 }; /* the kernel cuts it to net.core.somaxconn */

static bool set_options(int fd, int family)
{
	int on = 1;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0)
		return false;
	return family != AF_INET6 ||
	       setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == 0;
}

static const char *hint(int errnum)
{
	switch (errnum) {
	case EADDRINUSE:
		return " (another program listens there)";
	case EACCES:
		return " (ports below 1024 need root)";
	default:
		return "";
	}
}

static int listen_on(const char *text, struct err *e)
{
	struct address a;
	must(address_parse((struct str){text, strlen(text)}, &a));
	int family = a.sa.sa_family;
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd >= 0 && set_options(fd, family) && bind(fd, &a.sa, a.n) == 0 &&
		listen(fd, BACKLOG) == 0)
		return fd;
	int saved = errno;
	err_set(e, "cannot listen on %s: %s%s", text, strerror(saved), hint(saved));
	if (fd >= 0)
		close(fd);
	return -1;
}

bool listener_open(
	struct listener *l, const struct settings_list *addresses, struct err *e)
{
	l->n = 0;
	for (uint32_t i = 0; i < addresses->n; i++) {
		int fd = listen_on(addresses->entry[i], e);
		if (fd < 0) {
			listener_close(l);
			return false;
		}
		l->fd[l->n++] = fd;
		log_event(LOG_INFO, EVENT_LISTEN, "address=%s", addresses->entry[i]);
	}
	return true;
}

void listener_refuse(struct listener *l)
{
	for (uint32_t i = 0; i < l->n; i++)
		(void)shutdown(l->fd[i], SHUT_RD);
	listener_close(l);
}

void listener_close(struct listener *l)
{
	for (uint32_t i = 0; i < l->n; i++)
		close(l->fd[i]);
	l->n = 0;
}
