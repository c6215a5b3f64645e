/* The body of POST /v1/chat/completions. */
#include "chat_request.h"

#include <string.h>

#include "json.h"

static void refuse(struct openai_error *e, const char *param, const char *code,
	const char *message)
{
	if (e->status != 0)
		return;
	*e = (struct openai_error){
		.status = 400,
		.type = "invalid_request_error",
		.param = param,
		.code = code,
	};
	openai_message(e, "%s", message);
}

/* Remember what stands in [[sim …]]; the text is still escaped, a directive has none.
 * memchr(3) first: memmem(3) alone costs as much as all the rest on a long prompt. */
static void find_directive(struct slice text, struct slice *out)
{
	const char *end = text.p + text.n, *from = text.p;
	while (from < end && (from = memchr(from, '[', (size_t)(end - from))) != NULL) {
		if (end - from >= 6 && memcmp(from, "[[sim ", 6) == 0)
			break;
		from++;
	}
	if (from == NULL || from == end)
		return;
	from += 6;
	const char *to = memmem(from, (size_t)(end - from), "]]", 2);
	if (to != NULL)
		*out = (struct slice){from, (size_t)(to - from)};
}

static void read_text(struct json *j, struct chat_request *r, struct slice *directive)
{
	struct slice raw;
	if (!json_string(j, &raw))
		return;
	r->chars += json_chars(raw);
	r->hash = hash_bytes(r->hash, raw);
	find_directive(raw, directive);
}

/* One part of a content array: its text counts, pictures and sounds do not. */
static void read_part(struct json *j, struct chat_request *r, struct slice *directive)
{
	if (json_peek(j) != '{') {
		json_skip(j);
		return;
	}
	json_enter(j, '{');
	for (struct slice key; json_member(j, &key);) {
		if (slice_is(key, "text") && json_peek(j) == '"')
			read_text(j, r, directive);
		else
			json_skip(j);
	}
}

static void read_content(
	struct json *j, struct chat_request *r, struct slice *directive)
{
	char c = json_peek(j);
	if (c == '"') {
		read_text(j, r, directive);
	} else if (c == '[') {
		json_enter(j, '[');
		while (json_item(j))
			read_part(j, r, directive);
	} else {
		json_skip(j);
	}
}

static void read_message(struct json *j, struct chat_request *r, struct openai_error *e)
{
	struct slice role = {NULL, 0}, directive = {NULL, 0};
	if (json_peek(j) != '{') {
		refuse(e, "messages", "invalid_type",
			"Invalid type for 'messages[0]': expected an object.");
		json_skip(j);
		return;
	}
	json_enter(j, '{');
	for (struct slice key; json_member(j, &key);) {
		if (slice_is(key, "role") && json_peek(j) == '"')
			json_string(j, &role);
		else if (slice_is(key, "content"))
			read_content(j, r, &directive);
		else
			json_skip(j);
	}
	r->n_messages++;
	r->hash = hash_bytes(r->hash, role);
	if (role.n == 0)
		refuse(e, "messages[0].role", "missing_required_parameter",
			"Missing required parameter: 'messages[0].role'.");
	if (slice_is(role, "user"))
		r->directive = directive;
}

static void read_messages(
	struct json *j, struct chat_request *r, struct openai_error *e)
{
	if (json_peek(j) != '[') {
		refuse(e, "messages", "invalid_type",
			"Invalid type for 'messages': expected an array of objects.");
		json_skip(j);
		return;
	}
	json_enter(j, '[');
	while (json_item(j))
		read_message(j, r, e);
	if (r->n_messages == 0)
		refuse(e, "messages", "empty_array",
			"Invalid 'messages': empty array. Expected an array with minimum "
			"length 1, but got an empty array instead.");
}

static void read_stream_options(struct json *j, struct chat_request *r)
{
	struct slice value;
	if (json_peek(j) != '{') {
		json_skip(j);
		return;
	}
	json_enter(j, '{');
	for (struct slice key; json_member(j, &key);) {
		if (slice_is(key, "include_usage") && json_scalar(j, &value))
			r->include_usage = slice_is(value, "true");
		else
			json_skip(j);
	}
}

/* A positive integer or null. */
static void read_limit(
	struct json *j, const char *name, uint64_t *out, struct openai_error *e)
{
	struct slice raw;
	char c = json_peek(j);
	if (c == 'n') {
		json_skip(j);
		return;
	}
	bool ok = c != '"' && c != '{' && c != '[' && json_scalar(j, &raw) &&
		  parse_u64(raw, out) && *out > 0;
	if (ok)
		return;
	refuse(e, name, "invalid_value", "Invalid value: expected an integer above 0.");
	if (c == '"' || c == '{' || c == '[')
		json_skip(j);
}

static void read_bool(
	struct json *j, const char *name, bool *out, struct openai_error *e)
{
	struct slice raw;
	char c = json_peek(j);
	if (c != 't' && c != 'f' && c != 'n') {
		refuse(e, name, "invalid_type", "Invalid type: expected a boolean.");
		json_skip(j);
		return;
	}
	if (json_scalar(j, &raw))
		*out = slice_is(raw, "true");
}

static void read_body(struct json *j, struct chat_request *r, struct openai_error *e)
{
	uint64_t old_limit = UINT64_MAX, n = 1;
	for (struct slice key; json_member(j, &key);) {
		if (slice_is(key, "model") && json_peek(j) == '"')
			json_string(j, &r->model);
		else if (slice_is(key, "messages"))
			read_messages(j, r, e);
		else if (slice_is(key, "stream"))
			read_bool(j, "stream", &r->stream, e);
		else if (slice_is(key, "stream_options"))
			read_stream_options(j, r);
		else if (slice_is(key, "max_completion_tokens"))
			read_limit(j, "max_completion_tokens", &r->max_completion, e);
		else if (slice_is(key, "max_tokens"))
			read_limit(j, "max_tokens", &old_limit, e);
		else if (slice_is(key, "n"))
			read_limit(j, "n", &n, e);
		else
			json_skip(j);
	}
	if (r->max_completion == UINT64_MAX)
		r->max_completion = old_limit;
	if (r->model.n == 0)
		refuse(e, NULL, NULL, "you must provide a model parameter");
	if (r->n_messages == 0)
		refuse(e, "messages", "missing_required_parameter",
			"Missing required parameter: 'messages'.");
	if (n != 1)
		refuse(e, "n", "invalid_value", "This simulator answers n = 1 only.");
}

bool chat_request_parse(struct slice body, uint64_t seed, struct chat_request *out,
	struct openai_error *e)
{
	struct json j = json_read(body);
	*out = (struct chat_request){.max_completion = UINT64_MAX, .hash = seed};
	*e = (struct openai_error){0};
	if (json_peek(&j) == '{' && json_enter(&j, '{'))
		read_body(&j, out, e);
	if (!json_done(&j)) {
		*e = (struct openai_error){0};
		refuse(e, NULL, NULL,
			"We could not parse the JSON body of your request. (HINT: This "
			"likely means you aren't using your HTTP library correctly. The "
			"OpenAI API expects a JSON payload, but what was sent was not "
			"valid JSON. If you have trouble figuring out how to fix this, "
			"please contact us through our help center at help.openai.com.)");
	}
	out->hash = hash_bytes(out->hash, out->model);
	return e->status == 0;
}
