/* Whose lock it is, and whose child that is. */
#include "atlasd/occupant.h"

#include "store/writer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

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

bool occupant_check(const char *data_dir, const struct neighbour *ours, struct err *e)
{
	struct who holder = look_at(store_writer(data_dir));
	if (holder.pid == 0 || !store_is_locked(data_dir))
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
