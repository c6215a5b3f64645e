/*
 * [server] body_memory: what the bodies of all fronts may take together, from their first
 * byte to the end of their upload upstream. Each front publishes its own sum in its
 * channel and looks at all of them; two that take the last bytes at once may both be
 * refused, never both served.
 *
 * Full: body_memory_take() refuses, and the request gets 503 body_memory_full.
 */
#ifndef FRONT_BODY_MEMORY_H
#define FRONT_BODY_MEMORY_H

#include "base/attr.h"

struct front;

bool body_memory_take(struct front *f, uint64_t n_bytes) ATTR_UNUSED_RESULT;

/* The same unasked: a copy whose original has been taken for, and is given back next. */
void body_memory_copy(struct front *f, uint64_t n_bytes);

void body_memory_give(struct front *f, uint64_t n_bytes);

#endif
