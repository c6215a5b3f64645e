/* A file as stderr. */
#include "base/logfile.h"

#include "base/log.h"

#include <fcntl.h>
#include <unistd.h>

bool logfile_open(const char *path, struct err *e)
{
	if (path[0] == '\0')
		return true;
	/* never a FIFO that blocks, nor what somebody has put there as a link */
	int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
	int fd = open(path, flags, 0640);
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
