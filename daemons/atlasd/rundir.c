/* The directory of a running Atlas, and the locks on it. */
#include "atlasd/rundir.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/num.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/vfs.h>
#include <unistd.h>

#define WATCH_NS NS_PER_S

enum { LOOK_AGAIN_MS = 50 };

static void name_files(struct rundir *r, const char *path)
{
	const struct {
		char *out;
		const char *name;
	} files[] = {{r->lock, "lock"}, {r->segment, "segment"},
		{r->control, "control"}, {r->control_new, "control.new"}};
	snprintf(r->path, sizeof r->path, "%s", path);
	for (size_t i = 0; i < N_ELEMENTS(files); i++) {
		int n = snprintf(
			files[i].out, RUNDIR_PATH_BYTES, "%s/%s", path, files[i].name);
		must(n > 0 && n < RUNDIR_PATH_BYTES); /* settings.def bounds run_dir */
	}
}

static void warn_unless_tmpfs(int fd, const char *path)
{
	struct statfs fs;
	if (fstatfs(fd, &fs) != 0 || fs.f_type == TMPFS_MAGIC ||
		fs.f_type == RAMFS_MAGIC)
		return;
	log_event(LOG_WARN, EVENT_WARNING,
		"text=\"run_dir %s is not on tmpfs: the segment will be written to a "
		"disk again and again\"",
		path);
}

static bool lock_dir(struct rundir *r, const char *path, struct err *e)
{
	r->dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (r->dir_fd < 0)
		return err_sys(e, "cannot open %s", path);
	if (flock(r->dir_fd, LOCK_EX | LOCK_NB) == 0)
		return true;
	if (errno == EWOULDBLOCK)
		return err_set(e, "another atlasd is running with run_dir %s", path);
	return err_sys(e, "cannot lock %s", path);
}

/* We have the directory, so whoever still holds the file has no master any more. */
static bool wait_for_lock(struct rundir *r, uint64_t wait_ns, struct err *e)
{
	uint64_t until_ns = num_add_sat(clock_mono_ns(), wait_ns);
	bool has_said = false;
	while (flock(r->lock_fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK)
			return err_sys(e, "cannot lock %s", r->lock);
		if (clock_mono_ns() >= until_ns)
			return err_set(e,
				"processes of an atlasd that died still run and hold "
				"%s; end them first",
				r->lock);
		if (!has_said)
			log_event(LOG_WARN, EVENT_WARNING,
				"text=\"waiting for the processes of an atlasd that "
				"died to finish\"");
		has_said = true;
		(void)poll(NULL, 0, LOOK_AGAIN_MS);
	}
	return true;
}

static bool lock_file(
	struct rundir *r, const struct account *a, uint64_t wait_ns, struct err *e)
{
	r->lock_fd = open(r->lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (r->lock_fd < 0)
		return err_sys(e, "cannot open %s", r->lock);
	return account_hand_over(a, r->lock_fd, e) && wait_for_lock(r, wait_ns, e);
}

static void close_locks(struct rundir *r)
{
	if (r->lock_fd >= 0)
		close(r->lock_fd);
	if (r->dir_fd >= 0)
		close(r->dir_fd);
	r->lock_fd = r->dir_fd = -1;
}

bool rundir_open(struct rundir *r, const struct account *a, const char *path,
	uint64_t wait_ns, struct err *e)
{
	r->dir_fd = r->lock_fd = -1;
	name_files(r, path);
	if (account_make_dir(a, path, &r->is_made, e) && lock_dir(r, path, e) &&
		lock_file(r, a, wait_ns, e)) {
		warn_unless_tmpfs(r->dir_fd, path);
		return true;
	}
	close_locks(r);
	return false;
}

bool rundir_set_aside(struct rundir *r, uint32_t most, struct err *e)
{
	r->keeps_segment = !left_set_aside(r->left, r->path, r->segment, most, e);
	return !r->keeps_segment;
}

static const char *missing(const struct rundir *r)
{
	const char *const files[] = {r->segment, r->control};
	for (size_t i = 0; i < N_ELEMENTS(files); i++)
		if (access(files[i], F_OK) != 0 && errno == ENOENT)
			return files[i];
	return NULL;
}

void rundir_watch(struct rundir *r, uint64_t now_ns)
{
	if (now_ns < r->look_again_ns)
		return;
	r->look_again_ns = now_ns + WATCH_NS;
	const char *file = missing(r);
	if (file != NULL && !r->is_lost)
		log_event(LOG_ERROR, EVENT_RUN_DIR_LOST,
			"missing=%s text=\"somebody has taken it away; atlasctl is blind "
			"until the next start, requests are served on\"",
			file);
	r->is_lost = file != NULL;
}

static void remove_files(const struct rundir *r)
{
	(void)unlink(r->control_new);
	(void)unlink(r->control);
	if (!r->keeps_segment)
		(void)unlink(r->segment);
	(void)unlink(r->lock);
}

void rundir_close(struct rundir *r)
{
	if (r->dir_fd < 0)
		return;
	remove_files(r);
	close_locks(r);
}

void rundir_abandon(struct rundir *r)
{
	if (r->dir_fd < 0)
		return;
	remove_files(r);
	if (r->is_made)
		(void)rmdir(
			r->path); /* under our locks, or it could be another's by now */
	close_locks(r);
}
