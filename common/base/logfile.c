/* A file as stderr. */
#include "base/logfile.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Never a FIFO that blocks, nor what somebody has put there as a link. */
enum { FLAGS = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK };

static bool may_make(const char *path)
{
	char dir[PATH_MAX];
	const char *slash = strrchr(path, '/');
	int n = slash != NULL ? (int)(slash - path) : 0;
	snprintf(dir, sizeof dir, "%.*s%s", n, path, slash != NULL ? "/" : ".");
	return faccessat(AT_FDCWD, dir, W_OK | X_OK, AT_EACCESS) == 0;
}

bool logfile_check(const char *path, struct err *e)
{
	if (path[0] == '\0')
		return true;
	int fd = open(path, FLAGS);
	if (fd >= 0)
		close(fd);
	if (fd >= 0 || (errno == ENOENT && may_make(path)))
		return true;
	return err_sys(e, "cannot open the log file %s", path);
}

bool logfile_open(const char *path, struct err *e)
{
	if (path[0] == '\0')
		return true;
	int fd = open(path, FLAGS | O_CREAT, 0640);
	if (fd < 0)
		return err_sys(e, "cannot open the log file %s", path);
	bool done = dup2(fd, STDERR_FILENO) >= 0;
	if (!done)
		err_sys(e, "cannot write to the log file %s", path);
	close(fd);
	return done;
}

bool logfile_reopen(const char *path, struct err *e)
{
	struct err why = {0};
	if (path[0] == '\0')
		return true;
	if (logfile_open(path, &why)) {
		log_event(LOG_INFO, EVENT_LOG_REOPENED, "file=\"%s\"", path);
		return true;
	}
	log_event(LOG_ERROR, EVENT_WARNING, "text=\"%s\"", why.text);
	return err_set(e, "%s", why.text);
}
