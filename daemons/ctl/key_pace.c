/* A key's state as a sentence. */
#include "ctl/key_pace.h"

#include "ctl/show.h"

#include <inttypes.h>
#include <stdio.h>

static const char *const does[STABILIZER_STATES] = {
	[STABILIZER_STEADY] = "goes by its limits alone",
	[STABILIZER_BACKOFF] = "sends nothing",
	[STABILIZER_PROBE] = "waits for one request to try it",
	[STABILIZER_PROBING] = "waits for the answer to one request",
	[STABILIZER_HOLD] = "is held",
	[STABILIZER_RAMP] = "comes back to full pace",
	[STABILIZER_OUT_OF_SERVICE] = "is out of service",
};

static int say_pace(const struct upstream_key *k, char *out, size_t cap)
{
	const char *before =
		k->stabilizer.state == STABILIZER_RAMP ? ", now at" : " to";
	if (k->pace_requests > 0)
		return snprintf(out, cap, "%s %" PRIu64 " requests an hour", before,
			k->pace_requests);
	if (k->pace_tokens > 0)
		return snprintf(out, cap, "%s %" PRIu64 " tokens an hour", before,
			k->pace_tokens);
	return 0;
}

const char *key_pace_say(const struct limits_view *v, const struct upstream_key *k,
	char out[static KEY_PACE_BYTES])
{
	char span[SHOW_SPAN_BYTES];
	uint64_t left_ns = limits_view_remaining_ns(v, k);
	uint32_t state = k->stabilizer.state;
	int n = snprintf(out, KEY_PACE_BYTES, "%s",
		state < STABILIZER_STATES ? does[state] : "is in no possible state");
	if (state == STABILIZER_HOLD || state == STABILIZER_RAMP)
		n += say_pace(k, out + n, KEY_PACE_BYTES - (size_t)n);
	if (left_ns > 0)
		snprintf(out + n, KEY_PACE_BYTES - (size_t)n, " for %s",
			show_span(left_ns, span));
	return out;
}
