/* Whose lock it is, and whose child that is. */
#include "atlasd/occupant.h"

#include "base/holder.h"
#include "store/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

struct who {
	uint32_t pid, parent;
	char name[64]; /* the title's first 15 bytes; empty = it is not there */
};

/* What cannot be printed ends a name. */
static struct who look_at(uint32_t pid)
{
	struct who who = {.pid = pid};
	char text[128];
	snprintf(text, sizeof text, "/proc/%" PRIu32 "/status", pid);
	FILE *f = fopen(text, "re");
	if (f == NULL)
		return who;
	while (who.parent == 0 && fgets(text, sizeof text, f) != NULL) {
		(void)sscanf(text, "Name: %63[ -~]", who.name);
		/* NOLINTNEXTLINE(cert-err34-c): the kernel wrote the number */
		(void)sscanf(text, "PPid: %" SCNu32, &who.parent);
	}
	(void)fclose(f);
	return who;
}

static bool is_atlas(const struct who *who)
{
	static const char title[] = "atlasd: "; /* as process/title.h sets it */
	return strncmp(who->name, title, sizeof title - 1) == 0;
}

/* Record is its master's child, and once that is gone anybody's. */
static uint32_t find_master(const struct who *record)
{
	struct who parent = look_at(record->parent);
	return is_atlas(&parent) ? parent.pid : record->pid;
}

static bool refuse_stranger(const struct who *holder, struct err *e)
{
	return err_set(e,
		"pid %" PRIu32 " (%s) holds the lock of the ledger there: end it, or "
		"give this Atlas a folder of its own",
		holder->pid, holder->name[0] != '\0' ? holder->name : "gone");
}

/* The lists of locks first: who takes one for a moment to be sure could be in the way of a
 * start. */
static uint32_t find_holder(const char *data_dir)
{
	uint32_t writer = store_writer(data_dir), master = holder_find(data_dir);
	if (writer != 0 && store_is_locked(data_dir))
		return writer;
	/* run_dir may be the same folder, and ours by now */
	bool is_other = master != 0 && master != (uint32_t)getpid();
	return is_other && holder_is_there(data_dir) ? master : 0;
}

bool occupant_check(const char *data_dir, const struct neighbour *ours, struct err *e)
{
	struct who holder = look_at(find_holder(data_dir));
	if (holder.pid == 0)
		return true;
	if (!is_atlas(&holder))
		return refuse_stranger(&holder, e);
	uint32_t pid = find_master(&holder);
	if (ours != NULL &&
		(pid == (uint32_t)ours->pid || holder.pid == (uint32_t)ours->record))
		return true;
	return err_set(e,
		"another Atlas (pid %" PRIu32 ") writes its ledger there: stop it, or "
		"give this one a folder of its own",
		pid);
}

/* Where a folder cannot be locked, as on some file systems, there is record's lock still. */
bool occupant_take(const char *data_dir, int *fd, struct err *e)
{
	*fd = open(data_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd < 0)
		return err_sys(e, "cannot be opened");
	if (!occupant_check(data_dir, NULL, e))
		return false;
	if (flock(*fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK ||
		holder_find(data_dir) == (uint32_t)getpid())
		return true;
	/* since we have looked, or it cannot be seen from here */
	return occupant_check(data_dir, NULL, e) &&
	       err_set(e, "another Atlas has locked it: stop that, or give this one a "
			  "folder of its own");
}
