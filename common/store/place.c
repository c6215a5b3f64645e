/* Files: lock, directory, creation by rename. */
#include "store/place.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DIR_MODE = 0700, LOCK_MODE = 0600 };

static bool join(char out[static PLACE_PATH_BYTES], const char *dir, const char *name)
{
	int n = snprintf(out, PLACE_PATH_BYTES, "%s/%s", dir, name);
	return n > 0 && n < PLACE_PATH_BYTES;
}

bool place_find(struct place *p, const char *data_dir, struct err *e)
{
	*p = (struct place){.lock_fd = -1};
	int n = snprintf(p->data_dir, sizeof p->data_dir, "%s", data_dir);
	if (n > 0 && (size_t)n < sizeof p->data_dir &&
		join(p->ledger, data_dir, "ledger"))
		return true;
	return err_set(e, "the ledger: %s is no usable path", data_dir);
}

static bool lock(int fd, const char *path, struct err *e)
{
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return true;
	if (errno == EWOULDBLOCK)
		return err_set(e, "the ledger: another process writes it (%s)", path);
	return err_sys(e, "the ledger: %s", path);
}

bool place_claim(struct place *p, const char *data_dir, struct err *e)
{
	char path[PLACE_PATH_BYTES];
	if (!place_find(p, data_dir, e))
		return false;
	if (!join(path, data_dir, "ledger.lock"))
		return err_set(e, "the ledger: %s is no usable path", data_dir);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, LOCK_MODE);
	if (fd < 0)
		return err_sys(e, "the ledger: %s", path);
	if (!lock(fd, path, e)) {
		close(fd);
		return false;
	}
	p->lock_fd = fd;
	return true;
}

void place_leave(struct place *p)
{
	if (p->lock_fd >= 0)
		close(p->lock_fd);
	p->lock_fd = -1;
}

static bool sync_dir(const char *dir, struct err *e)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "the ledger: %s", dir);
	bool ok = fsync(fd) == 0 || err_sys(e, "the ledger: sync of %s", dir);
	close(fd);
	return ok;
}

static void remove_remains(const char *dir)
{
	static const char *const files[] = {"data.mdb", "lock.mdb"};
	char path[PLACE_PATH_BYTES];
	for (size_t i = 0; i < N_ELEMENTS(files); i++)
		if (join(path, dir, files[i]))
			(void)unlink(path);
	(void)rmdir(dir); /* mkdir() will say what is wrong */
}

static bool stat_file(const struct place *p, struct stat *st, struct err *e)
{
	char path[PLACE_PATH_BYTES];
	if (!join(path, p->ledger, "data.mdb"))
		return err_set(e, "the ledger: %s is no usable path", p->ledger);
	if (stat(path, st) == 0)
		return true;
	return err_sys(e, "the ledger: %s", path);
}

/* LMDB would make an empty one of what is empty or not there. */
static bool has_file(const struct place *p, struct err *e)
{
	struct stat st = {0};
	if (!stat_file(p, &st, e))
		return false;
	return st.st_size > 0 ||
	       err_set(e,
		       "the ledger: %s/data.mdb has been emptied: put a whole copy back, "
		       "or take the folder away to begin a new ledger",
		       p->ledger);
}

bool place_make(struct place *p, bool must_be_there, place_fill_fn *fill, void *arg,
	struct err *e)
{
	char fresh[PLACE_PATH_BYTES];
	struct stat st;
	if (stat(p->ledger, &st) == 0)
		return has_file(p, e);
	if (errno == ENOENT && must_be_there)
		return err_set(e,
			"the ledger: %s was there and is gone: put it back, or stop "
			"Atlas and start it again to begin a new one",
			p->ledger);
	if (errno != ENOENT || !join(fresh, p->data_dir, "ledger.new"))
		return err_sys(e, "the ledger: %s", p->ledger);
	remove_remains(fresh);
	if (mkdir(fresh, DIR_MODE) < 0)
		return err_sys(e, "the ledger: %s", fresh);
	if (!fill(fresh, arg, e) || !sync_dir(fresh, e))
		return false;
	if (rename(fresh, p->ledger) < 0)
		return err_sys(e, "the ledger: %s", p->ledger);
	return sync_dir(p->data_dir, e);
}

bool place_still_has(const struct place *p, int fd, struct err *e)
{
	struct stat there = {0}, ours;
	if (fstat(fd, &ours) != 0)
		return err_sys(e, "the ledger: %s", p->ledger);
	if (!stat_file(p, &there, e))
		return false;
	return (there.st_dev == ours.st_dev && there.st_ino == ours.st_ino) ||
	       err_set(e,
		       "the ledger: %s/data.mdb is another file than the one that is "
		       "written",
		       p->ledger);
}

bool place_has_file(const struct place *p)
{
	struct stat st;
	struct err e = {0};
	return stat_file(p, &st, &e);
}

static struct place_file file_of(const struct stat *st)
{
	return (struct place_file){.device = st->st_dev,
		.inode = st->st_ino,
		.bytes = (uint64_t)st->st_size,
		.changed_ns = (uint64_t)st->st_ctim.tv_sec * NS_PER_S +
			      (uint64_t)st->st_ctim.tv_nsec};
}

bool place_look(const struct place *p, struct place_file *out)
{
	struct stat st = {0};
	struct err e = {0};
	if (!stat_file(p, &st, &e))
		return false;
	*out = file_of(&st);
	return true;
}

bool place_look_lock(const char *ledger, struct place_file *out)
{
	char path[PLACE_PATH_BYTES];
	struct stat st;
	if (!join(path, ledger, "lock.mdb") || stat(path, &st) != 0)
		return false;
	*out = file_of(&st);
	return true;
}

bool place_look_at(int fd, struct place_file *out)
{
	struct stat st;
	if (fstat(fd, &st) != 0)
		return false;
	*out = file_of(&st);
	return true;
}
