/* The body of POST /v1/responses. */
#include "question.h"

/* One item of the input: a message, a tool's result, or something to pass over. */
static void read_item(struct json *j, struct question *q)
{
	struct slice role = {NULL, 0}, type = {NULL, 0}, directive = {NULL, 0};
	if (json_peek(j) != '{') {
		json_skip(j);
		return;
	}
	json_enter(j, '{');
	for (struct slice key; json_member(j, &key);) {
		if (slice_is(key, "role") && json_peek(j) == '"')
			json_string(j, &role);
		else if (slice_is(key, "type") && json_peek(j) == '"')
			json_string(j, &type);
		else if (slice_is(key, "content") || slice_is(key, "output"))
			question_read_content(j, q, &directive);
		else
			json_skip(j);
	}
	q->n_messages++;
	q->hash = hash_bytes(q->hash, role);
	if (slice_is(role, "user")) {
		q->directive = directive;
		q->has_results = false;
	} else if (slice_is(type, "function_call_output")) {
		q->has_results = true;
	}
}

static void read_input(struct json *j, struct question *q, struct openai_error *e)
{
	char c = json_peek(j);
	if (c == '"') {
		question_read_text(j, q, &q->directive);
		q->n_messages++;
	} else if (c == '[') {
		json_enter(j, '[');
		while (json_item(j))
			read_item(j, q);
	} else {
		question_refuse(e, "input", "invalid_type",
			"Invalid type for 'input': expected one of an array of objects or "
			"string.");
		json_skip(j);
	}
}

static void read_text_options(struct json *j, struct question *q)
{
	if (json_peek(j) != '{') {
		json_skip(j);
		return;
	}
	json_enter(j, '{');
	for (struct slice key; json_member(j, &key);) {
		if (slice_is(key, "format"))
			question_read_format(j, q);
		else
			json_skip(j);
	}
}

static void read_member(
	struct json *j, struct slice key, struct question *q, struct openai_error *e)
{
	if (slice_is(key, "input"))
		read_input(j, q, e);
	else if (slice_is(key, "instructions"))
		question_read_content(j, q, NULL);
	else if (slice_is(key, "max_output_tokens"))
		question_read_limit(j, "max_output_tokens", &q->max_completion, e);
	else if (slice_is(key, "background"))
		question_read_bool(j, "background", &q->background, e);
	else if (slice_is(key, "store"))
		question_read_bool(j, "store", &q->store, e);
	else if (slice_is(key, "text"))
		read_text_options(j, q);
	else if (slice_is(key, "tools"))
		question_read_tools(j, q);
	else if (slice_is(key, "tool_choice"))
		question_read_tool_choice(j, q);
	else if (!question_read_common(j, key, q, e))
		json_skip(j);
}

void question_read_responses(struct json *j, struct question *q, struct openai_error *e)
{
	for (struct slice key; json_member(j, &key);)
		read_member(j, key, q, e);
	q->include_usage = true;
	if (q->n_messages == 0)
		question_refuse(e, "input", "missing_required_parameter",
			"Missing required parameter: 'input'.");
	if (q->background && !q->store)
		question_refuse(e, "background", "invalid_value",
			"Background responses must be stored: 'store' must be true.");
}
