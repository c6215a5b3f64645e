/*
 * The only place that reads a clock. Everything that decides takes the time as an
 * argument; only daemons call these, once a turn of their loop.
 *
 *	_ns  CLOCK_MONOTONIC nanoseconds: deadlines, limits, durations. It begins
 *	     CLOCK_BEFORE_BOOT_NS before the machine does, so that what was used in the
 *	     hour before a boot has a place in it
 *	_ms  wall clock milliseconds since 1970: stamps that people read
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/attr.h"

#define NS_PER_US UINT64_C(1000)
#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S  UINT64_C(1000000000)

#define CLOCK_BEFORE_BOOT_NS (7200 * NS_PER_S)

/* CLOCK_MONOTONIC, shared by all processes of one boot. */
uint64_t clock_mono_ns(void);

/* CLOCK_BOOTTIME, which also runs while the machine sleeps: for struct moment. */
uint64_t clock_boot_ns(void);

/* CLOCK_REALTIME. May jump; never compare it with a deadline. */
uint64_t clock_wall_ms(void);

enum { CLOCK_RFC3339_BYTES = 25 }; /* "2026-01-02T03:04:05.678Z" and NUL */

/* Format wall_ms as RFC 3339 in UTC with milliseconds, NUL-terminated, into out. */
void clock_rfc3339(uint64_t wall_ms, char out[static CLOCK_RFC3339_BYTES]);

#endif
