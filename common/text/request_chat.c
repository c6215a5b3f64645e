/* The body of POST /v1/chat/completions: messages, and what hangs on them. */
#include "text/request_reader.h"

#include <stdio.h>

/* The name of a member of the message that is being read: "messages[3].content". */
struct param {
	char text[64];
};

static struct param name_member(const struct request_reader *r, const char *member)
{
	struct param p;
	snprintf(p.text, sizeof p.text, "messages[%zu]%s", r->v->n_items, member);
	return p;
}

static bool fail_member(struct request_reader *r, const struct scan_token *value,
	const char *member, const char *wanted)
{
	return request_fail_type(r, value, name_member(r, member).text, wanted);
}

/* Whether what hangs on this key of a content part is prompt that is no text. */
static bool is_unseen(const struct scan_token *key)
{
	return scan_is(key, STR("image_url")) || scan_is(key, STR("input_audio")) ||
	       scan_is(key, STR("file"));
}

/* One part of a content array: only its text is prompt that can be counted. */
static bool read_part(struct request_reader *r, const struct scan_token *part)
{
	struct scan_token key, value;
	bool has_text = false;
	if (part->type != SCAN_OBJECT_BEGIN)
		return fail_member(r, part, ".content[]", "an object");
	while (scan_next(&r->scan, &key) == SCAN_KEY) {
		scan_next(&r->scan, &value);
		r->v->has_unseen_prompt |= is_unseen(&key);
		if (scan_is(&key, STR("text"))) {
			if (has_text)
				return request_fail_twice(
					r, name_member(r, ".content[].text").text);
			if (value.type != SCAN_STRING)
				return fail_member(
					r, &value, ".content[].text", "a string");
			has_text = true;
			r->v->n_prompt_chars += value.n_chars;
		} else if (!request_skip(r, &value)) {
			return false;
		}
	}
	return key.type == SCAN_OBJECT_END || request_fail_json(r);
}

static bool read_content(struct request_reader *r, const struct scan_token *value)
{
	struct scan_token part;
	switch (value->type) {
	case SCAN_NULL:
		return true;
	case SCAN_STRING:
		r->v->n_prompt_chars += value->n_chars;
		return true;
	case SCAN_ARRAY_BEGIN:
		while (scan_next(&r->scan, &part) != SCAN_ARRAY_END)
			if (!read_part(r, &part))
				return false;
		return true;
	default:
		return fail_member(r, value, ".content", "a string or an array");
	}
}

static bool read_message(struct request_reader *r, const struct scan_token *message)
{
	struct scan_token key, value;
	bool has_content = false, is_fine;
	if (message->type != SCAN_OBJECT_BEGIN)
		return fail_member(r, message, "", "an object");
	while (scan_next(&r->scan, &key) == SCAN_KEY) {
		scan_next(&r->scan, &value);
		if (scan_is(&key, STR("content"))) {
			is_fine = has_content ? request_fail_twice(r,
							name_member(r, ".content").text)
					      : read_content(r, &value);
			has_content = true;
		} else if (scan_is(&key, STR("tool_calls"))) {
			is_fine = request_read_schema(r, &value, NULL);
		} else {
			is_fine = request_skip(r, &value);
		}
		if (!is_fine)
			return false;
	}
	return key.type == SCAN_OBJECT_END || request_fail_json(r);
}

static bool read_messages(
	struct request_reader *r, const struct scan_token *value, const char *param)
{
	struct scan_token message;
	if (value->type != SCAN_ARRAY_BEGIN)
		return request_fail_type(r, value, param, "an array");
	while (scan_next(&r->scan, &message) != SCAN_ARRAY_END) {
		if (!read_message(r, &message))
			return false;
		r->v->n_items++;
	}
	if (r->v->n_items == 0)
		return apierr_set(r->e, APIERR_INVALID_VALUE, param,
			"'messages' is empty; send at least one message.");
	return true;
}

static const struct request_member members[] = {
	REQUEST_COMMON_MEMBERS,
	{"messages", read_messages, true},
	{"stream", request_read_stream, false},
	{"stream_options", request_read_stream_options, false},
	{"max_tokens", request_read_max_tokens, false},
	{"max_completion_tokens", request_read_max_tokens, false},
	{"n", request_read_choices, false},
	{"tools", request_read_tools, false},
	{"functions", request_read_schema, false},
	{"response_format", request_read_schema, false},
	{"web_search_options", request_read_unseen, false},
};

static const struct request_shape shape = {members, N_ELEMENTS(members), true};

bool request_view_chat(struct str body, struct request_view *view, struct apierr *error)
{
	return request_read(&shape, body, view, error);
}
