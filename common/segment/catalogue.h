/*
 * The model catalogue as all processes see it: the text that the master has checked, in
 * a page. Whoever prices or lists models parses it (conf/models.h) when the epoch moves,
 * so no process reads the file behind the master's back.
 */
#ifndef SEGMENT_CATALOGUE_H
#define SEGMENT_CATALOGUE_H

#include "base/attr.h"

enum { CATALOGUE_TEXT_BYTES = 256 * 1024 - 8 };

/* W: master, through a page  R: all. A longer file is refused by the master. */
struct catalogue {
	uint64_t n_bytes;
	char text[CATALOGUE_TEXT_BYTES];
};

_Static_assert(sizeof(struct catalogue) % 8 == 0, "a page holds whole words");

#endif
