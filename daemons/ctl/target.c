/* From the options to files. */
#include "ctl/target.h"

#include "conf/settings.h"
#include "ctl/client.h"
#include "ctl/running.h"
#include "store/writer.h"

#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool join(char out[static CTL_PATH_BYTES], struct str dir, const char *name,
	struct err *e)
{
	int n = snprintf(out, CTL_PATH_BYTES, STR_FMT "/%s", STR_ARG(dir), name);
	if (n > 0 && n < CTL_PATH_BYTES)
		return true;
	return err_set(e, "the path of %s is too long", name);
}

static struct str folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	if (slash == NULL)
		return STR(".");
	return (struct str){path, slash == path ? 1 : (size_t)(slash - path)};
}

/* root may read everything, but the segment insists on being its reader's own. */
static bool become_owner(struct str dir, struct err *e)
{
	char path[CTL_PATH_BYTES];
	struct stat st;
	snprintf(path, sizeof path, STR_FMT, STR_ARG(dir));
	if (geteuid() != 0 || stat(path, &st) != 0 || st.st_uid == 0)
		return true;
	if (setgroups(0, NULL) == 0 && setgid(st.st_gid) == 0 && setuid(st.st_uid) == 0)
		return true;
	return err_sys(
		e, "cannot become uid %u, the owner of %s", (unsigned)st.st_uid, path);
}

/* The file is wrong, but an Atlas that was started with it before may run: it must not be
 * out of reach for that. */
static bool find_nevertheless(
	const struct ctl *c, struct settings *s, const struct err *why)
{
	char path[CTL_PATH_BYTES + sizeof s->run_dir];
	if (!settings_salvage(s, c->config_path, environ))
		return false;
	snprintf(path, sizeof path, "%s/segment", s->run_dir);
	if (access(path, F_OK) != 0)
		return false;
	fprintf(stderr, "atlasctl: warning: %s; this is about the Atlas in %s\n",
		why->text, s->run_dir);
	return true;
}

/* The file has been changed since the Atlas that runs has read it. */
static void prefer(const struct ctl *c, const char *what, const char *running,
	char *dir, size_t size)
{
	if (strcmp(dir, running) == 0)
		return;
	fprintf(stderr,
		"atlasctl: warning: %s has %s = %s, which only a restart brings; this is "
		"about the Atlas that runs with %s\n",
		c->config_path, what, dir, running);
	snprintf(dir, size, "%s", running);
}

static bool find_places(struct ctl *c, struct settings *s, struct err *e)
{
	char running[CTL_PATH_BYTES];
	struct str run_dir = {s->run_dir, strlen(s->run_dir)};
	snprintf(c->data_dir, sizeof c->data_dir, "%s", s->data_dir);
	if (!join(c->segment, run_dir, "segment", e))
		return false;
	if (access(c->segment, F_OK) != 0 &&
		running_run_dir(s->data_dir, running, sizeof s->run_dir))
		prefer(c, "run_dir", running, s->run_dir, sizeof s->run_dir);
	run_dir.n = strlen(s->run_dir);
	if (!join(c->socket, run_dir, "control", e) ||
		!join(c->segment, run_dir, "segment", e) || !become_owner(run_dir, e))
		return false;
	if (running_data_dir(c->segment, running, sizeof running))
		prefer(c, "data_dir", running, c->data_dir, sizeof c->data_dir);
	return true;
}

static bool find_by_config(struct ctl *c, struct err *e)
{
	struct settings s;
	struct settings_report r;
	return (settings_load(&s, c->config_path, environ, &r, e) ||
		       find_nevertheless(c, &s, e)) &&
	       find_places(c, &s, e);
}

static void read_data_dir(struct ctl *c)
{
	struct segment segment;
	struct settings s;
	if (!segment_open(&segment, c->segment, NULL))
		return;
	if (page_read(segment.settings, &s, sizeof s) != 0)
		snprintf(c->data_dir, sizeof c->data_dir, "%s", s.data_dir);
	segment_close(&segment);
}

static bool find_by_socket(struct ctl *c, struct err *e)
{
	struct str run_dir = folder_of(c->socket_arg);
	snprintf(c->socket, sizeof c->socket, "%s", c->socket_arg);
	if (!join(c->segment, run_dir, "segment", e) || !become_owner(run_dir, e))
		return false;
	read_data_dir(c);
	return true;
}

bool target_find(struct ctl *c, struct err *e)
{
	if (c->socket_arg != NULL)
		return find_by_socket(c, e);
	return find_by_config(c, e);
}

enum ctl_exit target_is_absent(const struct ctl *c, const char *file)
{
	/* a file that is there was left by a master that died; its children finish */
	bool is_taken = c->data_dir[0] != '\0' && access(file, F_OK) != 0;
	uint32_t pid = is_taken ? store_writer(c->data_dir) : 0;
	if (pid == 0)
		return ctl_fail(c, CTL_NOT_RUNNING,
			"Atlas is not running: nobody is at %s", file);
	return ctl_fail(c, CTL_REFUSED,
		"%s is gone, but process %u still writes the ledger in %s: run_dir was "
		"taken away from an Atlas that runs, or the configuration has named "
		"another one since (then -s names it). Signals still reach it: TERM to "
		"its master, then start it again",
		file, pid, c->data_dir);
}

enum ctl_exit target_open_segment(const struct ctl *c, struct segment *s)
{
	struct err e = {0};
	if (segment_open(s, c->segment, &e))
		return CTL_DONE;
	int why = access(c->segment, R_OK) == 0 ? 0 : errno;
	if (why == ENOENT)
		return target_is_absent(c, c->segment);
	if (why == EACCES)
		return ctl_fail(c, CTL_REFUSED,
			"%s is not yours: use the account that runs Atlas, or root",
			c->segment);
	return ctl_fail(c, CTL_REFUSED, "%s", e.text);
}

bool target_is_left(const struct ctl *c)
{
	/* a socket that was taken away tells nothing of its master */
	return access(c->socket, F_OK) == 0 && !client_is_listening(c->socket);
}

enum ctl_exit target_told(const struct ctl *c)
{
	if (!target_is_left(c))
		return CTL_DONE;
	fprintf(stderr,
		"atlasctl: Atlas is not running: its master is gone, and this is what it "
		"left behind\n");
	return CTL_NOT_RUNNING;
}

struct models *target_read_catalogue(const struct segment *s, struct err *e)
{
	struct models *m = NULL;
	struct catalogue *text = calloc(1, sizeof *text);
	must(text != NULL);
	if (page_read(s->catalogue, text, sizeof *text) != 0 &&
		text->n_bytes <= sizeof text->text)
		m = models_parse((struct str){text->text, text->n_bytes},
			"the catalogue in force", e);
	free(text);
	return m;
}

/* ---- the ledger ------------------------------------------------------------- */

#define CUT                                                                             \
	"the ledger's file data.mdb has been cut short: what is behind its end cannot " \
	"be read; put a whole copy back"

/* Behind the end of a file there is only this signal. */
static void on_cut(int signal)
{
	static const char text[] = "atlasctl: " CUT "\n";
	(void)signal;
	(void)!write(STDERR_FILENO, text, sizeof text - 1);
	_exit(CTL_REFUSED);
}

static void on_cut_json(int signal)
{
	static const char text[] = "{\"ok\":false,\"error\":\"" CUT "\"}\n";
	(void)!write(STDOUT_FILENO, text, sizeof text - 1);
	on_cut(signal);
}

enum ctl_exit target_open_ledger(const struct ctl *c, struct store **s)
{
	struct sigaction cut = {.sa_handler = c->is_json ? on_cut_json : on_cut};
	struct err e = {0};
	if (c->data_dir[0] == '\0')
		return ctl_fail(c, CTL_REFUSED,
			"no Atlas runs at %s, so nobody says where its ledger is: name "
			"the configuration with -c",
			c->socket);
	must(sigaction(SIGBUS, &cut, NULL) == 0);
	if (store_open_readonly(s, c->data_dir, &e))
		return CTL_DONE;
	return ctl_fail(c, CTL_REFUSED, "%s", e.text);
}
