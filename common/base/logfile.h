/*
 * Logging to a file in place of stderr. The file takes stderr's descriptor, so that
 * whatever would be said there, a sanitizer's report too, is in it; children inherit it.
 *
 *	logfile_check(s.log_file, &e)     before: could it be?
 *	logfile_open(s.log_file, &e)      at start
 *	logfile_reopen(s.log_file, &e)    when told to
 *
 * Lines are appended by one write(2) each. Who moves the file away and then asks for it to
 * be reopened loses none: until a process opens the new one it appends to the old.
 */
#ifndef BASE_LOGFILE_H
#define BASE_LOGFILE_H

#include "base/attr.h"
#include "base/err.h"

/* Would logfile_open() succeed for who we are? Nothing is made. */
bool logfile_check(const char *path, struct err *e) ATTR_UNUSED_RESULT;

/* Made with mode 0640 less the umask. False: stderr is what it was. An empty path is no
 * file and no error. */
bool logfile_open(const char *path, struct err *e) ATTR_UNUSED_RESULT;

/* Open it again, and log that, or why not: it is false then, and the old file stays in
 * use. Whom the log is enough need not look. */
bool logfile_reopen(const char *path, struct err *e);

#endif
