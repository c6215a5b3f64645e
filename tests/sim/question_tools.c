/* Tools and formats: what an answer may or must look like. */
#include "question.h"

/* The bytes of the value that comes next, which is stepped over. */
static struct slice take_value(struct json *j)
{
	(void)json_peek(j);
	const char *from = j->p;
	json_skip(j);
	return (struct slice){from, (size_t)(j->p - from)};
}

static bool enter_object(struct json *j)
{
	if (json_peek(j) == '{')
		return json_enter(j, '{');
	json_skip(j);
	return false;
}

/* ---- formats -------------------------------------------------------------------- */

static void read_json_schema(struct json *j, struct question *q)
{
	if (!enter_object(j))
		return;
	for (struct slice key; json_member(j, &key);) {
		struct slice value = take_value(j);
		if (slice_is(key, "schema"))
			q->schema = value;
	}
}

void question_read_format(struct json *j, struct question *q)
{
	struct slice type;
	if (!enter_object(j))
		return;
	for (struct slice key; json_member(j, &key);) {
		if (slice_is(key, "type") && json_peek(j) == '"') {
			if (json_string(j, &type) && !slice_is(type, "text"))
				q->format = FORMAT_JSON;
		} else if (slice_is(key, "json_schema")) {
			read_json_schema(j, q);
		} else if (slice_is(key, "schema")) {
			q->schema = take_value(j);
		} else {
			json_skip(j);
		}
	}
}

/* ---- tools ---------------------------------------------------------------------- */

/* A tool, or the "function" in it: the same members at both levels. */
static void read_tool(struct json *j, struct question_tool *tool, bool may_nest)
{
	if (!enter_object(j))
		return;
	for (struct slice key; json_member(j, &key);) {
		if (slice_is(key, "name") && json_peek(j) == '"')
			json_string(j, &tool->name);
		else if (slice_is(key, "parameters"))
			tool->parameters = take_value(j);
		else if (may_nest && slice_is(key, "function"))
			read_tool(j, tool, false);
		else
			json_skip(j);
	}
}

void question_read_tools(struct json *j, struct question *q)
{
	if (json_peek(j) != '[') {
		json_skip(j);
		return;
	}
	json_enter(j, '[');
	while (json_item(j)) {
		struct question_tool tool = {0};
		read_tool(j, &tool, true);
		if (tool.name.n > 0 && q->n_tools < QUESTION_TOOLS)
			q->tools[q->n_tools++] = tool;
	}
}

void question_read_tool_choice(struct json *j, struct question *q)
{
	struct slice word = {NULL, 0};
	struct question_tool named = {0};
	if (json_peek(j) == '"') {
		json_string(j, &word);
		q->must_call = slice_is(word, "required");
	} else {
		read_tool(j, &named, true);
		q->must_call = named.name.n > 0;
		q->must_name = named.name;
	}
}

const struct question_tool *question_tool(const struct question *q, struct slice name)
{
	for (size_t i = 0; i < q->n_tools; i++) {
		struct slice have = q->tools[i].name;
		bool same =
			have.n == name.n && hash_bytes(0, have) == hash_bytes(0, name);
		if (name.n == 0 || same)
			return &q->tools[i];
	}
	return NULL;
}
