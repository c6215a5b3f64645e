/* The only place that reads a clock. */
#include "base/clock.h"

#include <stdio.h>
#include <time.h>

static uint64_t read_ns(clockid_t clock)
{
	struct timespec ts;
	must(clock_gettime(clock, &ts) == 0);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

uint64_t clock_mono_ns(void)
{
	return read_ns(CLOCK_MONOTONIC) + CLOCK_BEFORE_BOOT_NS;
}

uint64_t clock_boot_ns(void)
{
	return read_ns(CLOCK_BOOTTIME);
}

uint64_t clock_wall_ms(void)
{
	struct timespec ts;
	must(clock_gettime(CLOCK_REALTIME, &ts) == 0);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / NS_PER_MS;
}

void clock_rfc3339(uint64_t wall_ms, char out[static CLOCK_RFC3339_BYTES])
{
	time_t s = (time_t)(wall_ms / 1000);
	struct tm tm;
	must(gmtime_r(&s, &tm) != NULL);
	size_t n = strftime(out, CLOCK_RFC3339_BYTES, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(
		out + n, CLOCK_RFC3339_BYTES - n, ".%03uZ", (unsigned)(wall_ms % 1000));
}
