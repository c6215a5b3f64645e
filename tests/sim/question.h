/*
 * What a request asks: the few fields of its body the simulator reads, checked as OpenAI
 * would, by one reader per endpoint. Everything else must be JSON and is passed over.
 *
 *	struct question q;
 *	question_init(&q, seed, &trail);
 *	if (!question_parse(&q, body, question_read_chat, &e)) -> answer 400
 *	question_fini(&q);   either way
 *
 * Slices point into the body, which lives as long as the call that handles the request.
 */
#ifndef SIM_QUESTION_H
#define SIM_QUESTION_H

#include "json.h"
#include "openai.h"
#include "prefix.h"
#include "prices.h"

enum { QUESTION_TOOLS = 32, QUESTION_CHOICES = 128, QUESTION_INPUTS = 2048 };

struct question_tool {
	struct slice name, parameters; /* a JSON schema; n = 0: none */
};

/* What the text of the answer must be. */
enum question_format { FORMAT_TEXT, FORMAT_JSON };

struct question {
	struct slice model;
	bool stream, include_usage;
	uint64_t max_completion; /* UINT64_MAX = none; of each choice */
	uint64_t n_choices;
	uint64_t chars, n_messages;
	uint64_t hash;              /* of seed, roles and contents as written, model */
	struct prefix_trail *trail; /* the caller's scratch */
	struct slice directive; /* [[sim …]] of the last user message, as written */
	bool has_results;       /* tool results stand behind the last user message */

	enum price_tier tier; /* asked for */
	enum question_format format;
	struct slice schema; /* n = 0: any object */
	bool logprobs;
	uint64_t top_logprobs;
	bool background, store;

	struct question_tool tools[QUESTION_TOOLS];
	size_t n_tools;
	bool must_call;         /* tool_choice */
	struct slice must_name; /* of that function; n = 0: any */

	/* embeddings */
	uint64_t dimensions; /* 0 = the model's own */
	bool base64;
	struct buf inputs; /* a uint64_t each: the hash of an input */
};

typedef void (*question_reader)(
	struct json *j, struct question *q, struct openai_error *e);

/* Each stands inside the body's object and reads its members. */
void question_read_chat(struct json *j, struct question *q, struct openai_error *e);
void question_read_responses(
	struct json *j, struct question *q, struct openai_error *e);
void question_read_completions(
	struct json *j, struct question *q, struct openai_error *e);
void question_read_embeddings(
	struct json *j, struct question *q, struct openai_error *e);

void question_init(struct question *q, uint64_t seed, struct prefix_trail *trail);
void question_fini(struct question *q);

/* False with *e filled when OpenAI would answer 400. */
bool question_parse(struct question *q, struct slice body, question_reader read,
	struct openai_error *e);

/* The tool of that name, or the first one when name is empty; NULL when none. */
const struct question_tool *question_tool(const struct question *q, struct slice name);

/* For the readers. The first refusal stands. */
void question_refuse(struct openai_error *e, const char *param, const char *code,
	const char *message);

/* A member all endpoints know (model, stream, service_tier); false when it is none. */
bool question_read_common(
	struct json *j, struct slice key, struct question *q, struct openai_error *e);

/* A text of the prompt: counts, hashes, looks for a directive (NULL = does not). */
void question_read_text(struct json *j, struct question *q, struct slice *directive);

/* A string, or an array of parts whose "text" counts; anything else is passed over. */
void question_read_content(struct json *j, struct question *q, struct slice *directive);

/* A positive integer or null. */
void question_read_limit(
	struct json *j, const char *name, uint64_t *out, struct openai_error *e);

/* An integer from 0 to max or null. */
void question_read_count(struct json *j, const char *name, uint64_t max, uint64_t *out,
	struct openai_error *e);

/* True, false or null (which leaves *out alone). */
void question_read_bool(
	struct json *j, const char *name, bool *out, struct openai_error *e);

/* {"include_usage": …} */
void question_read_stream_options(struct json *j, struct question *q);

/* {"type": …, "schema" or "json_schema": …}: response_format, text.format. */
void question_read_format(struct json *j, struct question *q);

/* An array of tools; a function's name and parameters stand in it or in "function". */
void question_read_tools(struct json *j, struct question *q);

/* "none", "auto", "required" or an object that names a function. */
void question_read_tool_choice(struct json *j, struct question *q);

#endif
