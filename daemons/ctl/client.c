/* Talking to the master. */
#include "ctl/client.h"

#include "base/clock.h"
#include "base/num.h"
#include "ctl/report.h"
#include "ctl/show.h"
#include "ctl/target.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define LOOK_AGAIN_NS (200 * NS_PER_MS)

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

static enum client_verdict no_connection(const struct ctl *c, struct err *e)
{
	const char *path = c->socket;
	switch (errno) {
	case ENOENT:
	case ECONNREFUSED:
		err_set(e, "nobody listens at %s", path);
		return CLIENT_NOT_RUNNING;
	case EACCES:
	case EPERM:
		err_set(e, "%s is not yours: use the account that runs Atlas, or root",
			path);
		return CLIENT_FORBIDDEN;
	case EAGAIN:
		err_set(e, "the master takes no more connections at %s", path);
		return CLIENT_SILENT;
	default:
		err_sys(e, "cannot connect to %s", path);
		return CLIENT_BROKEN;
	}
}

/* How long one waits, and whose heartbeat says that it is in vain. */
struct patience {
	uint64_t until_ns;
	const struct segment *segment; /* NULL = there is none to look at */
};

static uint64_t silence_ns(const struct patience *p)
{
	struct stat st;
	if (p->segment == NULL || fstat(p->segment->map.fd, &st) != 0 ||
		st.st_nlink == 0) /* another one has taken its place */
		return 0;
	const struct proc *master = segment_proc(p->segment, SLOT_MASTER);
	return num_sub_sat(clock_mono_ns(), proc_heartbeat_ns(master));
}

static bool is_in_vain(const struct patience *p)
{
	return clock_mono_ns() >= p->until_ns || silence_ns(p) > REPORT_SILENT_NS;
}

/* The next bytes of the answer; 0 = no more will come in time. */
static size_t receive(int fd, char *at, size_t room, const struct patience *p)
{
	struct pollfd ready = {fd, POLLIN, 0};
	int n = 0;
	while (n == 0 && !is_in_vain(p)) {
		uint64_t left_ns = num_sub_sat(p->until_ns, clock_mono_ns());
		n = poll(&ready, 1, (int)(MIN(left_ns, LOOK_AGAIN_NS) / NS_PER_MS) + 1);
	}
	if (n <= 0)
		return 0;
	ssize_t got = recv(fd, at, room, 0);
	return got > 0 ? (size_t)got : 0;
}

static bool exchange_lines(
	int fd, struct str request, const struct patience *p, struct client_answer *a)
{
	char line[4096];
	int n = snprintf(line, sizeof line, STR_FMT "\n", STR_ARG(request));
	if (n >= (int)sizeof line || send(fd, line, (size_t)n, MSG_NOSIGNAL) != n)
		return false;
	while (a->n < sizeof a->text - 1 && memchr(a->text, '\n', a->n) == NULL) {
		size_t got = receive(fd, a->text + a->n, sizeof a->text - 1 - a->n, p);
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

static void say_silent(const struct ctl *c, const struct patience *p, struct err *e)
{
	char span[SHOW_SPAN_BYTES];
	if (silence_ns(p) <= REPORT_SILENT_NS) {
		err_set(e, "the master does not answer at %s", c->socket);
		return;
	}
	uint32_t pid = proc_pid(segment_proc(p->segment, SLOT_MASTER));
	err_set(e,
		"the master (pid %u) has given no sign of life for %s, so nothing was "
		"done; its fronts serve on. If it was stopped: kill -CONT %u, else "
		"restart Atlas",
		pid, show_span(silence_ns(p), span), pid);
}

enum client_verdict client_ask(const struct ctl *c, struct str request, int wait_ms,
	struct client_answer *a, struct err *e)
{
	struct segment s;
	bool is_open = false, done = false;
	*a = (struct client_answer){0};
	int fd = connect_to(c->socket);
	if (fd < 0)
		return no_connection(c, e);
	is_open = segment_open(&s, c->segment, NULL);
	struct patience p = {
		clock_mono_ns() + (uint64_t)wait_ms * NS_PER_MS, is_open ? &s : NULL};
	done = exchange_lines(fd, request, &p, a);
	close(fd);
	if (!done)
		say_silent(c, &p, e);
	if (is_open)
		segment_close(&s);
	return done ? parse(a, e) : CLIENT_SILENT;
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
	switch (client_ask(c, request, CLIENT_WAIT_MS, a, &e)) {
	case CLIENT_ANSWERED:
		break;
	case CLIENT_NOT_RUNNING:
		return target_is_absent(c, c->socket);
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
