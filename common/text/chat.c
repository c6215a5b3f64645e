/*
 * The walk over a chat request. Each member that matters is a row of fields[]; a reader
 * gets the first token of its value and reads up to its end, or says what is wrong.
 */
#include "text/chat.h"

#include "base/hash.h"
#include "text/hostkey.h"
#include "text/scan.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* Session hints, the first given one wins. */
enum { HINT_USER, HINT_SAFETY_IDENTIFIER, HINT_PROMPT_CACHE_KEY, HINTS };

struct reader {
	struct scan scan;
	struct chat_view *v;
	struct apierr *e;
	unsigned seen;    /* bit per row of fields[] */
	struct edit edit; /* what makes a stream report usage */
	bool asks_usage;  /* include_usage is true already */
	struct scan_token hints[HINTS];
};

typedef bool field_reader(
	struct reader *r, const struct scan_token *value, const char *param);

static const char whole_option[] = "\"stream_options\":{\"include_usage\":true},";
static const char object_option[] = "{\"include_usage\":true}";
static const char first_option[] = "\"include_usage\":true,";
static const char only_option[] = "\"include_usage\":true";

static bool fail_json(struct reader *r)
{
	return apierr_set(r->e, APIERR_INVALID_JSON, NULL,
		"Invalid JSON at byte %zu: %s.", r->scan.at,
		scan_error_text(r->scan.error));
}

static bool fail_type(struct reader *r, const struct scan_token *value,
	const char *param, const char *wanted)
{
	if (value->type == SCAN_ERROR)
		return fail_json(r);
	return apierr_set(r->e, APIERR_INVALID_TYPE, param, "'%s' must be %s, not %s.",
		param, wanted, scan_type_text(value->type));
}

static bool fail_twice(struct reader *r, const char *param)
{
	return apierr_set(r->e, APIERR_INVALID_VALUE, param,
		"'%s' stands twice; which one counts would be a guess.", param);
}

static bool skip(struct reader *r, const struct scan_token *value)
{
	return scan_skip(&r->scan, value) || fail_json(r);
}

static bool has_control(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((uint8_t)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return true;
	return false;
}

/* A decoded string, with a NUL behind it, that people may read. */
static bool read_word(struct reader *r, const struct scan_token *value,
	const char *param, char *buf, size_t cap)
{
	struct str s;
	if (value->type != SCAN_STRING)
		return fail_type(r, value, param, "a string");
	if (!scan_text(value, buf, cap - 1, &s))
		return apierr_set(r->e, APIERR_INVALID_VALUE, param,
			"'%s' is longer than %zu bytes.", param, cap - 1);
	if (has_control(s))
		return apierr_set(r->e, APIERR_INVALID_VALUE, param,
			"'%s' holds a control character.", param);
	buf[s.n] = '\0';
	return true;
}

/* ---- messages -------------------------------------------------------------- */

/* The name of a member of the message that is being read: "messages[3].content". */
struct param {
	char text[64];
};

static struct param name_member(const struct reader *r, const char *member)
{
	struct param p;
	snprintf(p.text, sizeof p.text, "messages[%zu]%s", r->v->n_messages, member);
	return p;
}

static bool fail_member(struct reader *r, const struct scan_token *value,
	const char *member, const char *wanted)
{
	return fail_type(r, value, name_member(r, member).text, wanted);
}

/* One part of a content array: only its text is prompt that can be counted. */
static bool read_part(struct reader *r, const struct scan_token *part)
{
	struct scan_token key, value;
	bool has_text = false;
	if (part->type != SCAN_OBJECT_BEGIN)
		return fail_member(r, part, ".content[]", "an object");
	while (scan_next(&r->scan, &key) == SCAN_KEY) {
		scan_next(&r->scan, &value);
		if (scan_is(&key, STR("text"))) {
			if (has_text)
				return fail_twice(
					r, name_member(r, ".content[].text").text);
			if (value.type != SCAN_STRING)
				return fail_member(
					r, &value, ".content[].text", "a string");
			has_text = true;
			r->v->n_prompt_chars += value.n_chars;
		} else if (!skip(r, &value)) {
			return false;
		}
	}
	return key.type == SCAN_OBJECT_END || fail_json(r);
}

static bool read_content(struct reader *r, const struct scan_token *value)
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

static bool read_schema(
	struct reader *r, const struct scan_token *value, const char *param)
{
	(void)param;
	if (!skip(r, value))
		return false;
	r->v->n_schema_bytes += r->scan.at - value->offset;
	return true;
}

static bool read_message(struct reader *r, const struct scan_token *message)
{
	struct scan_token key, value;
	bool has_content = false, is_fine;
	if (message->type != SCAN_OBJECT_BEGIN)
		return fail_member(r, message, "", "an object");
	while (scan_next(&r->scan, &key) == SCAN_KEY) {
		scan_next(&r->scan, &value);
		if (scan_is(&key, STR("content"))) {
			is_fine = has_content ? fail_twice(r,
							name_member(r, ".content").text)
					      : read_content(r, &value);
			has_content = true;
		} else if (scan_is(&key, STR("tool_calls"))) {
			is_fine = read_schema(r, &value, NULL);
		} else {
			is_fine = skip(r, &value);
		}
		if (!is_fine)
			return false;
	}
	return key.type == SCAN_OBJECT_END || fail_json(r);
}

static bool read_messages(
	struct reader *r, const struct scan_token *value, const char *param)
{
	struct scan_token message;
	if (value->type != SCAN_ARRAY_BEGIN)
		return fail_type(r, value, param, "an array");
	while (scan_next(&r->scan, &message) != SCAN_ARRAY_END) {
		if (!read_message(r, &message))
			return false;
		r->v->n_messages++;
	}
	if (r->v->n_messages == 0)
		return apierr_set(r->e, APIERR_INVALID_VALUE, param,
			"'messages' is empty; send at least one message.");
	return true;
}

/* ---- the other members ----------------------------------------------------- */

static bool read_model(
	struct reader *r, const struct scan_token *value, const char *param)
{
	struct chat_view *v = r->v;
	if (!read_word(r, value, param, v->model, sizeof v->model))
		return false;
	if (v->model[0] == '\0')
		return apierr_set(r->e, APIERR_INVALID_VALUE, param,
			"'model' is empty; name the model to use.");
	return true;
}

static bool read_tier(
	struct reader *r, const struct scan_token *value, const char *param)
{
	struct chat_view *v = r->v;
	return value->type == SCAN_NULL ||
	       read_word(r, value, param, v->tier, sizeof v->tier);
}

static bool read_bool(
	struct reader *r, const struct scan_token *value, const char *param, bool *out)
{
	*out = value->type == SCAN_TRUE;
	return *out || value->type == SCAN_FALSE || value->type == SCAN_NULL ||
	       fail_type(r, value, param, "a boolean");
}

static bool read_stream(
	struct reader *r, const struct scan_token *value, const char *param)
{
	return read_bool(r, value, param, &r->v->is_stream);
}

/* A count into *out; null leaves it alone. */
static bool read_count(struct reader *r, const struct scan_token *value,
	const char *param, uint64_t *out)
{
	int64_t n;
	if (value->type == SCAN_NULL)
		return true;
	if (value->type != SCAN_NUMBER)
		return fail_type(r, value, param, "an integer");
	if (!scan_int64(value, &n) || n < 0 || n > CHAT_MAX_COUNT)
		return apierr_set(r->e, APIERR_INVALID_VALUE, param,
			"'%s' must be an integer from 0 to %lld.", param,
			(long long)CHAT_MAX_COUNT);
	*out = (uint64_t)n;
	return true;
}

static bool read_n(struct reader *r, const struct scan_token *value, const char *param)
{
	uint64_t n = 1;
	if (!read_count(r, value, param, &n))
		return false;
	r->v->n_choices = MAX(n, 1); /* the upstream refuses 0 itself */
	return true;
}

static bool read_max_tokens(
	struct reader *r, const struct scan_token *value, const char *param)
{
	uint64_t n = 0;
	if (!read_count(r, value, param, &n))
		return false;
	r->v->has_max_tokens |= value->type != SCAN_NULL;
	r->v->max_tokens = MAX(r->v->max_tokens, n);
	return true;
}

static bool read_hint(struct reader *r, const struct scan_token *value,
	const char *param, unsigned rank)
{
	if (value->type != SCAN_STRING && value->type != SCAN_NULL)
		return fail_type(r, value, param, "a string");
	r->hints[rank] = *value;
	return true;
}

static bool read_user(
	struct reader *r, const struct scan_token *value, const char *param)
{
	return read_hint(r, value, param, HINT_USER);
}

static bool read_safety(
	struct reader *r, const struct scan_token *value, const char *param)
{
	return read_hint(r, value, param, HINT_SAFETY_IDENTIFIER);
}

static bool read_cache_key(
	struct reader *r, const struct scan_token *value, const char *param)
{
	return read_hint(r, value, param, HINT_PROMPT_CACHE_KEY);
}

/* The edit that leaves include_usage: true, whatever stands there. */
static bool read_stream_options(
	struct reader *r, const struct scan_token *value, const char *param)
{
	static const char include[] = "stream_options.include_usage";
	struct scan_token key, member;
	bool has_include = false, is_empty = true;
	size_t inside = r->scan.at;
	if (value->type == SCAN_NULL) {
		r->edit = (struct edit){value->offset, 4, STR(object_option)};
		return true;
	}
	if (value->type != SCAN_OBJECT_BEGIN)
		return fail_type(r, value, param, "an object");
	while (scan_next(&r->scan, &key) == SCAN_KEY) {
		scan_next(&r->scan, &member);
		is_empty = false;
		if (!scan_is(&key, STR("include_usage"))) {
			if (!skip(r, &member))
				return false;
			continue;
		}
		if (has_include)
			return fail_twice(r, include);
		if (!read_bool(r, &member, include, &r->asks_usage))
			return false;
		has_include = true;
		r->edit = (struct edit){
			member.offset, r->scan.at - member.offset, STR("true")};
	}
	if (!has_include)
		r->edit = (struct edit){
			inside, 0, is_empty ? STR(only_option) : STR(first_option)};
	return key.type == SCAN_OBJECT_END || fail_json(r);
}

static const struct {
	const char *name;
	field_reader *read;
	bool is_required;
} fields[] = {
	{"model", read_model, true},
	{"messages", read_messages, true},
	{"stream", read_stream, false},
	{"stream_options", read_stream_options, false},
	{"max_tokens", read_max_tokens, false},
	{"max_completion_tokens", read_max_tokens, false},
	{"n", read_n, false},
	{"user", read_user, false},
	{"safety_identifier", read_safety, false},
	{"prompt_cache_key", read_cache_key, false},
	{"service_tier", read_tier, false},
	{"tools", read_schema, false},
	{"functions", read_schema, false},
	{"response_format", read_schema, false},
};

static bool fail_host(struct reader *r, const struct scan_token *key)
{
	char param[sizeof r->e->param];
	struct str s;
	(void)scan_text(key, param, sizeof param - 1, &s);
	param[s.n] = '\0';
	return apierr_set(r->e, APIERR_UNKNOWN_FIELD_HOST, param,
		"A request cannot choose its host; remove '%s'.", param);
}

static bool read_member(
	struct reader *r, const struct scan_token *key, const struct scan_token *value)
{
	for (size_t i = 0; i < N_ELEMENTS(fields); i++) {
		const char *name = fields[i].name;
		if (!scan_is(key, (struct str){name, strlen(name)}))
			continue;
		if (r->seen & 1u << i)
			return fail_twice(r, name);
		r->seen |= 1u << i;
		return fields[i].read(r, value, name);
	}
	return hostkey_is(key) ? fail_host(r, key) : skip(r, value);
}

static bool check_required(struct reader *r)
{
	for (size_t i = 0; i < N_ELEMENTS(fields); i++)
		if (fields[i].is_required && !(r->seen & 1u << i))
			return apierr_set(r->e, APIERR_MISSING_PARAM, fields[i].name,
				"'%s' is missing.", fields[i].name);
	return true;
}

/* The hint becomes a name of bounded length fit for one line. */
static void take_session(struct chat_view *v, const struct scan_token *hint)
{
	enum { HASH_USED_BYTES = 16 };
	static_assert(CHAT_SESSION_BYTES > 2 * HASH_USED_BYTES, "room for the hex NUL");
	uint8_t hash[HASH_SHA256_BYTES];
	struct str s;
	if (scan_text(hint, v->session, sizeof v->session - 1, &s) && !has_control(s)) {
		v->session[s.n] = '\0';
		return;
	}
	hash_sha256(hint->raw, hash);
	hash_hex(hash, HASH_USED_BYTES, v->session);
}

/* All members have been read: what depends on several of them. */
static void finish(struct reader *r)
{
	struct chat_view *v = r->v;
	for (unsigned i = 0; i < HINTS && v->session[0] == '\0'; i++)
		if (r->hints[i].raw.n > 0)
			take_session(v, &r->hints[i]);
	if (!v->is_stream)
		return;
	v->wants_usage = r->asks_usage;
	if (!r->asks_usage)
		v->edit = r->edit;
}

bool chat_view_parse(struct str body, struct chat_view *view, struct apierr *error)
{
	struct reader r = {.v = view, .e = error};
	struct scan_token key, value;
	*view = (struct chat_view){.n_choices = 1};
	scan_init(&r.scan, body, SCAN_MAX_DEPTH);
	scan_next(&r.scan, &value);
	if (value.type == SCAN_ERROR)
		return fail_json(&r);
	if (value.type != SCAN_OBJECT_BEGIN)
		return apierr_set(error, APIERR_INVALID_TYPE, NULL,
			"The body must be a JSON object, not %s.",
			scan_type_text(value.type));
	r.edit = (struct edit){r.scan.at, 0, STR(whole_option)};
	while (scan_next(&r.scan, &key) == SCAN_KEY) {
		scan_next(&r.scan, &value);
		if (!read_member(&r, &key, &value))
			return false;
	}
	if (key.type == SCAN_ERROR || scan_next(&r.scan, &key) != SCAN_END)
		return fail_json(&r);
	if (!check_required(&r))
		return false;
	finish(&r);
	return true;
}
