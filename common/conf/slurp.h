/*
 * A whole small file as one text, with a bound: configuration, catalogue, key files,
 * the web page's.
 */
#ifndef CONF_SLURP_H
#define CONF_SLURP_H

#include "base/attr.h"
#include "base/err.h"

#include <sys/types.h>

/* The file at path, at most max bytes. False with a sentence that names the path; a
 * larger file is refused, never cut, and so is a pipe: one that nobody has written to yet
 * looks empty. Pairs with slurp_free(). */
bool slurp_file(const char *path, size_t max, struct str *text,
	struct err *e) ATTR_UNUSED_RESULT;

void slurp_free(struct str *text);

/* Read fd to its end into buf. The number of bytes, or -1 with errno; EFBIG when there
 * are more than max. */
ssize_t slurp_fd(int fd, char *buf, size_t max) ATTR_UNUSED_RESULT;

#endif
