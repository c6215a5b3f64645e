/* Running the operator's command. */
#include "record/watch_command.h"

#include "base/clock.h"
#include "base/num.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#define MAY_TAKE_NS (30 * NS_PER_S)

enum { ENV_BYTES = 128, ENV_N = 9 };

struct environment {
	char text[ENV_N][ENV_BYTES];
	char *entry[ENV_N + 1];
	uint32_t n;
};

ATTR_PRINTF(2, 3)
static void put(struct environment *e, const char *fmt, ...)
{
	va_list ap;
	must(e->n < ENV_N);
	va_start(ap, fmt);
	vsnprintf(e->text[e->n], ENV_BYTES, fmt, ap);
	va_end(ap);
	e->entry[e->n] = e->text[e->n];
	e->n++;
}

/* Dollars with their places, everything else whole. */
static const char *format(enum alert_id id, uint64_t v, char out[static NUM_USD_BYTES])
{
	if (alert_unit(id) == ALERT_USD)
		num_format_usd(v, out);
	else
		snprintf(out, NUM_USD_BYTES, "%llu", (unsigned long long)v);
	return out;
}

static void describe(struct environment *e, const struct alert_news *n)
{
	enum alert_id id = (enum alert_id)n->alert;
	char number[NUM_USD_BYTES], at[CLOCK_RFC3339_BYTES];
	clock_rfc3339(n->wall_ms, at);
	put(e, "PATH=/usr/local/bin:/usr/bin:/bin");
	put(e, "ATLAS_ALERT_NAME=%s", alert_name(id));
	put(e, "ATLAS_ALERT_STATE=%s", alert_state_name((enum alert_state)n->state));
	put(e, "ATLAS_ALERT_VALUE=%s", format(id, n->seen.value, number));
	put(e, "ATLAS_ALERT_THRESHOLD=%s", format(id, n->seen.threshold, number));
	put(e, "ATLAS_ALERT_UNIT=%s", alert_unit_name(alert_unit(id)));
	put(e, "ATLAS_ALERT_DETAIL=%s", n->seen.detail);
	put(e, "ATLAS_ALERT_AT=%s", at);
}

/* A group of its own, so that all of it can be ended. What is blocked or ignored here is not
 * there, and what it prints is nowhere: fd 2 is the log. */
static int spawn(pid_t *pid, const char *path, char *const env[])
{
	sigset_t none, ignored;
	posix_spawnattr_t attr;
	posix_spawn_file_actions_t files;
	char *const argv[] = {(char *)path, NULL};
	must(posix_spawnattr_init(&attr) == 0);
	must(posix_spawn_file_actions_init(&files) == 0);
	sigemptyset(&none);
	sigemptyset(&ignored);
	sigaddset(&ignored, SIGPIPE);
	sigaddset(&ignored, SIGHUP);
	must(posix_spawnattr_setsigdefault(&attr, &ignored) == 0);
	must(posix_spawnattr_setsigmask(&attr, &none) == 0);
	must(posix_spawnattr_setpgroup(&attr, 0) == 0);
	must(posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK |
						     POSIX_SPAWN_SETSIGDEF |
						     POSIX_SPAWN_SETPGROUP) == 0);
	for (int fd = 0; fd <= 2; fd++)
		must(posix_spawn_file_actions_addopen(
			     &files, fd, "/dev/null", O_RDWR, 0) == 0);
	must(posix_spawn_file_actions_addclosefrom_np(&files, 3) == 0);
	int rc = posix_spawn(pid, path, &files, &attr, argv, env);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	return rc;
}

static void start(struct watch *w, struct process *p, const struct alert_news *n)
{
	struct environment e = {0};
	describe(&e, n);
	int rc = spawn(&w->command, p->settings.alerts_command, e.entry);
	if (rc != 0) {
		w->command = 0;
		log_event(LOG_ERROR, EVENT_ALERT_FAILED, "command=\"%s\" error=\"%s\"",
			p->settings.alerts_command, strerror(rc));
		return;
	}
	w->command_ends_ns = p->now_ns + MAY_TAKE_NS;
}

static void log_end(const struct watch *w, const struct process *p, int status)
{
	bool is_signal = WIFSIGNALED(status);
	bool is_late = is_signal && WTERMSIG(status) == SIGKILL &&
		       p->now_ns >= w->command_ends_ns;
	log_event(LOG_WARN, EVENT_ALERT_FAILED, "command=\"%s\" %s=%d%s",
		p->settings.alerts_command, is_signal ? "signal" : "exit",
		is_signal ? WTERMSIG(status) : WEXITSTATUS(status),
		is_late ? " error=\"timed out\"" : "");
}

static void look_after(struct watch *w, const struct process *p)
{
	int status;
	pid_t got = waitpid(w->command, &status, WNOHANG);
	if (got == 0) {
		if (p->now_ns >= w->command_ends_ns)
			(void)kill(-w->command, SIGKILL);
		return;
	}
	if (got == w->command && !(WIFEXITED(status) && WEXITSTATUS(status) == 0))
		log_end(w, p, status);
	w->command = 0;
}

void watch_command_turn(struct watch *w, struct process *p)
{
	if (w->command > 0)
		look_after(w, p);
	if (p->settings.alerts_command[0] == '\0')
		w->page.commanded = w->page.sequence;
	while (w->command == 0 && w->page.commanded < w->page.sequence) {
		uint64_t next = ++w->page.commanded;
		const struct alert_news *n = &w->page.news[next % ALERT_NEWS];
		if (n->sequence == next)
			start(w, p, n);
	}
}

void watch_command_end(struct watch *w)
{
	if (w->command > 0) {
		(void)kill(-w->command, SIGKILL);
		(void)waitpid(w->command, NULL, 0);
	}
	w->command = 0;
}
