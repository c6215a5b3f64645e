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

static int give_up(int fd)
{
	int saved = errno;
	if (fd >= 0)
		close(fd);
	errno = saved;
	return -1;
}

/* -1 with errno. */
static int try_bind(const char *text)
{
	struct address a;
	must(address_parse((struct str){text, strlen(text)}, &a));
	int family = a.sa.sa_family;
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd >= 0 && set_options(fd, family) && bind(fd, &a.sa, a.n) == 0)
		return fd;
	return give_up(fd);
}

/* The same. */
static int try_listen(const char *text)
{
	int fd = try_bind(text);
	return fd >= 0 && listen(fd, BACKLOG) == 0 ? fd : give_up(fd);
}

/* ---- addresses that are in each other's way ---------------------------------------- */

static bool is_any(const struct address *a)
{
	if (a->sa.sa_family == AF_INET)
		return a->in4.sin_addr.s_addr == htonl(INADDR_ANY);
	return IN6_IS_ADDR_UNSPECIFIED(&a->in6.sin6_addr);
}

static bool has_same_port(const struct address *a, const struct address *b)
{
	if (a->sa.sa_family != b->sa.sa_family)
		return false; /* IPv6 sockets are for IPv6 only */
	if (a->sa.sa_family == AF_INET)
		return a->in4.sin_port == b->in4.sin_port;
	return a->in6.sin6_port == b->in6.sin6_port;
}

static bool is_same_host(const struct address *a, const struct address *b)
{
	if (a->sa.sa_family == AF_INET)
		return a->in4.sin_addr.s_addr == b->in4.sin_addr.s_addr;
	return IN6_ARE_ADDR_EQUAL(&a->in6.sin6_addr, &b->in6.sin6_addr);
}

/* While somebody listens on one, nobody can on the other. */
static bool do_overlap(const char *one, const char *other)
{
	struct address a, b;
	must(address_parse((struct str){one, strlen(one)}, &a));
	must(address_parse((struct str){other, strlen(other)}, &b));
	return has_same_port(&a, &b) &&
	       (is_any(&a) || is_any(&b) || is_same_host(&a, &b));
}

static bool is_listed(const struct settings_list *addresses, const char *text)
{
	for (uint32_t i = 0; i < addresses->n; i++)
		if (strcmp(addresses->entry[i], text) == 0)
			return true;
	return false;
}

/* What fresh no longer has and what is in the way of text stops listening, but stays
 * bound: listen_again() takes that back. False = nothing was. */
static bool make_way(
	const struct listener *l, const struct listener *fresh, const char *text)
{
	bool is_made = false;
	for (uint32_t i = 0; i < l->n; i++) {
		const char *own = l->addresses.entry[i];
		if (is_listed(&fresh->addresses, own) || !do_overlap(own, text))
			continue;
		(void)shutdown(l->fd[i], SHUT_RD);
		is_made = true;
	}
	return is_made;
}

/* The fronts hold the same sockets and need not be told. */
static void listen_again(const struct listener *l)
{
	for (uint32_t i = 0; i < l->n; i++) /* to one that listens it is nothing */
		if (listen(l->fd[i], BACKLOG) != 0)
			log_event(LOG_ERROR, EVENT_WARNING,
				"text=\"cannot listen on %s again: %s\"",
				l->addresses.entry[i], strerror(errno));
}

/* One of ours that stays, or is new as well; NULL = it is somebody else's. */
static const char *find_own(
	const struct listener *l, const struct listener *fresh, const char *text)
{
	for (uint32_t i = 0; i < l->n; i++)
		if (is_listed(&fresh->addresses, l->addresses.entry[i]) &&
			do_overlap(l->addresses.entry[i], text))
			return l->addresses.entry[i];
	for (uint32_t i = 0; i < fresh->n; i++)
		if (do_overlap(fresh->addresses.entry[i], text))
			return fresh->addresses.entry[i];
	return NULL;
}

static bool refuse_own(const char *text, const char *own, struct err *e)
{
	return err_set(e,
		"cannot listen on %s: it overlaps %s, which Atlas itself "
		"listens on",
		text, own);
}

static bool refuse(const char *text, int why, struct err *e)
{
	return err_set(e, "cannot listen on %s: %s%s", text, strerror(why), hint(why));
}

static int listen_on(const struct listener *l, const struct listener *fresh,
	const char *text, struct err *e)
{
	int fd = try_listen(text), why = errno;
	if (fd < 0 && why == EADDRINUSE && make_way(l, fresh, text)) {
		fd = try_listen(text);
		why = errno;
	}
	if (fd >= 0)
		return fd;
	const char *own = why == EADDRINUSE ? find_own(l, fresh, text) : NULL;
	if (own != NULL)
		(void)refuse_own(text, own, e);
	else
		(void)refuse(text, why, e);
	return -1;
}

static bool overlaps_any(const struct settings_list *addresses, const char *text)
{
	for (uint32_t i = 0; i < addresses->n; i++)
		if (do_overlap(addresses->entry[i], text))
			return true;
	return false;
}

bool listener_check(const struct settings_list *addresses, uint32_t i,
	const struct settings_list *ours, struct err *e)
{
	const char *text = addresses->entry[i];
	for (uint32_t k = 0; k < i; k++)
		if (do_overlap(addresses->entry[k], text))
			return refuse_own(text, addresses->entry[k], e);
	int fd = try_bind(text), why = errno;
	if (fd < 0)
		return (why == EADDRINUSE && overlaps_any(ours, text)) ||
		       refuse(text, why, e);
	close(fd);
	return true;
}

/* ---- the set ------------------------------------------------------------------------- */

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
		if (fd < 0 && (fd = listen_on(l, fresh, addresses->entry[i], e)) < 0) {
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
	listen_again(l);
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
