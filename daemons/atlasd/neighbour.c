/* Asking another master what it has, or what has become of it. */
#include "atlasd/neighbour.h"

#include "atlasd/control.h"
#include "atlasd/rundir.h"
#include "base/clock.h"
#include "base/holder.h"
#include "conf/address.h"
#include "ipc/line.h"
#include "segment/segment.h"
#include "text/scan.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ANSWER_NS NS_PER_S /* for the whole of it */

/* Its status, a JSON object; false = none came. */
static bool read_status(const char *run_dir, char *line, size_t size)
{
	char path[RUNDIR_PATH_BYTES];
	struct line_patience p = {.until_ns = clock_mono_ns() + ANSWER_NS};
	snprintf(path, sizeof path, "%s/control", run_dir);
	int fd = line_connect(path);
	if (fd < 0)
		return false;
	bool done = line_ask(fd, STR("{\"command\":\"status\"}"), &p, line, size);
	close(fd);
	return done;
}

static bool take_address(const struct scan_token *t, char *to)
{
	struct str text;
	struct address a;
	if (!scan_text(t, to, SETTINGS_ENTRY_BYTES - 1, &text))
		return false;
	to[text.n] = '\0';
	return address_parse(text, &a);
}

static bool take_listen(struct scan *s, struct settings_list *listen)
{
	struct scan_token t;
	if (scan_next(s, &t) != SCAN_ARRAY_BEGIN)
		return false;
	while (scan_next(s, &t) == SCAN_STRING && listen->n < SETTINGS_LIST_MAX)
		if (!take_address(&t, listen->entry[listen->n++]))
			return false;
	return t.type == SCAN_ARRAY_END;
}

static bool take_pid(struct scan *s, pid_t *pid)
{
	struct scan_token t;
	int64_t v;
	if (scan_next(s, &t) != SCAN_NUMBER || !scan_int64(&t, &v) || v < 1 ||
		v > INT32_MAX)
		return false;
	*pid = (pid_t)v;
	return true;
}

static bool pass_over(struct scan *s)
{
	struct scan_token t;
	return scan_next(s, &t) > SCAN_ERROR && scan_skip(s, &t);
}

static bool take_member(
	struct neighbour *n, struct scan *s, const struct scan_token *key)
{
	if (scan_is(key, STR("pid")))
		return take_pid(s, &n->pid);
	if (scan_is(key, STR("listen")))
		return take_listen(s, &n->listen);
	return pass_over(s);
}

static bool parse(struct neighbour *n, struct str line)
{
	struct scan s;
	struct scan_token t;
	scan_init(&s, line, 2);
	if (scan_next(&s, &t) != SCAN_OBJECT_BEGIN)
		return false;
	while (scan_next(&s, &t) == SCAN_KEY)
		if (!take_member(n, &s, &t))
			return false;
	return t.type == SCAN_OBJECT_END;
}

static bool ask(struct neighbour *n, const char *run_dir)
{
	char line[CONTROL_ANSWER_BYTES];
	*n = (struct neighbour){.state = NEIGHBOUR_SERVES};
	return read_status(run_dir, line, sizeof line) &&
	       parse(n, (struct str){line, strlen(line)}) && n->pid != 0;
}

static void read_segment(struct neighbour *n, const char *run_dir)
{
	char path[RUNDIR_PATH_BYTES];
	struct segment s;
	struct settings its;
	snprintf(path, sizeof path, "%s/segment", run_dir);
	if (!segment_open(&s, path, NULL))
		return;
	if (page_read(s.settings, &its, sizeof its) != 0)
		n->listen = its.listen;
	n->record = (pid_t)proc_pid(segment_proc(&s, SLOT_RECORD));
	segment_close(&s);
}

/* All of its processes hold the file, its master the directory. That one is asked for in
 * the list first: a start that finds it locked, by us too, gives up. */
static enum neighbour_state look_at_locks(const char *run_dir, pid_t *master)
{
	char lock[RUNDIR_PATH_BYTES];
	snprintf(lock, sizeof lock, "%s/lock", run_dir);
	if (!holder_is_there(lock))
		return NEIGHBOUR_NONE;
	*master = (pid_t)holder_find(run_dir);
	if (*master != 0 && holder_is_there(run_dir))
		return NEIGHBOUR_MUTE;
	*master = 0;
	return NEIGHBOUR_ENDS;
}

void neighbour_ask(struct neighbour *n, const char *run_dir)
{
	if (ask(n, run_dir))
		return;
	*n = (struct neighbour){0};
	n->state = look_at_locks(run_dir, &n->pid);
	if (n->state != NEIGHBOUR_NONE)
		read_segment(n, run_dir);
}
