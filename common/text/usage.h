/*
 * What a reply says about itself: tokens, model, tier, how it ended. One scan of the
 * whole body of an answer, or of one event of a stream.
 *
 *	struct usage_view v;
 *	if (!usage_read(data, &v))
 *		... not a JSON object: upstream_protocol
 *	if (v.state == USAGE_GIVEN)
 *		settle(&v.tokens)
 *
 * Understands chat completions, completions, embeddings and the Responses API, whose
 * events carry the same members inside "response". Pure, no allocation; dispatch runs
 * it on what upstreams send. Nothing in it is trusted: a count that is no integer, is
 * negative or beyond USAGE_MAX_TOKENS makes the usage unusable, never a number.
 */
#ifndef TEXT_USAGE_H
#define TEXT_USAGE_H

#include "base/attr.h"

#define USAGE_MAX_TOKENS (INT64_C(1) << 40)

enum { USAGE_ID_BYTES = 128, USAGE_MODEL_BYTES = 128, USAGE_TIER_BYTES = 32 };

enum usage_state {
	USAGE_ABSENT,   /* missing or null */
	USAGE_GIVEN,    /* tokens holds it; an explicit 0 is a value */
	USAGE_UNUSABLE, /* there is one that cannot be believed */
};

/* Details are parts of their totals, never to be added: cached, cache_write and audio of
 * prompt, reasoning and audio of completion. A detail above its total is cut to it, and
 * cache_write (tokens newly put into the provider's cache) to what is not cached. */
struct usage_tokens {
	uint64_t prompt, completion, total;
	uint64_t cached, cache_write, prompt_audio;
	uint64_t reasoning, completion_audio;
};

/* Which event of a Responses stream, by its member "type". */
enum usage_event {
	USAGE_EVENT_OTHER, /* or no such event at all */
	USAGE_EVENT_BEGUN, /* created, queued, in_progress: nothing has been written */
	USAGE_EVENT_COMPLETED,
	USAGE_EVENT_INCOMPLETE,
	USAGE_EVENT_FAILED,
	USAGE_EVENT_ERROR
};

struct usage_view {
	enum usage_state state;
	struct usage_tokens tokens;
	enum usage_event event;
	bool has_sequence;
	uint64_t sequence;  /* sequence_number of an event */
	bool has_error;     /* a member "error" that is not null */
	bool is_running;    /* a response that is still queued or in_progress */
	bool is_background; /* a response that needs nobody who listens */
	bool is_finished;   /* a choice has a finish_reason */
	bool has_choices;   /* a member "choices" that is a non-empty array */
	size_t n_chars;     /* code points of output: text, refusals, tool arguments */
	/* bytes of the member "usage" of the document itself with the comma that must go
	 * with it; n == 0 when there is none */
	size_t member_at, member_n;
	/* bytes of such an error's value, of several and what lies between them; n == 0
	 * when there is none */
	size_t error_at, error_n;
	/* decoded, with a NUL, n == 0 when missing; what is too long is cut */
	char id[USAGE_ID_BYTES], model[USAGE_MODEL_BYTES], tier[USAGE_TIER_BYTES];
	size_t n_id, n_model, n_tier;
};

/* Fill *v from doc. False when doc is not one whole JSON object. */
bool usage_read(struct str doc, struct usage_view *v) ATTR_UNUSED_RESULT;

/* Whether doc can hold a usage at all, without scanning it: false is certain for what
 * servers write (a key spelled with escapes would be missed). */
bool usage_is_likely(struct str doc);

#endif
