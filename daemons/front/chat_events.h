/*
 * What /chat/stream says, one function an event, and the one document of /chat/complete.
 * Nothing here decides anything.
 */
#ifndef FRONT_CHAT_EVENTS_H
#define FRONT_CHAT_EVENTS_H

#include "decide/wait.h"
#include "front/conn.h"
#include "segment/facts.h"
#include "text/apierr.h"
#include "text/upstream_error.h"

/* The head of the stream. */
void chat_events_begin(struct conn *c, const struct fact_chat_turn *t);

/* What goes along to the model: so many earlier turns, and by estimate so many tokens of
 * all; is_trimmed: it was not all that was said. */
struct chat_context {
	uint32_t n_turns;
	bool is_trimmed;
	uint64_t tokens, window_tokens;
};
void chat_events_session(struct conn *c, const struct fact_chat_turn *t,
	const struct chat_context *context);
void chat_events_queue(struct conn *c, const struct wait_place *place);
void chat_events_status(struct conn *c, const char *state);
void chat_events_delta(struct conn *c, struct str raw); /* escaped already */

/* finish: why the upstream has ended, as chat completions say it; "" = not told. */
enum { CHAT_FINISH_BYTES = 32 };
void chat_events_usage(struct conn *c, const struct fact_chat_turn *t, uint64_t tool_ns,
	const char *finish);

void chat_events_error(struct conn *c, const struct apierr *e, uint64_t wait_ms);

/* The same in the words of a refusal; the message may be long. */
void chat_events_refusal(
	struct conn *c, const struct upstream_error *u, uint64_t wait_ms);

/* The last event, and the end of the stream. */
void chat_events_done(struct conn *c);

/* A tool that was called. args and result are JSON; args may be empty: they were none. */
struct chat_tool_told {
	struct str name, args, result;
	uint64_t took_ns;
};
void chat_events_tool(struct conn *c, const struct chat_tool_told *t);

/* The same as the next of a list of JSON objects. */
void chat_tell_tool(struct evbuffer *list, const struct chat_tool_told *t);

/* /chat/complete: everything at once. */
struct chat_answer {
	const struct fact_chat_turn *turn;
	const struct chat_context *context;
	struct str text;  /* escaped already */
	struct str tools; /* JSON objects with commas */
	uint64_t tool_ns;
	const char *finish;
};
void chat_answer(struct conn *c, const struct chat_answer *a);

#endif
