/*
 * The body of /chat/complete and /chat/stream: what to say, in which chat, how. Read by
 * the strict scanner; texts stay where they are, still escaped, and go on into the
 * request upstream as they came.
 *
 *	{"message": "…"} or {"messages": [{"role": …, "content": …}, …]}, and optionally
 *	session_id, after, model, system, temperature, max_tokens, priority, tools
 *
 * Any other member is an error that names it. Pure; run by fronts.
 */
#ifndef TEXT_TALK_H
#define TEXT_TALK_H

#include "text/apierr.h"

enum { TALK_WORD_BYTES = 64, TALK_MODEL_BYTES = 128, TALK_TITLE_BYTES = 96 };

struct talk {
	struct str message;   /* raw, between its quotes; p NULL: messages is given */
	struct str messages;  /* raw, between its brackets */
	struct str model_raw; /* the same as model, p NULL = none */
	struct str system;    /* raw, between its quotes; p NULL = none */
	struct str temperature, max_tokens; /* raw numbers; p NULL = not given */
	uint64_t n_max_tokens;
	bool has_after;
	bool wants_tools; /* all of them, or those named */
	struct str tools; /* raw, between its brackets; p NULL = all */
	/* decoded, end with a NUL; "" = not given */
	char session[TALK_WORD_BYTES]; /* letters, digits, "-", "_", "." and ":" */
	char after[TALK_WORD_BYTES];
	char model[TALK_MODEL_BYTES];
	char priority[16];
	char title[TALK_TITLE_BYTES]; /* the first line of what a person said */
};

bool talk_parse(struct str body, struct talk *out, struct apierr *e) ATTR_UNUSED_RESULT;

/* Bytes of the messages as JSON objects with commas between them; write them. */
size_t talk_size(const struct talk *t);
void talk_write(const struct talk *t, char *dst);

/* The tools that are wanted by name, one a call; *at is 0 at first. False = no more. */
bool talk_next_tool(const struct talk *t, size_t *at,
	char name[static TALK_WORD_BYTES]) ATTR_UNUSED_RESULT;

/* May a chat be called so? */
bool talk_is_session(struct str name);

/* The first line of s into a title, cut at a whole character. */
void talk_title(struct str s, char out[static TALK_TITLE_BYTES]);

#endif
