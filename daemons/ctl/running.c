/* By the kernel's lists of locks and of mappings, and by the segment. */
#include "ctl/running.h"

#include "segment/segment.h"
#include "store/writer.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SEGMENT "/segment"

enum { LINE_BYTES = PATH_MAX + 128 };

/* "7f01-7f02 rw-s 00000000 00:1b 815   /run/atlas/segment": the length of the folder, 0 =
 * not such a line. */
static size_t folder_in(const char *line, const char **dir)
{
	*dir = strchr(line, '/');
	size_t n = *dir != NULL ? strcspn(*dir, "\n") : 0;
	size_t n_name = sizeof SEGMENT - 1;
	if (n <= n_name || memcmp(*dir + n - n_name, SEGMENT, n_name) != 0)
		return 0;
	return n - n_name;
}

static bool find_mapping(FILE *maps, char *out, size_t size)
{
	char line[LINE_BYTES];
	const char *dir;
	while (fgets(line, sizeof line, maps) != NULL) {
		size_t n = folder_in(line, &dir);
		if (n == 0 || n >= size)
			continue;
		memcpy(out, dir, n);
		out[n] = '\0';
		return access(out, F_OK) == 0;
	}
	return false;
}

bool running_run_dir(const char *data_dir, char *out, size_t size)
{
	char path[64];
	uint32_t pid = store_writer(data_dir);
	snprintf(path, sizeof path, "/proc/%" PRIu32 "/maps", pid);
	FILE *maps = pid != 0 ? fopen(path, "re") : NULL;
	if (maps == NULL)
		return false;
	bool is_found = find_mapping(maps, out, size);
	(void)fclose(maps);
	return is_found;
}

bool running_data_dir(const char *segment, char *out, size_t size)
{
	struct segment s;
	struct settings settings;
	if (!segment_open(&s, segment, NULL))
		return false;
	bool is_told = page_read(s.settings, &settings, sizeof settings) != 0;
	segment_close(&s);
	if (!is_told || store_writer(settings.data_dir) == 0)
		return false;
	snprintf(out, size, "%s", settings.data_dir);
	return true;
}
