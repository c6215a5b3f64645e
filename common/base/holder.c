/* By /proc/locks, and by trying. */
#include "base/holder.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* "7: FLOCK  ADVISORY  WRITE 4711 00:1f:815 0 EOF"; the device is not what stat(2) calls
 * it on every file system, so the inode alone has to do. */
static bool read_lock(const char *line, uint32_t *pid, uint64_t *inode)
{
	/* NOLINTNEXTLINE(cert-err34-c): the kernel wrote the numbers */
	return sscanf(line, "%*u: FLOCK ADVISORY WRITE %" SCNu32 " %*x:%*x:%" SCNu64,
		       pid, inode) == 2;
}

uint32_t holder_find(const char *path)
{
	char line[256];
	uint32_t pid, found = 0;
	uint64_t inode;
	struct stat st;
	FILE *locks = stat(path, &st) == 0 ? fopen("/proc/locks", "re") : NULL;
	if (locks == NULL)
		return 0;
	while (found == 0 && fgets(line, sizeof line, locks) != NULL)
		if (read_lock(line, &pid, &inode) && inode == st.st_ino)
			found = pid;
	(void)fclose(locks);
	return found;
}

bool holder_is_there(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return false;
	bool is_held = flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
	close(fd);
	return is_held;
}
