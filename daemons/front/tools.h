/*
 * Tools that a model may call in a chat. Atlas's own are read-only looks at its data, for
 * callers who may look at it themselves; what they tell comes from the same places as the
 * monitoring endpoints, short enough to be read by a model. Those of the configuration
 * are HTTP endpoints, which dispatch calls (tool_calls.h).
 *
 *	mask = tools_of(c) & wanted
 *	tools_write(&w, f, mask, api)              "tools" of a request upstream
 *	tools_run(c, &(struct tool_ask){…})        one call; done() has its result, now or later
 *
 * A call never fails but in its result: {"error": "…"} is for the model to read. A mask
 * is good for the settings it was made with: a call looks again at its tool's name, and
 * at what its caller may.
 */
#ifndef FRONT_TOOLS_H
#define FRONT_TOOLS_H

#include "front/front.h"
#include "text/jsonw.h"

enum { TOOLS_MAX = 32, TOOL_RESULT_BYTES = 16384, TOOL_ARGS_BYTES = 4096 };

/* Those that the caller of this request may use, a bit each. */
uint32_t tools_of(struct conn *c);

/* The one of that name; 0 = there is none. */
uint32_t tools_named(const struct front *f, struct str name);

/* Is one of them a tool of the configuration? */
bool tools_are_outside(uint32_t mask);

/* As an array of functions, the way that API has them. */
void tools_write(
	struct jsonw *w, const struct front *f, uint32_t mask, enum exchange_api api);

/* As an array of what people want to know: name, description, parameters, sample. */
void tools_tell(struct jsonw *w, const struct front *f, uint32_t mask);

/* Of one tool: its name, and arguments that make sense of it, as JSON. */
struct str tools_name(const struct front *f, uint32_t tool);
struct str tools_sample(const struct front *f, uint32_t tool);

struct tool_ask {
	struct str name, args; /* args: JSON text; only looked at within the call */
	uint32_t mask;         /* that may be called */
	/* result: one JSON value. */
	void (*done)(struct conn *c, void *arg, struct str result);
	void (*left)(struct front *f, void *arg); /* instead: nobody waits any more */
	void *arg;
};
void tools_run(struct conn *c, const struct tool_ask *ask);

#endif
