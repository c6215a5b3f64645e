/* What the files of a chat's turn share: chat_run.c asks, chat_take.c takes, chat_loop.c calls. */
#ifndef FRONT_CHAT_RUN_PARTS_H
#define FRONT_CHAT_RUN_PARTS_H

#include "front/chat_run.h"
#include "decide/wait.h"
#include "text/apierr.h"
#include "text/calls.h"
#include "text/sse.h"

#include <event2/buffer.h>

/* What came of one call. */
struct chat_call {
	struct str args, result; /* decoded; from malloc */
	uint64_t took_ns;
};

/* The rounds of a turn in which tools may be called. */
struct chat_loop {
	struct calls calls; /* of this round */
	struct chat_call call[CALLS_MAX];
	uint32_t ix_call; /* that runs, of Atlas's own */
	uint32_t ix_outside
		[CALLS_MAX]; /* those of the configuration, which run at once */
	uint32_t n_rounds;
	bool is_last;               /* nothing more may be called */
	uint64_t round_ns, call_ns; /* when they began */
};

struct chat_run {
	struct fact_chat_turn turn;
	struct chat_claim claim;
	struct chat_prompt prompt; /* empty once nothing can be asked again */
	struct chat_context context;
	enum exchange_api api;
	struct chat_loop *loop; /* NULL = no tools */
	struct evbuffer *text;  /* the turn's messages, the answer being the last */
	struct evbuffer *other; /* a reply that is no stream */
	struct evbuffer *told;  /* what was called, as JSON objects with commas */
	size_t answer_at;       /* where in text the words of the answer begin */
	struct sse sse;
	char *sse_buffer;
	uint64_t last_put_ns;
	uint64_t tool_ns; /* all calls took */
	enum exchange_state told_state;
	struct wait_told told_place;
	enum exchange_priority priority;
	char finish[CHAT_FINISH_BYTES]; /* why the upstream has ended, "" = not told */
	bool has_priority;
	bool is_stream, is_event_stream;
	bool has_failed; /* it is told with the turn's end */
	struct apierr failure;
	uint64_t failure_wait_ms;
};

/* Ask upstream for the assistant's next message. False = refused, and r is gone. */
bool chat_run_ask(struct conn *c, struct chat_run *r) ATTR_UNUSED_RESULT;

/* What has been said of the message that the assistant is at. */
size_t chat_run_answer_bytes(const struct chat_run *r);

/* The turn is over without a word of answer. */
void chat_run_fail_empty(
	struct conn *c, struct chat_run *r, const struct apierr *e, uint64_t wait_ms);

void chat_run_free(void *arg);

/* ---- chat_take.c ----------------------------------------------------------------------- */

/* Bytes of a reply, as relay_sink has them. */
void chat_take(struct conn *c, void *arg, struct str part);

/* ---- chat_loop.c ---------------------------------------------------------------------- */

struct chat_loop *chat_loop_new(const struct chat_prompt *prompt);
void chat_loop_free(struct chat_loop *l); /* NULL is fine */

/* The reply is whole and has calls that may be made. */
bool chat_loop_has_calls(const struct chat_run *r);

/* Make them, and ask again with their results. */
void chat_loop_go(struct conn *c, struct chat_run *r);

#endif
