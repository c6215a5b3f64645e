/* A key's state as a sentence. */
#include "ctl/key_pace.h"

#include "ctl/show.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const does[STABILIZER_STATES] = {
	[STABILIZER_STEADY] = "goes by its limits alone",
	[STABILIZER_BACKOFF] = "sends nothing",
	[STABILIZER_PROBE] = "waits for one request to try it",
	[STABILIZER_PROBING] = "waits for the answer to one request",
	[STABILIZER_HOLD] = "is held",
	[STABILIZER_RAMP] = "comes back to full pace",
	[STABILIZER_OUT_OF_SERVICE] = "is out of service",
};

static void add(char *out, const char *fmt, ...) ATTR_PRINTF(2, 3);

static void add(char *out, const char *fmt, ...)
{
	size_t n = strlen(out);
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(out + n, KEY_PACE_BYTES - n, fmt, ap);
	va_end(ap);
}

/* A ramp's pace is that of its step, and the time left that of all its steps. */
static void add_pace(const struct upstream_key *k, bool is_ramp, char *out)
{
	bool has_both = k->pace_requests > 0 && k->pace_tokens > 0;
	if (k->pace_requests == 0 && k->pace_tokens == 0)
		return;
	add(out, "%s", is_ramp ? ", now at" : " to");
	if (k->pace_requests > 0)
		add(out, " %" PRIu64 " requests", k->pace_requests);
	if (k->pace_tokens > 0)
		add(out, "%s %" PRIu64 " tokens", has_both ? " and" : "",
			k->pace_tokens);
	add(out, " an hour");
}

const char *key_pace_say(const struct limits_view *v, const struct upstream_key *k,
	char out[static KEY_PACE_BYTES])
{
	char span[SHOW_SPAN_BYTES];
	uint64_t left_ns = limits_view_remaining_ns(v, k);
	uint32_t state = k->stabilizer.state;
	bool is_ramp = state == STABILIZER_RAMP;
	out[0] = '\0';
	add(out, "%s",
		state < STABILIZER_STATES ? does[state] : "is in no possible state");
	if (left_ns > 0)
		add(out, " %s %s", is_ramp ? "in" : "for", show_span(left_ns, span));
	if (state == STABILIZER_HOLD || is_ramp)
		add_pace(k, is_ramp, out);
	return out;
}
