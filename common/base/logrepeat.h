/*
 * Events that repeat: an event's lines in one second are written up to LOGREPEAT_LINES,
 * the others only counted, and the count is told when the second is over. Pure.
 *
 *	switch (logrepeat_see(&r, now_ns, &n_more))
 *	      LOGREPEAT_WRITE    write it; n_more > 0: say first how many there were
 *	      LOGREPEAT_COUNT    it has been counted
 */
#ifndef BASE_LOGREPEAT_H
#define BASE_LOGREPEAT_H

#include "base/attr.h"

enum { LOGREPEAT_LINES = 50 };

enum logrepeat_verdict { LOGREPEAT_WRITE, LOGREPEAT_COUNT };

/* Of one kind of event, zero at first. */
struct logrepeat {
	uint64_t until_ns; /* the second's end */
	uint32_t n_written, n_counted;
};

enum logrepeat_verdict logrepeat_see(
	struct logrepeat *r, uint64_t now_ns, uint32_t *n_more) ATTR_UNUSED_RESULT;

/* How many were counted in a second that is over; they are then told. 0 = none. */
uint32_t logrepeat_flush(struct logrepeat *r, uint64_t now_ns);

#endif
