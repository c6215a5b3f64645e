/* The bodies of POST /v1/completions and POST /v1/embeddings. */
#include "question.h"

/* What OpenAI writes at most when nobody says. */
enum { COMPLETION_TOKENS = 16, DIMENSIONS_MAX = 3072 };

/* ---- inputs: a text, texts, tokens, lists of tokens ------------------------------- */

static void add_input(struct question *q, uint64_t hash)
{
	buf_put(&q->inputs, &hash, sizeof hash);
	q->n_messages++;
}

static void read_text_input(struct json *j, struct question *q)
{
	uint64_t before = q->hash;
	q->hash = 0;
	question_read_text(j, q, &q->directive);
	add_input(q, q->hash);
	q->hash = mix64(before ^ q->hash);
}

/* Tokens by number, each worth four characters. Stands behind the bracket. */
static void read_tokens(struct json *j, struct question *q)
{
	uint64_t hash = 0;
	struct slice raw;
	while (json_item(j) && json_scalar(j, &raw)) {
		hash = hash_bytes(hash, raw);
		q->chars += 4;
	}
	add_input(q, hash);
	q->hash = mix64(q->hash ^ hash);
}

static void read_list(struct json *j, struct question *q)
{
	struct json look = *j;
	json_enter(&look, '[');
	char first = json_item(&look) ? json_peek(&look) : '\0';
	json_enter(j, '[');
	if (first != '"' && first != '[') {
		if (first != '\0')
			read_tokens(j, q);
		else
			(void)json_item(j);
		return;
	}
	while (json_item(j)) {
		if (json_peek(j) == '"')
			read_text_input(j, q);
		else if (json_enter(j, '['))
			read_tokens(j, q);
	}
}

static void read_inputs(
	struct json *j, const char *name, struct question *q, struct openai_error *e)
{
	char c = json_peek(j);
	if (c == '"') {
		read_text_input(j, q);
	} else if (c == '[') {
		read_list(j, q);
	} else {
		question_refuse(e, name, "invalid_type",
			"Invalid type: expected a string, an array of strings, or tokens.");
		json_skip(j);
	}
	if (q->n_messages > QUESTION_INPUTS)
		question_refuse(e, name, "invalid_value",
			"Too many inputs: at most 2048 in one request.");
}

/* ---- completions ------------------------------------------------------------------ */

static void read_logprobs(struct json *j, struct question *q, struct openai_error *e)
{
	q->logprobs = json_peek(j) != 'n';
	question_read_count(j, "logprobs", 5, &q->top_logprobs, e);
}

void question_read_completions(
	struct json *j, struct question *q, struct openai_error *e)
{
	q->max_completion = COMPLETION_TOKENS;
	for (struct slice key; json_member(j, &key);) {
		if (slice_is(key, "prompt"))
			read_inputs(j, "prompt", q, e);
		else if (slice_is(key, "stream_options"))
			question_read_stream_options(j, q);
		else if (slice_is(key, "max_tokens"))
			question_read_limit(j, "max_tokens", &q->max_completion, e);
		else if (slice_is(key, "n"))
			question_read_limit(j, "n", &q->n_choices, e);
		else if (slice_is(key, "logprobs"))
			read_logprobs(j, q, e);
		else if (!question_read_common(j, key, q, e))
			json_skip(j);
	}
	if (q->n_messages == 0)
		question_refuse(e, "prompt", "missing_required_parameter",
			"Missing required parameter: 'prompt'.");
	q->n_choices *= MAX(q->n_messages, UINT64_C(1));
	if (q->n_choices > QUESTION_CHOICES)
		question_refuse(e, "n", "integer_above_max_value",
			"Invalid 'n': at most 128 choices in one request.");
}

/* ---- embeddings -------------------------------------------------------------------- */

static void read_encoding(struct json *j, struct question *q, struct openai_error *e)
{
	struct slice name = {NULL, 0};
	if (json_peek(j) == '"')
		json_string(j, &name);
	else
		json_skip(j);
	q->base64 = slice_is(name, "base64");
	if (!q->base64 && !slice_is(name, "float"))
		question_refuse(e, "encoding_format", "invalid_value",
			"Invalid encoding_format: expected float or base64.");
}

void question_read_embeddings(
	struct json *j, struct question *q, struct openai_error *e)
{
	for (struct slice key; json_member(j, &key);) {
		if (slice_is(key, "input"))
			read_inputs(j, "input", q, e);
		else if (slice_is(key, "encoding_format"))
			read_encoding(j, q, e);
		else if (slice_is(key, "dimensions"))
			question_read_limit(j, "dimensions", &q->dimensions, e);
		else if (!question_read_common(j, key, q, e))
			json_skip(j);
	}
	q->stream = false;
	if (q->n_messages == 0)
		question_refuse(e, "input", "missing_required_parameter",
			"Missing required parameter: 'input'.");
	if (q->dimensions > DIMENSIONS_MAX)
		question_refuse(e, "dimensions", "invalid_value",
			"Invalid dimensions: more than this model has.");
}
