/*
 * A view of a request's body: the few fields Atlas decides by, and the smallest edit that
 * makes the upstream report usage. The rest is passed on unread.
 *
 *	struct request_view v;
 *	struct apierr e;
 *	if (!request_view_chat(body, &v, &e))
 *		... answer e
 *	edit_apply(body, &v.edit, dst);		edit_size(body, &v.edit) bytes
 *
 * One function an API; all fill the same struct. Strict about what they read: all of the
 * body is JSON, no key they read stands twice, each has its type (null stands for absent
 * where OpenAI takes it so), and no field names a host (hostkey.h). Unknown fields are
 * none of their business. Pure, allocate nothing; fronts run one on every request. What
 * is too long is an error that names it.
 */
#ifndef TEXT_REQUEST_VIEW_H
#define TEXT_REQUEST_VIEW_H

#include "text/apierr.h"
#include "text/edit.h"

/* With a NUL each. */
enum { REQUEST_MODEL_BYTES = 128, REQUEST_SESSION_BYTES = 64, REQUEST_TIER_BYTES = 32 };

/* Larger token counts are refused, so that estimates cannot overflow. */
#define REQUEST_MAX_COUNT (INT64_C(1) << 40)

/* The strings are decoded, end with a NUL and hold no control characters. */
struct request_view {
	char model[REQUEST_MODEL_BYTES]; /* "" only in a relayed body */
	/* the first non-empty one of user, safety_identifier and prompt_cache_key; one
	 * that is too long or has control characters is named by 32 hex digits of its
	 * SHA-256; "": none */
	char session[REQUEST_SESSION_BYTES];
	char tier[REQUEST_TIER_BYTES]; /* service_tier; "": absent */
	bool is_stream;
	bool wants_usage; /* a stream whose client is to see the usage as it comes */
	/* part of the prompt is not in the body: an image, a file, an earlier response,
	 * what a hosted tool finds */
	bool has_unseen_prompt;
	bool has_max_tokens; /* the client bounds the output */
	uint64_t max_tokens; /* the largest such bound, for each choice */
	uint64_t n_choices;  /* outputs that will be made, at least 1 */
	size_t n_items;      /* messages, input items or texts */
	/* code points of what the body says; a token given by its number counts for 4 */
	size_t n_prompt_chars;
	/* bytes of tools, formats and tool calls: they become prompt too, in a form
	 * OpenAI does not tell */
	size_t n_schema_bytes;
	struct edit edit; /* of the body, so that a stream reports usage; or nothing */
};

/* Fill *view from body; or *error, with a sentence and the parameter at fault. */
typedef bool request_viewer(
	struct str body, struct request_view *view, struct apierr *error);

request_viewer request_view_chat;        /* POST /v1/chat/completions */
request_viewer request_view_responses;   /* POST /v1/responses */
request_viewer request_view_completions; /* POST /v1/completions */
request_viewer request_view_embeddings;  /* POST /v1/embeddings */

/* What [server] relay_paths lets through: an object of which nothing is required, and all
 * of whose bytes count as prompt. */
request_viewer request_view_relayed;

#endif
