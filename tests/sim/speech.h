/*
 * What a completion says, cut into the pieces a stream is made of: words (words.h), one
 * JSON text, or calls of functions. All choices of an answer are equally long; a stream
 * takes one piece of each in turn.
 *
 *	struct speech s = {.hash = …, .n_choices = 1};
 *	speech_use_words(&s, 40);        or speech_use_json(), or speech_add_call() …
 *	speech_piece(out, &s, choice, i) for i in 0 .. speech_length(&s)
 *
 * Bound: 8 calls; speech_add_call() is false when full.
 */
#ifndef SIM_SPEECH_H
#define SIM_SPEECH_H

#include "buf.h"

enum { SPEECH_CALLS = 8 };

struct speech_call {
	size_t name_at, name_n, args_at, args_n; /* in the script */
	uint64_t n_pieces;
};

struct speech {
	uint64_t hash;
	uint64_t n_choices;
	uint64_t n_words; /* of each choice; 0 when scripted */
	struct buf
		script; /* owned: the JSON text, or names and arguments of the calls */
	struct speech_call calls[SPEECH_CALLS];
	size_t n_calls;
};

void speech_use_words(struct speech *s, uint64_t n);

/* Takes over the text. */
void speech_use_json(struct speech *s, struct buf *text);

bool speech_add_call(struct speech *s, struct slice name, struct slice args);

/* How many pieces one choice has. */
uint64_t speech_length(const struct speech *s);

/* Append piece i of a choice, escaped for a JSON string. Of calls: of their arguments. */
void speech_piece(struct buf *out, const struct speech *s, uint64_t choice, uint64_t i);

/* Which call piece i belongs to, and the how manieth of its pieces it is. */
size_t speech_call_of(const struct speech *s, uint64_t i, uint64_t *at);

struct slice speech_call_name(const struct speech *s, size_t call);
struct slice speech_call_args(const struct speech *s, size_t call);

/* A name for call n of this speech: prefix and hex digits. */
void speech_call_id(struct buf *out, const struct speech *s, const char *prefix,
	uint64_t choice, size_t call);

void speech_fini(struct speech *s);

#endif
