/* Whose lock it is, and whose child that is. */
#include "atlasd/occupant.h"

#include "store/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

/* The kernel's list names no file, so the lock itself has the last word. */
static bool is_locked(const char *data_dir)
{
	char path[PATH_MAX];
	snprintf(path, sizeof path, "%s/ledger.lock", data_dir);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return false;
	bool is_taken = flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
	close(fd);
	return is_taken;
}

/* Record is its master's child, and once that is gone its own. */
static uint32_t find_master(uint32_t record)
{
	char path[64];
	uint32_t parent = 0;
	snprintf(path, sizeof path, "/proc/%u/stat", record);
	FILE *f = fopen(path, "re");
	if (f == NULL)
		return record;
	/* NOLINTNEXTLINE(cert-err34-c): the kernel wrote the number */
	bool is_read = fscanf(f, "%*d (%*[^)]) %*c %u", &parent) == 1;
	(void)fclose(f);
	return is_read && parent > 1 ? parent : record;
}

bool occupant_check(const char *data_dir, pid_t ours, struct err *e)
{
	uint32_t record = store_writer(data_dir);
	if (record == 0 || !is_locked(data_dir))
		return true;
	uint32_t pid = find_master(record);
	return pid == (uint32_t)ours ||
	       err_set(e,
		       "another Atlas (pid %u) writes its ledger there: stop it, or "
		       "give this one a folder of its own",
		       pid);
}
