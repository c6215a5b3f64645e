/* The names of segments left behind. */
#include "segment/left.h"

#include "base/num.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME "segment.left"

enum { NAME_BYTES = sizeof NAME + 11 };

static void name_it(char out[static NAME_BYTES], uint32_t n)
{
	if (n == 0)
		snprintf(out, NAME_BYTES, NAME);
	else
		snprintf(out, NAME_BYTES, NAME ".%" PRIu32, n);
}

void left_path(char out[static LEFT_PATH_BYTES], const char *run_dir, uint32_t n)
{
	char name[NAME_BYTES];
	name_it(name, n);
	int bytes = snprintf(out, LEFT_PATH_BYTES, "%s/%s", run_dir, name);
	must(bytes > 0 && bytes < LEFT_PATH_BYTES); /* settings.def bounds run_dir */
}

/* A name that we would not have given is somebody else's. */
static bool is_ours(const char *name, uint32_t *n)
{
	char ours[NAME_BYTES];
	uint64_t number = 0;
	size_t bytes = strlen(NAME);
	if (strncmp(name, NAME, bytes) != 0)
		return false;
	if (name[bytes] == '.') {
		struct str digits = {name + bytes + 1, strlen(name + bytes + 1)};
		if (!num_parse_u64(digits, &number) || number >= LEFT_MOST)
			return false;
	}
	*n = (uint32_t)number;
	name_it(ours, *n);
	return strcmp(name, ours) == 0;
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

bool left_find(struct left_list *l, const char *run_dir, struct err *e)
{
	l->n = 0;
	DIR *dir = opendir(run_dir);
	if (dir == NULL)
		return err_sys(e, "cannot read %s", run_dir);
	const struct dirent *entry;
	while (l->n < LEFT_MOST && (entry = readdir(dir)) != NULL)
		l->n += is_ours(entry->d_name, &l->number[l->n]);
	closedir(dir);
	qsort(l->number, l->n, sizeof l->number[0], compare);
	return true;
}

bool left_set_aside(char out[static LEFT_PATH_BYTES], const char *run_dir,
	const char *path, uint32_t most, struct err *e)
{
	struct left_list there;
	out[0] = '\0';
	if (access(path, F_OK) != 0 && errno == ENOENT)
		return true;
	if (!left_find(&there, run_dir, e))
		return false;
	/* behind the newest one: record may have read those before it */
	uint32_t n = there.n > 0 ? there.number[there.n - 1] + 1 : 0;
	if (n >= most)
		return err_set(e,
			"%s cannot be set aside: %" PRIu32
			" segments stand there already, with facts that wait for the "
			"ledger",
			path, n);
	left_path(out, run_dir, n);
	return rename(path, out) == 0 || err_sys(e, "cannot set %s aside", path);
}
