/*
 * A turn of a chat under way: from the exchange's reply to the events of /chat/stream or
 * the document of /chat/complete, and into the ledger.
 *
 *	asked ──► queue, status … ──► delta … ──► the reply's end ──► kept ──► usage, done
 *	  ▲           ├──────────────── failure ──────────────────────► error, done
 *	  └── tool ◄──┘ the model has called tools: chat_loop.c
 *
 * What a client saw of an answer is kept, also when it left or the answer broke; a turn
 * without a word of answer is not. Full: of an answer beyond CHAT_ANSWER_BYTES the rest is
 * told but not kept.
 */
#ifndef FRONT_CHAT_RUN_H
#define FRONT_CHAT_RUN_H

#include "front/ask.h"
#include "front/chat_claim.h"
#include "front/chat_events.h"
#include "front/chat_prompt.h"
#include "segment/facts.h"

enum { CHAT_ANSWER_BYTES = 2 << 20, CHAT_ASKED_BYTES = 1 << 20 };

struct chat_run; /* opaque */

/* What is known before it is asked. */
struct chat_run_plan {
	struct fact_chat_turn turn; /* names, parent, title */
	struct chat_claim claim;    /* of its chat; taken over */
	struct chat_prompt prompt;  /* all but asked; taken over */
	struct str asked;           /* the messages as JSON objects; copied */
	struct str told; /* what was called before, as a JSON object; copied */
	enum exchange_priority priority;
	bool has_priority;
	struct chat_context context;
	bool is_stream;
};

/* A new chat's id: 128 random bits, so nobody guesses it. */
void chat_session_make(char out[static EXCHANGE_SESSION_BYTES]);

/* Ask. The connection is answered, now or later. */
void chat_run_begin(struct conn *c, struct chat_run_plan *plan);

#endif
