/* The body of POST /v1/chat/completions. */
#include "question.h"

static void read_message(struct json *j, struct question *q, struct openai_error *e)
{
	struct slice role = {NULL, 0}, directive = {NULL, 0};
	if (json_peek(j) != '{') {
		question_refuse(e, "messages", "invalid_type",
			"Invalid type for 'messages[0]': expected an object.");
		json_skip(j);
		return;
	}
	json_enter(j, '{');
	for (struct slice key; json_member(j, &key);) {
		if (slice_is(key, "role") && json_peek(j) == '"')
			json_string(j, &role);
		else if (slice_is(key, "content"))
			question_read_content(j, q, &directive);
		else
			json_skip(j);
	}
	q->n_messages++;
	q->hash = hash_bytes(q->hash, role);
	if (role.n == 0)
		question_refuse(e, "messages[0].role", "missing_required_parameter",
			"Missing required parameter: 'messages[0].role'.");
	if (slice_is(role, "user")) {
		q->directive = directive;
		q->has_results = false;
	} else if (slice_is(role, "tool") || slice_is(role, "function")) {
		q->has_results = true;
	}
}

static void read_messages(struct json *j, struct question *q, struct openai_error *e)
{
	if (json_peek(j) != '[') {
		question_refuse(e, "messages", "invalid_type",
			"Invalid type for 'messages': expected an array of objects.");
		json_skip(j);
		return;
	}
	json_enter(j, '[');
	while (json_item(j))
		read_message(j, q, e);
	if (q->n_messages == 0)
		question_refuse(e, "messages", "empty_array",
			"Invalid 'messages': empty array. Expected an array with minimum "
			"length 1, but got an empty array instead.");
}

static void read_member(struct json *j, struct slice key, struct question *q,
	uint64_t *old_limit, struct openai_error *e)
{
	if (slice_is(key, "messages"))
		read_messages(j, q, e);
	else if (slice_is(key, "stream_options"))
		question_read_stream_options(j, q);
	else if (slice_is(key, "max_completion_tokens"))
		question_read_limit(j, "max_completion_tokens", &q->max_completion, e);
	else if (slice_is(key, "max_tokens"))
		question_read_limit(j, "max_tokens", old_limit, e);
	else if (slice_is(key, "n"))
		question_read_limit(j, "n", &q->n_choices, e);
	else if (slice_is(key, "logprobs"))
		question_read_bool(j, "logprobs", &q->logprobs, e);
	else if (slice_is(key, "top_logprobs"))
		question_read_count(j, "top_logprobs", 20, &q->top_logprobs, e);
	else if (slice_is(key, "response_format"))
		question_read_format(j, q);
	else if (slice_is(key, "tools"))
		question_read_tools(j, q);
	else if (slice_is(key, "tool_choice"))
		question_read_tool_choice(j, q);
	else if (!question_read_common(j, key, q, e))
		json_skip(j);
}

void question_read_chat(struct json *j, struct question *q, struct openai_error *e)
{
	uint64_t old_limit = UINT64_MAX;
	for (struct slice key; json_member(j, &key);)
		read_member(j, key, q, &old_limit, e);
	if (q->max_completion == UINT64_MAX)
		q->max_completion = old_limit;
	if (q->n_messages == 0)
		question_refuse(e, "messages", "missing_required_parameter",
			"Missing required parameter: 'messages'.");
	if (q->n_choices > QUESTION_CHOICES)
		question_refuse(e, "n", "integer_above_max_value",
			"Invalid 'n': integer above maximum value. Expected a value <= "
			"128.");
}
