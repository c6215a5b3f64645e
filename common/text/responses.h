/*
 * A chat in the words of the Responses API: its messages as input items, and what the
 * events of a streamed response say. Strings go through as they stand, still escaped.
 *
 *	{"role":"user","content":"Hi"}              {"type":"message","role":"user","content":"Hi"}
 *	{"role":"assistant","content":"",           {"type":"function_call","call_id":"a",
 *	 "tool_calls":[{"id":"a", …}]}               "name":…,"arguments":…}
 *	{"role":"tool","tool_call_id":"a", …}       {"type":"function_call_output",
 *	                                             "call_id":"a","output":…}
 *
 * Parts of a content that is an array: text, image_url and file get the names they have
 * there; others go through. Pure; run by fronts.
 */
#ifndef TEXT_RESPONSES_H
#define TEXT_RESPONSES_H

#include "text/jsonw.h"

/* Messages as JSON objects with commas between them, as the next members of the array
 * that w is in. False = they are none. */
bool responses_input(struct jsonw *w, struct str messages) ATTR_UNUSED_RESULT;

enum response_event {
	RESPONSE_OTHER, /* nothing for a chat */
	RESPONSE_WORDS, /* words */
	RESPONSE_CALL,  /* id, name, args of a whole call */
	RESPONSE_ENDED, /* finish */
};

/* Strings between their quotes; p NULL = not there. */
struct response_part {
	enum response_event event;
	struct str words, id, name, args;
	struct str
		finish; /* as chat completions say it: stop, length, content_filter … */
};

/* The data of one event. */
void responses_read(struct str data, struct response_part *out);

#endif
