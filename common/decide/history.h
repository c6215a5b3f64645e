/*
 * What each model's requests have written so far: the guess where a client names no
 * max_tokens. One place for what is learned about models; sketches of fixed size.
 * Full (HISTORY_MODELS names): the one with the fewest requests makes room.
 *
 * Death: it stands in the segment, with one writer, and is read when that one is gone.
 * Killed at any instruction, it knows one request more or less, or a model with a name of
 * nobody that knows nothing and makes room first.
 */
#ifndef DECIDE_HISTORY_H
#define DECIDE_HISTORY_H

#include "base/attr.h"
#include "rate/quantile.h"

enum {
	HISTORY_MODELS = 64,
	HISTORY_NAME_BYTES = 128,
	HISTORY_ENOUGH = 10,   /* requests, before a model's past counts as it is */
	HISTORY_PERMILLE = 950 /* of its requests wrote no more */
};

/* W: dispatch  R: its successor */
struct history {
	struct {
		char model[HISTORY_NAME_BYTES];
		struct quantile written;
	} of[HISTORY_MODELS];
};

/* A request of that model (a longer name is cut) wrote so many tokens. */
void history_note(struct history *h, const char *model, uint64_t tokens);

/* What a request of that model usually does not exceed, a multiple of it while few are
 * known; 0 = none is. */
uint64_t history_usual(const struct history *h, const char *model);

/* Does it know nothing yet? */
bool history_is_empty(const struct history *h);

/* The same for other processes, in a page. */
struct history_told {
	uint64_t n;
	struct {
		char model[HISTORY_NAME_BYTES];
		uint64_t usual;
	} of[HISTORY_MODELS];
};

void history_tell(const struct history *h, struct history_told *out);

/* As history_usual(), of what was told; nothing in it is trusted. */
uint64_t history_told_usual(const struct history_told *t, const char *model);

#endif
