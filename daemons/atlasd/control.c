/* Connections of the control socket. */
#include "atlasd/control.h"

#include "atlasd/master.h"
#include "base/clock.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define STEP_LIMIT_NS   (5 * NS_PER_S)
#define ACCEPT_PAUSE_NS (100 * NS_PER_MS)

/* ---- the listening socket ----------------------------------------------------------- */

static bool bind_fresh(int fd, const char *fresh, struct err *e)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	must(strlen(fresh) < sizeof a.sun_path);
	memcpy(a.sun_path, fresh, strlen(fresh));
	(void)unlink(fresh);
	if (bind(fd, (const struct sockaddr *)&a, sizeof a) == 0 &&
		chmod(fresh, 0600) == 0 && listen(fd, CONTROL_CONNS) == 0)
		return true;
	return err_sys(e, "cannot make the control socket %s", fresh);
}

bool control_open(struct control *c, const char *path, const char *fresh, struct err *e)
{
	c->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->listen_fd < 0)
		return err_sys(e, "no control socket");
	if (!bind_fresh(c->listen_fd, fresh, e))
		return false;
	if (rename(fresh, path) != 0)
		return err_sys(e, "cannot rename %s to %s", fresh, path);
	return true;
}

static void drop(struct control_conn *conn)
{
	close(conn->fd);
	/* it may hold a token */
	explicit_bzero(conn, sizeof *conn);
}

void control_close(struct control *c)
{
	for (size_t i = 0; i < CONTROL_CONNS; i++)
		if (c->conn[i].state != CONTROL_FREE)
			drop(&c->conn[i]);
	if (c->listen_fd >= 0)
		close(c->listen_fd);
	c->listen_fd = -1;
}

static struct control_conn *free_conn(struct control *c)
{
	for (size_t i = 0; i < CONTROL_CONNS; i++)
		if (c->conn[i].state == CONTROL_FREE)
			return &c->conn[i];
	return NULL;
}

static bool is_allowed(int fd)
{
	struct ucred peer;
	socklen_t n = sizeof peer;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) != 0)
		return false;
	return peer.uid == geteuid() || peer.uid == 0;
}

static void accept_one(struct master *m)
{
	struct control *c = &m->control;
	struct control_conn *conn = free_conn(c);
	if (conn == NULL)
		return;
	int fd = accept4(c->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0) {
		if (errno != EAGAIN && errno != ECONNABORTED)
			c->accept_at_ns = m->now_ns + ACCEPT_PAUSE_NS;
		return;
	}
	if (!is_allowed(fd)) {
		close(fd);
		return;
	}
	conn->state = CONTROL_READING;
	conn->fd = fd;
	conn->deadline_ns = m->now_ns + STEP_LIMIT_NS;
}

/* ---- one connection ------------------------------------------------------------------ */

static void begin_writing(struct master *m, struct control_conn *conn)
{
	struct str text;
	must(jsonw_done(&conn->call.answer, &text)); /* an answer is small by design */
	must(text.n < sizeof conn->out);
	conn->out[text.n] = '\n';
	conn->n_out = text.n + 1;
	conn->n_sent = 0;
	conn->state = CONTROL_WRITING;
	conn->deadline_ns = m->now_ns + STEP_LIMIT_NS;
}

static void refuse(struct master *m, struct control_conn *conn, const char *text)
{
	jsonw_init_fixed(&conn->call.answer, conn->out, sizeof conn->out - 1);
	control_refuse(&conn->call.answer, text);
	begin_writing(m, conn);
}

/* The first line becomes a call; what is behind it stays for later. */
static void take_line(struct master *m, struct control_conn *conn)
{
	struct err e = {0};
	const char *end = memchr(conn->in, '\n', conn->n_in);
	if (end == NULL)
		return;
	struct str line = {conn->in, (size_t)(end - conn->in)};
	bool is_good = control_parse(line, &conn->call, &e);
	conn->n_in -= line.n + 1;
	memmove(conn->in, end + 1, conn->n_in);
	if (!is_good) {
		refuse(m, conn, e.text);
		return;
	}
	jsonw_init_fixed(&conn->call.answer, conn->out, sizeof conn->out - 1);
	conn->state = CONTROL_WAITING;
	conn->has_call = false;
	conn->deadline_ns = m->now_ns + STEP_LIMIT_NS;
}

static void read_some(struct master *m, struct control_conn *conn)
{
	ssize_t n =
		recv(conn->fd, conn->in + conn->n_in, sizeof conn->in - conn->n_in, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		drop(conn);
		return;
	}
	conn->n_in += (size_t)n;
	take_line(m, conn);
	if (conn->state == CONTROL_READING && conn->n_in == sizeof conn->in)
		refuse(m, conn, "the line is too long");
}

static void write_some(struct master *m, struct control_conn *conn)
{
	ssize_t n = send(conn->fd, conn->out + conn->n_sent, conn->n_out - conn->n_sent,
		MSG_NOSIGNAL);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		drop(conn);
		return;
	}
	conn->n_sent += (size_t)n;
	if (conn->n_sent < conn->n_out)
		return;
	explicit_bzero(conn->out, conn->n_out);
	conn->state = CONTROL_READING;
	conn->deadline_ns = m->now_ns + STEP_LIMIT_NS;
	take_line(m, conn);
}

/* ---- once a turn ----------------------------------------------------------------------- */

static bool is_one_under_way(const struct control *c)
{
	for (size_t i = 0; i < CONTROL_CONNS; i++)
		if (c->conn[i].has_call)
			return true;
	return false;
}

/* Who gave up waiting must not be obeyed later, when it may have done something else. */
static bool has_left(const struct control_conn *conn)
{
	struct pollfd p = {conn->fd, 0, 0};
	return poll(&p, 1, 0) > 0 && (p.revents & POLLHUP) != 0;
}

static void run(struct master *m, struct control_conn *conn)
{
	if (!conn->has_call && has_left(conn)) {
		drop(conn);
		return;
	}
	if (!conn->has_call && is_one_under_way(&m->control))
		return;
	bool done = conn->has_call ? control_step(m, &conn->call)
				   : control_begin(m, &conn->call);
	conn->has_call = !done;
	if (done)
		begin_writing(m, conn);
}

static void turn_conn(struct master *m, struct control_conn *conn)
{
	bool is_ready = conn->is_ready;
	conn->is_ready = false;
	if (conn->state == CONTROL_READING && is_ready)
		read_some(m, conn);
	if (conn->state == CONTROL_WAITING)
		run(m, conn);
	if (conn->state == CONTROL_WRITING)
		write_some(m, conn);
	if (conn->state == CONTROL_FREE || conn->has_call ||
		m->now_ns < conn->deadline_ns)
		return;
	if (conn->state == CONTROL_WAITING)
		refuse(m, conn, "the master is busy with other commands; try again");
	else
		drop(conn);
}

void control_turn(struct master *m)
{
	struct control *c = &m->control;
	if (m->now_ns >= c->accept_at_ns)
		c->accept_at_ns = 0;
	if (c->is_ready)
		accept_one(m);
	c->is_ready = false;
	for (size_t i = 0; i < CONTROL_CONNS; i++)
		turn_conn(m, &c->conn[i]);
}

bool control_is_accepting(const struct control *c)
{
	bool has_room = false;
	for (size_t i = 0; i < CONTROL_CONNS; i++)
		has_room |= c->conn[i].state == CONTROL_FREE;
	return c->listen_fd >= 0 && has_room && c->accept_at_ns == 0;
}

short control_events(const struct control_conn *conn)
{
	switch (conn->state) {
	case CONTROL_READING:
		return POLLIN;
	case CONTROL_WRITING:
		return POLLOUT;
	default:
		return 0;
	}
}

uint64_t control_due_ns(const struct control *c)
{
	uint64_t due_ns = c->accept_at_ns != 0 ? c->accept_at_ns : UINT64_MAX;
	for (size_t i = 0; i < CONTROL_CONNS; i++) {
		const struct control_conn *conn = &c->conn[i];
		if (conn->state != CONTROL_FREE && !conn->has_call)
			due_ns = MIN(due_ns, conn->deadline_ns);
	}
	return due_ns;
}

bool control_is_waiting(const struct control *c)
{
	return is_one_under_way(c);
}
