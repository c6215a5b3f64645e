/* Whose facts the segment left behind holds. */
#include "atlasd/leftover.h"

#include "segment/segment.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* One that cannot be looked at may be there, so only ENOENT and its like are "gone". */
static bool is_gone(const char *dir)
{
	struct stat st;
	return stat(dir, &st) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

static bool is_same_dir(const char *a, const char *b)
{
	struct stat one, other;
	if (strcmp(a, b) == 0)
		return true;
	return stat(a, &one) == 0 && stat(b, &other) == 0 &&
	       one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

static bool check_owner(const struct segment *left, const char *path,
	const char *data_dir, struct err *e)
{
	struct settings its;
	if (page_read(left->settings, &its, sizeof its) == 0 ||
		is_same_dir(its.data_dir, data_dir) || is_gone(its.data_dir))
		return true;
	return err_set(e,
		"%s holds facts for data_dir %s, not for %s: start once with data_dir = "
		"the former to write them down, or remove the file to give them up",
		path, its.data_dir, data_dir);
}

bool leftover_check(const char *path, const char *data_dir, struct err *e)
{
	struct segment left;
	if (!segment_open(&left, path, NULL))
		return true;
	bool is_owing = segment_owes_facts(&left) || segment_owes_ends(&left);
	bool ok = !is_owing || check_owner(&left, path, data_dir, e);
	segment_close(&left);
	if (!is_owing)
		(void)unlink(path);
	return ok;
}
