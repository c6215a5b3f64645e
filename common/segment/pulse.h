/*
 * The pulse: record's running totals, published after every commit for those who want a
 * number without opening the ledger (atlasctl status, the live feed). Every figure is
 * the ledger's own: settled rows and UNKNOWN ones at their upper bound.
 */
#ifndef SEGMENT_PULSE_H
#define SEGMENT_PULSE_H

#include "base/attr.h"

/* W: record, through a page  R: all. A multiple of 8 bytes. */
struct pulse {
	uint64_t wall_ms;       /* of the newest commit */
	uint64_t sequence;      /* facts applied since the ledger was made */
	uint64_t open_attempts; /* intents without a settle */
	uint64_t requests, attempts;
	uint64_t prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens;
	uint64_t cost_nanousd;
	uint64_t unknown_requests, unknown_tokens, unknown_nanousd;
	uint64_t ledger_bytes;
};

_Static_assert(sizeof(struct pulse) % 8 == 0, "a page holds whole words");

#endif
