/* Talking to the master. */
#include "ctl/client.h"

#include "base/clock.h"
#include "base/num.h"
#include "ctl/report.h"
#include "ctl/show.h"
#include "ctl/target.h"
#include "ipc/line.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* Of the master whose segment that is, NULL = there is none to look at: for how long it has
 * given no sign of life. */
static uint64_t silence_ns(const struct segment *s)
{
	struct stat st;
	if (s == NULL || fstat(s->map.fd, &st) != 0 ||
		st.st_nlink == 0) /* another one has taken its place */
		return 0;
	const struct proc *master = segment_proc(s, SLOT_MASTER);
	return num_sub_sat(clock_mono_ns(), proc_heartbeat_ns(master));
}

static bool is_mute(void *segment)
{
	return silence_ns(segment) > REPORT_SILENT_NS;
}

static enum client_verdict parse(struct client_answer *a, struct err *e)
{
	struct doc_at root, ok;
	a->doc = doc_parse(
		(struct str){a->text, strlen(a->text)}, "the master's answer", e);
	if (a->doc == NULL)
		return CLIENT_BROKEN;
	root = doc_root(a->doc);
	if (doc_get(&root, "ok", &ok, e) && doc_bool(&ok, &a->is_ok, e))
		return CLIENT_ANSWERED;
	client_free(a);
	return CLIENT_BROKEN;
}

static void say_silent(const struct ctl *c, const struct segment *s, struct err *e)
{
	char span[SHOW_SPAN_BYTES];
	if (silence_ns(s) <= REPORT_SILENT_NS) {
		err_set(e, "the master does not answer at %s", c->socket);
		return;
	}
	uint32_t pid = proc_pid(segment_proc(s, SLOT_MASTER));
	err_set(e,
		"the master (pid %u) has given no sign of life for %s, so nothing was "
		"done; its fronts serve on. If it was stopped: kill -CONT %u, else "
		"restart Atlas",
		pid, show_span(silence_ns(s), span), pid);
}

enum client_verdict client_ask(const struct ctl *c, struct str request, int wait_ms,
	struct client_answer *a, struct err *e)
{
	struct segment s;
	*a = (struct client_answer){0};
	int fd = line_connect(c->socket);
	if (fd < 0)
		return no_connection(c, e);
	struct segment *its = segment_open(&s, c->segment, NULL) ? &s : NULL;
	struct line_patience p = {
		clock_mono_ns() + (uint64_t)wait_ms * NS_PER_MS, is_mute, its};
	bool done = line_ask(fd, request, &p, a->text, sizeof a->text);
	close(fd);
	if (!done)
		say_silent(c, its, e);
	if (its != NULL)
		segment_close(its);
	return done ? parse(a, e) : CLIENT_SILENT;
}

void client_free(struct client_answer *a)
{
	doc_free(a->doc);
	explicit_bzero(a, sizeof *a); /* it may hold a token */
}

bool client_is_listening(const char *socket)
{
	int fd = line_connect(socket);
	if (fd < 0)
		return errno == EAGAIN; /* its queue is full, so there is one */
	close(fd);
	return true;
}

/* Of a list of faults each is a line; what the master tells besides is in its JSON. */
static void say_refusal(const struct ctl *c, const struct client_answer *a)
{
	char why[256];
	struct doc_at root = doc_root(a->doc), list, item;
	struct str text;
	uint64_t n_more = client_u64(a, "more");
	if (!doc_find(&root, "faults", &list)) {
		ctl_fail(
			c, CTL_REFUSED, "%s", client_text(a, "error", why, sizeof why));
		return;
	}
	for (bool on = doc_first(&list, &item); on; on = doc_next(&item))
		if (doc_string(&item, &text, NULL))
			fprintf(stderr, "atlasctl: " STR_FMT "\n", STR_ARG(text));
	if (n_more > 0)
		fprintf(stderr, "atlasctl: and %" PRIu64 " more\n", n_more);
	if (c->is_json)
		printf("%s\n", a->text);
}

enum ctl_exit client_demand(
	const struct ctl *c, struct str request, struct client_answer *a)
{
	struct err e = {0};
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
	say_refusal(c, a);
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

struct str client_member(const struct doc_at *at, const char *key)
{
	struct doc_at value;
	struct str s = STR("");
	if (!doc_find(at, key, &value) || !doc_string(&value, &s, NULL))
		return STR("");
	return s;
}
