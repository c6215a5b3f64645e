/*
 * An error for humans: one sentence, filled once at the place that knows.
 *
 *	struct err e = {0};
 *	if (!settings_load(&s, path, &e))
 *		fprintf(stderr, "atlasd: %s\n", e.text);
 *
 * A function that takes a struct err * takes it last, may be given NULL, and fills it
 * exactly when it fails. The first writer wins: a second fill is ignored, so that the
 * sentence comes from the deepest place.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/attr.h"

struct err {
	char text[256]; /* "" = no error; else a sentence without a final newline */
};

/* Fill e (NULL allowed) unless it is filled. Returns false, so `return err_set(…)`. */
bool err_set(struct err *e, const char *fmt, ...) ATTR_PRINTF(2, 3) ATTR_COLD;

/* The same with ": strerror(errno)" behind it. */
bool err_sys(struct err *e, const char *fmt, ...) ATTR_PRINTF(2, 3) ATTR_COLD;

#endif
