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

static bool has_fd(const struct listener *l, int fd)
{
	for (uint32_t i = 0; i < l->n; i++)
		if (l->fd[i] == fd)
			return true;
	return false;
}

/* -1 = it is not listened on. */
static int fd_of(const struct listener *l, const char *address)
{
	for (uint32_t i = 0; i < l->n; i++)
		if (strcmp(l->addresses.entry[i], address) == 0)
			return l->fd[i];
	return -1;
}

bool listener_prepare(const struct listener *l, struct listener *fresh,
	const struct settings_list *addresses, struct err *e)
{
	*fresh = (struct listener){.addresses = *addresses};
	for (uint32_t i = 0; i < addresses->n; i++) {
		int fd = fd_of(l, addresses->entry[i]);
		if (fd < 0 && (fd = listen_on(addresses->entry[i], e)) < 0) {
			listener_discard(l, fresh);
			return false;
		}
		fresh->fd[fresh->n++] = fd;
	}
	return true;
}

void listener_replace(struct listener *l, const struct listener *fresh)
{
	for (uint32_t i = 0; i < fresh->n; i++)
		if (!has_fd(l, fresh->fd[i]))
			log_event(LOG_INFO, EVENT_LISTEN, "address=%s",
				fresh->addresses.entry[i]);
	for (uint32_t i = 0; i < l->n; i++) {
		if (has_fd(fresh, l->fd[i]))
			continue;
		(void)shutdown(l->fd[i], SHUT_RD);
		close(l->fd[i]);
		log_event(LOG_INFO, EVENT_LISTEN_ENDED, "address=%s",
			l->addresses.entry[i]);
	}
	*l = *fresh;
}

void listener_discard(const struct listener *l, const struct listener *fresh)
{
	for (uint32_t i = 0; i < fresh->n; i++)
		if (!has_fd(l, fresh->fd[i]))
			close(fresh->fd[i]);
}

bool listener_open(
	struct listener *l, const struct settings_list *addresses, struct err *e)
{
	struct listener fresh;
	l->n = 0;
	if (!listener_prepare(l, &fresh, addresses, e))
		return false;
	listener_replace(l, &fresh);
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
