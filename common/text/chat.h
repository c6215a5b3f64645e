/*
 * A view of a POST /v1/chat/completions body: the few fields Atlas decides by, and the
 * smallest edit that makes the upstream report usage. The rest is passed on unread.
 *
 *	struct chat_view v;
 *	struct apierr e;
 *	if (!chat_view_parse(body, &v, &e))
 *		... answer e
 *	edit_apply(body, &v.edit, dst);		edit_size(body, &v.edit) bytes
 *
 * Strict about what it reads: all of the body is JSON, no key it reads stands twice,
 * each has its type (null stands for absent where OpenAI takes it so), and no field of
 * the request names a host. Unknown fields are none of its business. Pure, allocates
 * nothing; fronts run it on every request. What is too long is an error that names it.
 */
#ifndef TEXT_CHAT_H
#define TEXT_CHAT_H

#include "text/apierr.h"
#include "text/edit.h"

/* With a NUL each. */
enum { CHAT_MODEL_BYTES = 128, CHAT_SESSION_BYTES = 64, CHAT_TIER_BYTES = 32 };

/* Larger token counts are refused, so that estimates cannot overflow. */
#define CHAT_MAX_COUNT (INT64_C(1) << 40)

/* The strings are decoded, end with a NUL and hold no control characters. */
struct chat_view {
	char model[CHAT_MODEL_BYTES]; /* never "" */
	/* the first non-empty one of user, safety_identifier and prompt_cache_key; one
	 * that is too long or has control characters is named by 32 hex digits of its
	 * SHA-256; "": none */
	char session[CHAT_SESSION_BYTES];
	char tier[CHAT_TIER_BYTES]; /* service_tier; "": absent */
	bool is_stream;
	bool wants_usage;    /* a stream whose client asked for usage itself */
	bool has_max_tokens; /* one of max_tokens and max_completion_tokens is given */
	uint64_t max_tokens; /* the larger one */
	uint64_t n_choices;  /* "n", at least 1 */
	size_t n_messages;
	/* code points of the messages' contents and text parts */
	size_t n_prompt_chars;
	/* bytes of tools, functions, response_format and the messages' tool_calls: they
	 * become prompt too, in a form OpenAI does not tell */
	size_t n_schema_bytes;
	struct edit edit; /* of the body, so that a stream reports usage; or nothing */
};

/* Fill *view from body; or *error, with a sentence and the parameter at fault. */
bool chat_view_parse(struct str body, struct chat_view *view,
	struct apierr *error) ATTR_UNUSED_RESULT;

#endif
