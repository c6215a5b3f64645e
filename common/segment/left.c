/* The names of segments left behind. */
#include "segment/left.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

void left_path(char out[static LEFT_PATH_BYTES], const char *run_dir, uint32_t n)
{
	char number[12] = "";
	if (n > 0)
		snprintf(number, sizeof number, ".%" PRIu32, n);
	int bytes =
		snprintf(out, LEFT_PATH_BYTES, "%s/segment.left%s", run_dir, number);
	must(bytes > 0 && bytes < LEFT_PATH_BYTES); /* settings.def bounds run_dir */
}

static bool is_gone(const char *path)
{
	return access(path, F_OK) != 0 && errno == ENOENT;
}

/* Behind the newest one: record may have read those before it. */
static uint32_t next_place(const char *run_dir)
{
	char path[LEFT_PATH_BYTES];
	uint32_t n = LEFT_MOST;
	do
		left_path(path, run_dir, --n);
	while (n > 0 && is_gone(path));
	return is_gone(path) ? n : n + 1;
}

bool left_set_aside(char out[static LEFT_PATH_BYTES], const char *run_dir,
	const char *path, uint32_t most, struct err *e)
{
	out[0] = '\0';
	if (is_gone(path))
		return true;
	uint32_t n = next_place(run_dir);
	if (n >= most)
		return err_set(e,
			"%s cannot be set aside: %" PRIu32
			" segments stand there already, with facts that wait for the "
			"ledger",
			path, n);
	left_path(out, run_dir, n);
	return rename(path, out) == 0 || err_sys(e, "cannot set %s aside", path);
}
