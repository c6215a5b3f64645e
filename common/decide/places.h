/*
 * How many may wait. The highest class has a few places beyond those of all: a queue that
 * others have filled does not keep it out, for it would be the next to go. Pure.
 */
#ifndef DECIDE_PLACES_H
#define DECIDE_PLACES_H

#include "base/attr.h"

/* Of a queue for max_size: how many may wait once one of that class has come; for the
 * highest class a sixteenth more, at least one. */
uint64_t places_for(uint64_t max_size, unsigned class);

/* As many as ever wait. */
uint64_t places_all(uint64_t max_size);

#endif
