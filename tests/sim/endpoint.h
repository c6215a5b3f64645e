/*
 * The endpoints that cost something: how each reads its body and what its answers look
 * like. ask.c and exchange.c are the same for all of them.
 */
#ifndef SIM_ENDPOINT_H
#define SIM_ENDPOINT_H

#include "question.h"

struct exchange;

struct endpoint {
	const char *name;      /* in the bill */
	const char *path;      /* behind /v1 */
	const char *id_prefix; /* of the object it answers with */
	enum price_use use;    /* the models it takes */
	question_reader read;

	/* The body of a whole reply. */
	void (*whole)(struct buf *out, const struct exchange *ex);

	/* Event `step` of a stream: 0 opens it, 1..n_pieces a piece each, n_pieces + 1
	 * all that ends it. NULL = it has no streams. */
	void (*event)(struct buf *out, const struct exchange *ex, uint64_t step);

	/* An error in the middle of a stream. */
	void (*error_event)(struct buf *out, const struct exchange *ex);
};

extern const struct endpoint endpoint_chat, endpoint_responses, endpoint_completions,
	endpoint_embeddings;

#endif
