/* Waiting for record. */
#include "ctl/fresh.h"

#include "base/clock.h"
#include "segment/watermark.h"

#include <poll.h>

#define FRESH_NS (2 * NS_PER_S)

enum { LOOK_AGAIN_MS = 2 };

bool fresh_wait(const struct segment *s)
{
	struct watermark mark = watermark_take(s);
	uint64_t until_ns = clock_mono_ns() + FRESH_NS;
	while (!watermark_is_written(&mark) && clock_mono_ns() < until_ns)
		(void)poll(NULL, 0, LOOK_AGAIN_MS);
	return watermark_is_written(&mark);
}
