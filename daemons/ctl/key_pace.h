/*
 * What a key that is not steady means for those who wait: how fast, and for how long.
 */
#ifndef CTL_KEY_PACE_H
#define CTL_KEY_PACE_H

#include "insight/limits_view.h"

enum { KEY_PACE_BYTES = 128 };

/* "is held for 14 min 59 s to 1800 requests and 90000 tokens an hour": where a line is cut,
 * the time stays. Returns out. */
const char *key_pace_say(const struct limits_view *v, const struct upstream_key *k,
	char out[static KEY_PACE_BYTES]);

#endif
