/* Numbers of events into words. */
#include "insight/event_view.h"

#include "rate/stabilizer.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>

const char *event_view_name(const struct event *e, char out[static EVENT_VIEW_BYTES])
{
	size_t n = 0;
	const char *name = e->id < EVENT_N ? log_event_name(e->id) : "impossible";
	for (; n < EVENT_VIEW_BYTES - 1 && name[n] != '\0'; n++)
		out[n] = (char)tolower((unsigned char)name[n]);
	out[n] = '\0';
	return out;
}

const char *event_view_process(
	uint32_t slot, uint32_t number, char out[static EVENT_VIEW_BYTES])
{
	static const char *const fixed[] = {[SLOT_MASTER] = "master",
		[SLOT_DISPATCH] = "dispatch",
		[SLOT_RECORD] = "record"};
	if (slot < N_ELEMENTS(fixed))
		snprintf(out, EVENT_VIEW_BYTES, "%s", fixed[slot]);
	else
		snprintf(out, EVENT_VIEW_BYTES, "front %u (channel %u)", number,
			slot - SLOT_FIRST_FRONT);
	return out;
}

static const char *state_name(uint64_t state)
{
	return state < STABILIZER_STATES
		       ? stabilizer_state_name((enum stabilizer_state)state)
		       : "impossible";
}

/* What stands before an event's number; NULL = nothing. */
static const char *const before_number[EVENT_N] = {
	[EVENT_CHANNEL_WIPED] = "channel ",
	[EVENT_CHANNEL_RELEASED] = "channel ",
	[EVENT_CONFIG_REJECTED] = "epoch ",
	[EVENT_RELOADED] = "epoch ",
	[EVENT_ADOPTED] = "epoch ",
	[EVENT_START] = "pid ",
	[EVENT_DRAINING] = "ms at most: ",
	[EVENT_LEDGER_OPEN] = "fact ",
};

static const char *number(const struct event *e, char out[static EVENT_VIEW_BYTES])
{
	const char *before = e->id < EVENT_N ? before_number[e->id] : NULL;
	snprintf(out, EVENT_VIEW_BYTES, "%s%" PRIu64, before != NULL ? before : "",
		e->detail);
	return out;
}

static const char *token(
	uint64_t id, const struct clients *clients, char out[static EVENT_VIEW_BYTES])
{
	const char *name = clients_name(clients, id);
	if (name == NULL)
		snprintf(out, EVENT_VIEW_BYTES, "token %016" PRIx64, id);
	else
		snprintf(out, EVENT_VIEW_BYTES, "token %.*s (%016" PRIx64 ")",
			CLIENT_NAME_BYTES - 1, name, id);
	return out;
}

const char *event_view_detail(const struct event *e, const struct clients *clients,
	char out[static EVENT_VIEW_BYTES])
{
	switch (e->id) {
	case EVENT_CHILD_EXITED:
	case EVENT_CHILD_CRASH_LOOP:
	case EVENT_CHILD_MUTE:
		return event_view_process(
			event_slot(e->detail), event_number(e->detail), out);
	case EVENT_KEY_STATE:
	case EVENT_KEY_OUT_OF_SERVICE:
		snprintf(out, EVENT_VIEW_BYTES, "%s", state_name(e->detail));
		return out;
	case EVENT_TOKEN_CHANGED:
		return token(e->detail, clients, out);
	default:
		return number(e, out);
	}
}
