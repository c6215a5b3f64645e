/* A few words to a service manager. */
#include "atlasd/notify.h"

#include "atlasd/master.h"
#include "base/clock.h"
#include "base/num.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static bool connect_to(struct notify *n, const char *path)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	size_t length = strlen(path);
	if (length >= sizeof to.sun_path || (path[0] != '/' && path[0] != '@'))
		return false;
	memcpy(to.sun_path, path, length);
	if (path[0] == '@') /* an abstract address */
		to.sun_path[0] = '\0';
	n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
	return n->fd >= 0 && connect(n->fd, (struct sockaddr *)&to, size) == 0;
}

/* Half of what is asked for; meant for us, or for whoever asks. */
static uint64_t watchdog_ns(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	uint64_t us, whose;
	if (usec == NULL || !num_parse_u64((struct str){usec, strlen(usec)}, &us))
		return 0;
	if (pid != NULL && (!num_parse_u64((struct str){pid, strlen(pid)}, &whose) ||
				   whose != (uint64_t)getpid()))
		return 0;
	return num_mul_sat(us, 1000) / 2;
}

void notify_open(struct notify *n)
{
	const char *path = getenv("NOTIFY_SOCKET");
	*n = (struct notify){.fd = -1};
	if (path == NULL || path[0] == '\0')
		return;
	if (!connect_to(n, path)) {
		log_event(LOG_WARN, EVENT_WARNING,
			"text=\"NOTIFY_SOCKET cannot be reached: %s\"",
			strerror(errno));
		notify_close(n);
		return;
	}
	n->every_ns = watchdog_ns();
}

static void say(const struct notify *n, const char *words)
{
	(void)!send(n->fd, words, strlen(words), MSG_NOSIGNAL | MSG_DONTWAIT);
}

static bool do_all_serve(const struct supervisor *s)
{
	for (uint32_t i = 0; i < s->n; i++)
		if (s->seat[i].restart.state != RESTART_READY)
			return false;
	return true;
}

void notify_turn(struct master *m)
{
	struct notify *n = &m->notify;
	if (n->fd < 0)
		return;
	if (!n->is_ready && m->phase == MASTER_RUNNING &&
		do_all_serve(&m->supervisor)) {
		n->is_ready = true;
		say(n, "READY=1\nSTATUS=serving");
	}
	if (!n->is_stopping && m->phase == MASTER_STOPPING) {
		n->is_stopping = true;
		say(n, "STOPPING=1\nSTATUS=finishing what runs");
	}
	if (n->every_ns != 0 && m->now_ns >= n->next_ns) {
		n->next_ns = num_add_sat(m->now_ns, n->every_ns);
		say(n, "WATCHDOG=1");
	}
}

uint64_t notify_due_ns(const struct notify *n)
{
	return n->fd >= 0 && n->every_ns != 0 ? n->next_ns : UINT64_MAX;
}

void notify_close(struct notify *n)
{
	if (n->fd >= 0)
		close(n->fd);
	n->fd = -1;
}
