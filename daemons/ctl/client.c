/* Talking to the master. */
#include "ctl/client.h"

#include "base/clock.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int connect_to(const char *path)
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

static enum client_verdict no_connection(const char *path, struct err *e)
{
	switch (errno) {
	case ENOENT:
	case ECONNREFUSED:
		err_set(e, "Atlas is not running: nobody listens at %s", path);
		return CLIENT_NOT_RUNNING;
	case EACCES:
	case EPERM:
		err_set(e, "%s is not yours: use the account that runs Atlas, or root",
			path);
		return CLIENT_FORBIDDEN;
	case EAGAIN:
		err_set(e, "the master does not take connections at %s", path);
		return CLIENT_SILENT;
	default:
		err_sys(e, "cannot connect to %s", path);
		return CLIENT_BROKEN;
	}
}

/* The next bytes of the answer; 0 = no more will come in time. */
static size_t receive(int fd, char *at, size_t room, uint64_t until_ns)
{
	struct pollfd p = {fd, POLLIN, 0};
	uint64_t now_ns = clock_mono_ns();
	if (now_ns >= until_ns ||
		poll(&p, 1, (int)((until_ns - now_ns) / NS_PER_MS) + 1) <= 0)
		return 0;
	ssize_t n = recv(fd, at, room, 0);
	return n > 0 ? (size_t)n : 0;
}

static bool exchange_lines(
	int fd, struct str request, uint64_t until_ns, struct client_answer *a)
{
	char line[4096];
	int n = snprintf(line, sizeof line, STR_FMT "\n", STR_ARG(request));
	if (n >= (int)sizeof line || send(fd, line, (size_t)n, MSG_NOSIGNAL) != n)
		return false;
	while (a->n < sizeof a->text - 1 && memchr(a->text, '\n', a->n) == NULL) {
		size_t got = receive(
			fd, a->text + a->n, sizeof a->text - 1 - a->n, until_ns);
		if (got == 0)
			return false;
		a->n += got;
	}
	a->text[strcspn(a->text, "\n")] = '\0';
	a->n = strlen(a->text);
	return true;
}

static enum client_verdict parse(struct client_answer *a, struct err *e)
{
	struct doc_at root, ok;
	a->doc = doc_parse((struct str){a->text, a->n}, "the master's answer", e);
	if (a->doc == NULL)
		return CLIENT_BROKEN;
	root = doc_root(a->doc);
	if (doc_get(&root, "ok", &ok, e) && doc_bool(&ok, &a->is_ok, e))
		return CLIENT_ANSWERED;
	client_free(a);
	return CLIENT_BROKEN;
}

enum client_verdict client_ask(const char *socket, struct str request, int wait_ms,
	struct client_answer *a, struct err *e)
{
	uint64_t until_ns = clock_mono_ns() + (uint64_t)wait_ms * NS_PER_MS;
	*a = (struct client_answer){0};
	int fd = connect_to(socket);
	if (fd < 0)
		return no_connection(socket, e);
	bool done = exchange_lines(fd, request, until_ns, a);
	close(fd);
	if (done)
		return parse(a, e);
	err_set(e, "the master does not answer at %s", socket);
	return CLIENT_SILENT;
}

void client_free(struct client_answer *a)
{
	doc_free(a->doc);
	explicit_bzero(a, sizeof *a); /* it may hold a token */
}

bool client_is_listening(const char *socket)
{
	int fd = connect_to(socket);
	if (fd < 0)
		return errno == EAGAIN; /* its queue is full, so there is one */
	close(fd);
	return true;
}

enum ctl_exit client_demand(
	const struct ctl *c, struct str request, struct client_answer *a)
{
	struct err e = {0};
	char why[256];
	switch (client_ask(c->socket, request, CLIENT_WAIT_MS, a, &e)) {
	case CLIENT_ANSWERED:
		break;
	case CLIENT_NOT_RUNNING:
		return ctl_fail(c, CTL_NOT_RUNNING, "%s", e.text);
	default:
		return ctl_fail(c, CTL_REFUSED, "%s", e.text);
	}
	if (a->is_ok)
		return CTL_DONE;
	ctl_fail(c, CTL_REFUSED, "%s", client_text(a, "error", why, sizeof why));
	client_free(a);
	return CTL_REFUSED;
}

const char *client_text(
	const struct client_answer *a, const char *key, char *out, size_t size)
{
	struct doc_at root = doc_root(a->doc), at;
	struct str s = STR("");
	if (doc_find(&root, key, &at) && !doc_string(&at, &s, NULL))
		s = STR("");
	snprintf(out, size, STR_FMT, STR_ARG(s));
	return out;
}

uint64_t client_u64(const struct client_answer *a, const char *key)
{
	struct doc_at root = doc_root(a->doc), at;
	uint64_t v = 0;
	if (doc_find(&root, key, &at) && !doc_u64(&at, &v, NULL))
		v = 0;
	return v;
}
