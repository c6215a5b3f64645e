/*
 * The body of POST /v1/responses. Its items have too many shapes to be checked here; they
 * are walked flat, since only what hangs on a few keys counts, wherever it stands.
 */
#include "text/request_reader.h"

#include <stdio.h>

/* Whether strings that hang on this key of an item become prompt. */
static bool is_prompt(const struct scan_token *key)
{
	return scan_is(key, STR("text")) || scan_is(key, STR("content")) ||
	       scan_is(key, STR("arguments")) || scan_is(key, STR("output")) ||
	       scan_is(key, STR("input")) || scan_is(key, STR("refusal"));
}

/* Whether it names prompt that lies elsewhere, or is no text. */
static bool is_unseen(const struct scan_token *key)
{
	return scan_is(key, STR("image_url")) || scan_is(key, STR("file_id")) ||
	       scan_is(key, STR("file_url")) || scan_is(key, STR("file_data")) ||
	       scan_is(key, STR("input_audio"));
}

/* The members of the item that has just been opened, however deep. */
static bool walk_item(struct request_reader *r)
{
	struct request_view *v = r->v;
	struct scan_token t;
	bool hangs_on_prompt = false, is_unseen_key = false;
	unsigned outside = r->scan.depth - 1;
	while (r->scan.depth > outside) {
		if (scan_next(&r->scan, &t) == SCAN_ERROR)
			return request_fail_json(r);
		if (t.type == SCAN_KEY) {
			hangs_on_prompt = is_prompt(&t);
			is_unseen_key = is_unseen(&t);
		} else if (t.type == SCAN_STRING && hangs_on_prompt) {
			v->n_prompt_chars += t.n_chars;
		} else if (t.type == SCAN_STRING || t.type == SCAN_OBJECT_BEGIN) {
			v->has_unseen_prompt |=
				is_unseen_key ||
				(t.type == SCAN_STRING &&
					scan_is(&t, STR("item_reference")));
		}
	}
	return true;
}

static bool read_items(
	struct request_reader *r, const struct scan_token *value, const char *param)
{
	struct scan_token item;
	if (value->type == SCAN_STRING) {
		r->v->n_prompt_chars += value->n_chars;
		return true;
	}
	if (value->type == SCAN_NULL)
		return true;
	if (value->type != SCAN_ARRAY_BEGIN)
		return request_fail_type(r, value, param, "a string or an array");
	while (scan_next(&r->scan, &item) != SCAN_ARRAY_END) {
		char name[64];
		snprintf(name, sizeof name, "%s[%zu]", param, r->v->n_items);
		if (item.type != SCAN_OBJECT_BEGIN)
			return request_fail_type(r, &item, name, "an object");
		if (!walk_item(r))
			return false;
		r->v->n_items++;
	}
	return true;
}

static bool read_input(
	struct request_reader *r, const struct scan_token *value, const char *param)
{
	r->v->n_items = value->type == SCAN_STRING;
	return read_items(r, value, param);
}

/* As items they count as prompt, but not among the input's. */
static bool read_instructions(
	struct request_reader *r, const struct scan_token *value, const char *param)
{
	size_t n_items = r->v->n_items;
	r->v->n_items = 0;
	bool is_fine = read_items(r, value, param);
	r->v->n_items = n_items;
	return is_fine;
}

static const struct request_member members[] = {
	REQUEST_COMMON_MEMBERS,
	{"input", read_input, false},
	{"instructions", read_instructions, false},
	{"stream", request_read_stream, false},
	{"max_output_tokens", request_read_max_tokens, false},
	{"tools", request_read_tools, false},
	{"text", request_read_schema, false},
	{"previous_response_id", request_read_unseen, false},
	{"conversation", request_read_unseen, false},
	{"prompt", request_read_unseen, false},
};

static const struct request_shape shape = {members, N_ELEMENTS(members), false};

bool request_view_responses(
	struct str body, struct request_view *view, struct apierr *error)
{
	return request_read(&shape, body, view, error);
}
