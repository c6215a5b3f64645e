/*
 * Calls of tools of the configuration: some at once, each an exchange of kind TOOL that
 * dispatch carries out, for one connection that waits for all of them.
 *
 *	tool_calls_begin(c, &plan)
 *	   done(c, arg, ix, result)   of each, in any order
 *	   end(c, arg, NULL)          of all; or it was cancelled, or the service ends: why
 *
 * What goes wrong with a tool is its result: {"error": "…"} is for the model to read. Full:
 * without a slot or room in the region that is the result, too.
 */
#ifndef FRONT_TOOL_CALLS_H
#define FRONT_TOOL_CALLS_H

#include "front/front.h"
#include "text/apierr.h"
#include "text/calls.h"

struct tool_wish {
	struct str name, args; /* args: a JSON object; only looked at within the call */
};

struct tool_calls_plan {
	uint32_t n; /* 1 … CALLS_MAX */
	struct tool_wish wish[CALLS_MAX];
	const char *session; /* whose cancelling ends them */
	bool is_stream;      /* its head is out: comments keep it alive */
	void (*done)(struct conn *c, void *arg, uint32_t ix, struct str result);
	void (*end)(struct conn *c, void *arg, const struct apierr *failure);
	void (*left)(struct front *f, void *arg); /* instead: nobody waits any more */
	void *arg;
};

void tool_calls_begin(struct conn *c, const struct tool_calls_plan *plan);

/* Dispatch has told of that slot, whose asker has `tools`. */
void tool_calls_look(struct front *f, uint32_t slot);

/* At every sweep. */
void tool_calls_keep_alive(struct front *f);

/* The segment is given up: end every batch now. */
void tool_calls_abandon_all(struct front *f);

#endif
