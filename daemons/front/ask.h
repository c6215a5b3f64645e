/*
 * Asking: a checked request becomes an exchange. The body is read by the scanner for the
 * few fields Atlas decides by and copied once, with its smallest edit, into this front's
 * region; from then on the front keeps only (connection, slot).
 *
 * Full: no free slot or no room in the lane is 503 queue_full, no room in the region is
 * 503 body_memory_full; nothing is left behind.
 */
#ifndef FRONT_ASK_H
#define FRONT_ASK_H

#include "front/relay.h"

/* Slots, extents and askers of this front's channel. */
void ask_init(struct front *f);

/* As many slots as the settings let wait and run, or as before, if those are more. At the
 * top of a turn: the askers move. */
void ask_make_room(struct front *f);

void ask_fini(struct front *f);

/* What the front itself asks on behalf of a client: a body that it has put together, and
 * who takes the reply. */
struct ask_plan {
	enum exchange_api api;
	struct str body;
	const char *session;
	enum exchange_priority priority;
	bool has_priority; /* the client has asked for it */
	const struct relay_sink *sink;
	void *sink_arg;
	uint8_t *id; /* out: EXCHANGE_ID_BYTES */
};

/* False = refused, and the connection has been answered. */
bool ask_for(struct conn *c, const struct ask_plan *plan) ATTR_UNUSED_RESULT;

/* A call of a tool of the configuration, in the name of the request's client. It counts
 * against no limit of his. */
struct ask_tool {
	struct str name; /* of its section */
	struct str args; /* a JSON object; copied */
	const char *session;
};

/* APIERR_N: *slot is the asker's whose `tools` hears of it; else why not. */
enum apierr_reason ask_tool(
	struct conn *c, const struct ask_tool *tool, uint32_t *slot) ATTR_UNUSED_RESULT;

/* The exchange in that slot is DONE or FAILED and nobody needs it any more. */
void ask_release(struct front *f, uint32_t slot);

/* Dispatch does not look at the body any more: its extent goes back. */
void ask_drop_body(struct front *f, struct asker *a);

/* Tell dispatch to look at a slot: its client left, or its pipe has room again. */
void ask_for_attention(struct front *f, uint32_t slot);

#endif
