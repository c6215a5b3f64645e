/* Chats and the Responses API. */
#include "text/responses.h"

#include "text/scan.h"

#include <string.h>

/* ---- messages as input ---------------------------------------------------------------- */

/* What a value's text is, quotes and all, once it has been skipped. */
static struct str text_from(const struct scan *s, const struct scan_token *first)
{
	return (struct str){s->text.p + first->offset, s->at - first->offset};
}

static void member(struct jsonw *w, struct str key, struct str json)
{
	jsonw_key(w, key);
	if (json.p == NULL)
		jsonw_null(w);
	else
		jsonw_json(w, json);
}

static void member_word(struct jsonw *w, struct str key, struct str word)
{
	jsonw_key(w, key);
	jsonw_string(w, word);
}

/* A message's members as JSON; p NULL = not there. */
struct message {
	struct str role, content, calls, call_id; /* role: its raw inside */
	bool has_text;                            /* content is a string, not empty */
	bool has_parts;                           /* content is an array */
};

static bool read_message(struct scan *s, struct message *m)
{
	struct scan_token key, v;
	while (scan_next(s, &key) == SCAN_KEY) {
		if (scan_next(s, &v) <= SCAN_ERROR || !scan_skip(s, &v))
			return false;
		struct str text = text_from(s, &v);
		if (scan_is(&key, STR("role")) && v.type == SCAN_STRING) {
			m->role = v.raw;
		} else if (scan_is(&key, STR("content"))) {
			m->content = text;
			m->has_text = v.type == SCAN_STRING && v.raw.n > 0;
			m->has_parts = v.type == SCAN_ARRAY_BEGIN;
		} else if (scan_is(&key, STR("tool_calls")) &&
			   v.type == SCAN_ARRAY_BEGIN) {
			m->calls = text;
		} else if (scan_is(&key, STR("tool_call_id"))) {
			m->call_id = text;
		}
	}
	return key.type == SCAN_OBJECT_END && m->role.p != NULL;
}

/* The member of that name in an object, as JSON; p NULL = not there. */
static struct str get(struct str object, struct str name, struct scan_token *v)
{
	struct scan s;
	struct scan_token key;
	scan_init(&s, object, SCAN_MAX_DEPTH);
	if (scan_next(&s, &key) != SCAN_OBJECT_BEGIN)
		return (struct str){NULL, 0};
	while (scan_next(&s, &key) == SCAN_KEY) {
		if (scan_next(&s, v) <= SCAN_ERROR || !scan_skip(&s, v))
			break;
		if (scan_is(&key, name))
			return text_from(&s, v);
	}
	return (struct str){NULL, 0};
}

static void put_members(struct jsonw *w, struct str object)
{
	struct scan s;
	struct scan_token key, v;
	scan_init(&s, object, SCAN_MAX_DEPTH);
	if (scan_next(&s, &key) != SCAN_OBJECT_BEGIN)
		return;
	while (scan_next(&s, &key) == SCAN_KEY) {
		if (key.is_escaped || scan_next(&s, &v) <= SCAN_ERROR ||
			!scan_skip(&s, &v))
			return;
		member(w, key.raw, text_from(&s, &v));
	}
}

static void put_image(struct jsonw *w, struct str image)
{
	struct scan_token v;
	struct str detail = get(image, STR("detail"), &v);
	member_word(w, STR("type"), STR("input_image"));
	member(w, STR("image_url"), get(image, STR("url"), &v));
	if (detail.p != NULL)
		member(w, STR("detail"), detail);
}

static bool is_word(const struct scan_token *v, struct str word)
{
	return v->type == SCAN_STRING && scan_is(v, word);
}

static void put_part(struct jsonw *w, struct str part, bool is_answer)
{
	struct scan_token type = {.type = SCAN_NULL}, v;
	(void)get(part, STR("type"), &type);
	bool is_text = is_word(&type, STR("text"));
	bool is_image = is_word(&type, STR("image_url"));
	if (!is_text && !is_image && !is_word(&type, STR("file"))) {
		jsonw_json(w, part);
		return;
	}
	jsonw_begin_object(w);
	if (is_text) {
		member_word(w, STR("type"),
			is_answer ? STR("output_text") : STR("input_text"));
		member(w, STR("text"), get(part, STR("text"), &v));
	} else if (is_image) {
		put_image(w, get(part, STR("image_url"), &v));
	} else {
		member_word(w, STR("type"), STR("input_file"));
		put_members(w, get(part, STR("file"), &v));
	}
	jsonw_end_object(w);
}

/* The members of an array, one a call. */
static bool next_member(struct scan *s, struct str *out)
{
	struct scan_token v;
	if (scan_next(s, &v) <= SCAN_ERROR || v.type == SCAN_ARRAY_END ||
		!scan_skip(s, &v))
		return false;
	*out = text_from(s, &v);
	return true;
}

static void begin_array(struct scan *s, struct str array)
{
	struct scan_token begin;
	scan_init(s, array, SCAN_MAX_DEPTH);
	must(scan_next(s, &begin) == SCAN_ARRAY_BEGIN); /* that is how it was found */
}

static void put_content(struct jsonw *w, const struct message *m, bool is_answer)
{
	struct scan s;
	struct str part;
	if (!m->has_parts) {
		jsonw_json(w, m->has_text ? m->content : STR("\"\""));
		return;
	}
	begin_array(&s, m->content);
	jsonw_begin_array(w);
	while (next_member(&s, &part))
		put_part(w, part, is_answer);
	jsonw_end_array(w);
}

static void put_call(struct jsonw *w, struct str call)
{
	struct scan_token v;
	struct str function = get(call, STR("function"), &v);
	if (function.p == NULL)
		return;
	jsonw_begin_object(w);
	member_word(w, STR("type"), STR("function_call"));
	member(w, STR("call_id"), get(call, STR("id"), &v));
	member(w, STR("name"), get(function, STR("name"), &v));
	member(w, STR("arguments"), get(function, STR("arguments"), &v));
	jsonw_end_object(w);
}

static void put_calls(struct jsonw *w, struct str calls)
{
	struct scan s;
	struct str call;
	begin_array(&s, calls);
	while (next_member(&s, &call))
		put_call(w, call);
}

static void put_message(struct jsonw *w, const struct message *m)
{
	static const struct str tool = STR("tool"), answer = STR("assistant");
	bool is_tool = m->role.n == tool.n && memcmp(m->role.p, tool.p, tool.n) == 0;
	bool is_answer =
		m->role.n == answer.n && memcmp(m->role.p, answer.p, answer.n) == 0;
	if (is_tool || m->has_text || m->has_parts || m->calls.p == NULL) {
		jsonw_begin_object(w);
		member_word(w, STR("type"),
			is_tool ? STR("function_call_output") : STR("message"));
		if (is_tool)
			member(w, STR("call_id"), m->call_id);
		else /* with the quotes around it */
			member(w, STR("role"),
				(struct str){m->role.p - 1, m->role.n + 2});
		jsonw_key(w, is_tool ? STR("output") : STR("content"));
		put_content(w, m, is_answer);
		jsonw_end_object(w);
	}
	if (m->calls.p != NULL)
		put_calls(w, m->calls);
}

bool responses_input(struct jsonw *w, struct str messages)
{
	size_t at = 0;
	while (at < messages.n) {
		struct scan s;
		struct scan_token t;
		struct message m = {.has_text = false};
		scan_init(&s, (struct str){messages.p + at, messages.n - at},
			SCAN_MAX_DEPTH);
		if (scan_next(&s, &t) != SCAN_OBJECT_BEGIN || !read_message(&s, &m))
			return false;
		put_message(w, &m);
		at += s.at;
		while (at < messages.n && strchr(" \t\r\n,", messages.p[at]) != NULL)
			at++;
	}
	return true;
}

/* ---- events ---------------------------------------------------------------------------- */

struct event {
	struct scan_token type, delta;
	struct str item, response;
};

static bool read_event(struct str data, struct event *e)
{
	struct scan s;
	struct scan_token key, v;
	*e = (struct event){.type.type = SCAN_NULL, .delta.type = SCAN_NULL};
	scan_init(&s, data, SCAN_MAX_DEPTH);
	if (scan_next(&s, &key) != SCAN_OBJECT_BEGIN)
		return false;
	while (scan_next(&s, &key) == SCAN_KEY) {
		if (scan_next(&s, &v) <= SCAN_ERROR || !scan_skip(&s, &v))
			return false;
		if (scan_is(&key, STR("type")))
			e->type = v;
		else if (scan_is(&key, STR("delta")))
			e->delta = v;
		else if (scan_is(&key, STR("item")))
			e->item = text_from(&s, &v);
		else if (scan_is(&key, STR("response")))
			e->response = text_from(&s, &v);
	}
	return key.type == SCAN_OBJECT_END;
}

static struct str get_string(struct str object, struct str name)
{
	struct scan_token v;
	bool has = get(object, name, &v).p != NULL && v.type == SCAN_STRING;
	return has ? v.raw : (struct str){NULL, 0};
}

static void take_item(struct str item, struct response_part *out)
{
	struct scan_token type;
	if (get(item, STR("type"), &type).p == NULL ||
		!is_word(&type, STR("function_call")))
		return;
	out->event = RESPONSE_CALL;
	out->id = get_string(item, STR("call_id"));
	out->name = get_string(item, STR("name"));
	out->args = get_string(item, STR("arguments"));
}

/* Why a response is not whole, in the words of chat completions. */
static struct str finish_of(struct str response)
{
	struct scan_token v;
	struct str details = get(response, STR("incomplete_details"), &v);
	struct str reason =
		details.p ? get_string(details, STR("reason")) : (struct str){NULL, 0};
	static const struct str max = STR("max_output_tokens");
	if (reason.p == NULL)
		return STR("length");
	return reason.n == max.n && memcmp(reason.p, max.p, max.n) == 0 ? STR("length")
									: reason;
}

void responses_read(struct str data, struct response_part *out)
{
	struct event e;
	*out = (struct response_part){.event = RESPONSE_OTHER};
	if (!read_event(data, &e))
		return;
	bool is_words = is_word(&e.type, STR("response.output_text.delta")) ||
			is_word(&e.type, STR("response.refusal.delta"));
	if (is_words && e.delta.type == SCAN_STRING && e.delta.raw.n > 0) {
		out->event = RESPONSE_WORDS;
		out->words = e.delta.raw;
	} else if (is_word(&e.type, STR("response.output_item.done"))) {
		take_item(e.item, out);
	} else if (is_word(&e.type, STR("response.completed"))) {
		out->event = RESPONSE_ENDED;
		out->finish = STR("stop");
	} else if (is_word(&e.type, STR("response.incomplete"))) {
		out->event = RESPONSE_ENDED;
		out->finish = finish_of(e.response);
	}
}
