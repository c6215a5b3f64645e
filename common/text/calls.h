/*
 * The tool calls in the chunks of a streamed chat completion, put together: names, ids and
 * arguments come in pieces, each piece with the number of its call. All of it stays escaped
 * as it came, so that it can go on into other JSON unread. Pure; run by fronts.
 *
 *	calls.n = 0;
 *	calls_take(&calls, chunk);      for each chunk
 *	calls.call[0 … n - 1]
 *
 * Full: calls beyond CALLS_MAX and words that do not fit are passed by; arguments longer
 * than CALL_ARGS_BYTES are cut and marked.
 */
#ifndef TEXT_CALLS_H
#define TEXT_CALLS_H

#include "base/attr.h"

enum { CALLS_MAX = 16, CALL_WORD_BYTES = 64, CALL_ARGS_BYTES = 4096 };

struct call {
	char id[CALL_WORD_BYTES], name[CALL_WORD_BYTES]; /* end with a NUL */
	char args[CALL_ARGS_BYTES]; /* the inside of a JSON string */
	uint32_t n_args;
	bool is_cut;
};

struct calls {
	uint32_t n;
	struct call call[CALLS_MAX];
};

/* choices[0].delta.tool_calls of a chunk's JSON, if it has them. */
void calls_take(struct calls *c, struct str chunk);

/* One more, which is whole; its parts are the insides of JSON strings. */
void calls_add(struct calls *c, struct str id, struct str name, struct str args);

#endif
