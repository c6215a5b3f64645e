/*
 * Where a configured text came from: a line of a file or an environment variable. It is
 * the first words of every error of this layer. Pure.
 *
 *	origin_error(&(struct origin){"atlas.conf", 7, NULL}, e, "[%s] is unknown", s);
 *	-> atlas.conf:7: [server] is unknown
 */
#ifndef CONF_ORIGIN_H
#define CONF_ORIGIN_H

#include "base/attr.h"
#include "base/err.h"

struct origin {
	const char *path; /* NULL when it is an environment variable */
	unsigned line;    /* 0 = the file as a whole */
	const char *env;  /* NULL when it is a file */
};

/* Fill e with "PATH:LINE: ", "PATH: " or, for the environment, nothing, and the
 * sentence behind it. A long path loses its beginning, so that the sentence keeps its
 * end. Returns false. */
bool origin_error(const struct origin *o, struct err *e, const char *fmt, ...)
	ATTR_PRINTF(3, 4) ATTR_COLD;

enum { ORIGIN_SHOWN_BYTES = 52 };

/* text fit for an error line: cut when long, control characters as "?". Returns out. */
const char *origin_show(struct str text, char out[static ORIGIN_SHOWN_BYTES]);

#endif
