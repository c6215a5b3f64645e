/* What the bodies of all endpoints have in common. */
#include "question.h"

#include <string.h>

void question_refuse(struct openai_error *e, const char *param, const char *code,
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

void question_init(struct question *q, uint64_t seed, struct prefix_trail *trail)
{
	*q = (struct question){
		.max_completion = UINT64_MAX,
		.n_choices = 1,
		.store = true,
		.hash = seed,
		.trail = trail,
	};
	prefix_begin(trail);
}

void question_fini(struct question *q)
{
	buf_free(&q->inputs);
}

bool question_parse(struct question *q, struct slice body, question_reader read,
	struct openai_error *e)
{
	struct json j = json_read(body);
	*e = (struct openai_error){0};
	if (json_peek(&j) == '{' && json_enter(&j, '{'))
		read(&j, q, e);
	if (!json_done(&j)) {
		*e = (struct openai_error){0};
		question_refuse(e, NULL, NULL,
			"We could not parse the JSON body of your request. (HINT: This "
			"likely means you aren't using your HTTP library correctly. The "
			"OpenAI API expects a JSON payload, but what was sent was not "
			"valid JSON. If you have trouble figuring out how to fix this, "
			"please contact us through our help center at help.openai.com.)");
	}
	if (q->model.n == 0)
		question_refuse(e, NULL, NULL, "you must provide a model parameter");
	q->hash = hash_bytes(q->hash, q->model);
	return e->status == 0;
}

/* ---- texts ---------------------------------------------------------------------- */

/* Remember what stands in [[sim …]]. memchr(3) first: memmem(3) alone costs as much as
 * all the rest on a long prompt. */
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

void question_read_text(struct json *j, struct question *q, struct slice *directive)
{
	struct slice raw;
	if (!json_string(j, &raw))
		return;
	q->chars += json_chars(raw);
	q->hash = hash_bytes(q->hash, raw);
	prefix_add(q->trail, raw);
	if (directive != NULL)
		find_directive(raw, directive);
}

/* One part of a content array: its text counts, pictures and sounds do not. */
static void read_part(struct json *j, struct question *q, struct slice *directive)
{
	if (json_peek(j) != '{') {
		json_skip(j);
		return;
	}
	json_enter(j, '{');
	for (struct slice key; json_member(j, &key);) {
		if (slice_is(key, "text") && json_peek(j) == '"')
			question_read_text(j, q, directive);
		else
			json_skip(j);
	}
}

void question_read_content(struct json *j, struct question *q, struct slice *directive)
{
	char c = json_peek(j);
	if (c == '"') {
		question_read_text(j, q, directive);
	} else if (c == '[') {
		json_enter(j, '[');
		while (json_item(j))
			read_part(j, q, directive);
	} else {
		json_skip(j);
	}
}

/* ---- plain values --------------------------------------------------------------- */

enum number { NUMBER_NULL, NUMBER_GIVEN, NUMBER_WRONG };

static enum number read_number(struct json *j, uint64_t *out)
{
	struct slice raw;
	char c = json_peek(j);
	if (c == 'n' || c == '"' || c == '{' || c == '[') {
		json_skip(j);
		return c == 'n' ? NUMBER_NULL : NUMBER_WRONG;
	}
	return json_scalar(j, &raw) && parse_u64(raw, out) ? NUMBER_GIVEN
							   : NUMBER_WRONG;
}

void question_read_limit(
	struct json *j, const char *name, uint64_t *out, struct openai_error *e)
{
	uint64_t n = 0;
	enum number is = read_number(j, &n);
	if (is == NUMBER_GIVEN && n > 0)
		*out = n;
	else if (is != NUMBER_NULL)
		question_refuse(e, name, "invalid_value",
			"Invalid value: expected an integer above 0.");
}

void question_read_count(struct json *j, const char *name, uint64_t max, uint64_t *out,
	struct openai_error *e)
{
	uint64_t n = 0;
	enum number is = read_number(j, &n);
	if (is == NUMBER_GIVEN && n <= max)
		*out = n;
	else if (is != NUMBER_NULL)
		question_refuse(e, name, "invalid_value",
			"Invalid value: this integer is out of its range.");
}

void question_read_bool(
	struct json *j, const char *name, bool *out, struct openai_error *e)
{
	struct slice raw;
	char c = json_peek(j);
	if (c != 't' && c != 'f' && c != 'n') {
		question_refuse(
			e, name, "invalid_type", "Invalid type: expected a boolean.");
		json_skip(j);
		return;
	}
	if (json_scalar(j, &raw) && c != 'n')
		*out = c == 't';
}

static void read_tier(struct json *j, struct question *q, struct openai_error *e)
{
	struct slice name = {NULL, 0};
	char c = json_peek(j);
	if (c == '"')
		json_string(j, &name);
	else
		json_skip(j);
	if (c != 'n' && !price_tier_parse(name, &q->tier))
		question_refuse(e, "service_tier", "invalid_value",
			"Invalid service_tier: expected auto, default, flex or priority.");
}

void question_read_stream_options(struct json *j, struct question *q)
{
	struct slice value;
	if (json_peek(j) != '{') {
		json_skip(j);
		return;
	}
	json_enter(j, '{');
	for (struct slice key; json_member(j, &key);) {
		if (slice_is(key, "include_usage") && json_scalar(j, &value))
			q->include_usage = slice_is(value, "true");
		else
			json_skip(j);
	}
}

bool question_read_common(
	struct json *j, struct slice key, struct question *q, struct openai_error *e)
{
	if (slice_is(key, "model") && json_peek(j) == '"')
		json_string(j, &q->model);
	else if (slice_is(key, "stream"))
		question_read_bool(j, "stream", &q->stream, e);
	else if (slice_is(key, "service_tier"))
		read_tier(j, q, e);
	else
		return false;
	return true;
}
