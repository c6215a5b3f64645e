/* Members that the bodies of several APIs have. */
#include "text/request_reader.h"

#include <string.h>

enum { CHARS_PER_TOKEN = 4 };

static const char object_option[] = "{\"include_usage\":true}";
static const char first_option[] = "\"include_usage\":true,";
static const char only_option[] = "\"include_usage\":true";

/* ---- words ------------------------------------------------------------------- */

/* A decoded string, with a NUL behind it, that people may read. */
static bool read_word(struct request_reader *r, const struct scan_token *value,
	const char *param, char *buf, size_t cap)
{
	struct str s;
	if (value->type != SCAN_STRING)
		return request_fail_type(r, value, param, "a string");
	if (!scan_text(value, buf, cap - 1, &s))
		return apierr_set(r->e, APIERR_INVALID_VALUE, param,
			"'%s' is longer than %zu bytes.", param, cap - 1);
	for (size_t i = 0; i < s.n; i++)
		if ((uint8_t)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return apierr_set(r->e, APIERR_INVALID_VALUE, param,
				"'%s' holds a control character.", param);
	buf[s.n] = '\0';
	return true;
}

bool request_read_model(
	struct request_reader *r, const struct scan_token *value, const char *param)
{
	struct request_view *v = r->v;
	if (!read_word(r, value, param, v->model, sizeof v->model))
		return false;
	if (v->model[0] == '\0')
		return apierr_set(r->e, APIERR_INVALID_VALUE, param,
			"'model' is empty; name the model to use.");
	return true;
}

bool request_read_tier(
	struct request_reader *r, const struct scan_token *value, const char *param)
{
	struct request_view *v = r->v;
	return value->type == SCAN_NULL ||
	       read_word(r, value, param, v->tier, sizeof v->tier);
}

/* ---- session hints -------------------------------------------------------------- */

static bool read_hint(struct request_reader *r, const struct scan_token *value,
	const char *param, enum request_hint rank)
{
	if (value->type != SCAN_STRING && value->type != SCAN_NULL)
		return request_fail_type(r, value, param, "a string");
	r->hints[rank] = *value;
	return true;
}

bool request_read_user(
	struct request_reader *r, const struct scan_token *value, const char *param)
{
	return read_hint(r, value, param, REQUEST_HINT_USER);
}

bool request_read_safety(
	struct request_reader *r, const struct scan_token *value, const char *param)
{
	return read_hint(r, value, param, REQUEST_HINT_SAFETY_IDENTIFIER);
}

bool request_read_cache_key(
	struct request_reader *r, const struct scan_token *value, const char *param)
{
	return read_hint(r, value, param, REQUEST_HINT_PROMPT_CACHE_KEY);
}

/* ---- switches --------------------------------------------------------------------- */

static bool read_bool(struct request_reader *r, const struct scan_token *value,
	const char *param, bool *out)
{
	*out = value->type == SCAN_TRUE;
	return *out || value->type == SCAN_FALSE || value->type == SCAN_NULL ||
	       request_fail_type(r, value, param, "a boolean");
}

bool request_read_stream(
	struct request_reader *r, const struct scan_token *value, const char *param)
{
	return read_bool(r, value, param, &r->v->is_stream);
}

/* The edit that leaves include_usage: true, whatever stands there. */
bool request_read_stream_options(
	struct request_reader *r, const struct scan_token *value, const char *param)
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
		return request_fail_type(r, value, param, "an object");
	while (scan_next(&r->scan, &key) == SCAN_KEY) {
		scan_next(&r->scan, &member);
		is_empty = false;
		if (!scan_is(&key, STR("include_usage"))) {
			if (!request_skip(r, &member))
				return false;
			continue;
		}
		if (has_include)
			return request_fail_twice(r, include);
		if (!read_bool(r, &member, include, &r->asks_usage))
			return false;
		has_include = true;
		r->edit = (struct edit){
			member.offset, r->scan.at - member.offset, STR("true")};
	}
	if (!has_include)
		r->edit = (struct edit){
			inside, 0, is_empty ? STR(only_option) : STR(first_option)};
	return key.type == SCAN_OBJECT_END || request_fail_json(r);
}

/* ---- counts ------------------------------------------------------------------------- */

/* A count of at least `least` into *out; null leaves it alone. */
static bool read_count(struct request_reader *r, const struct scan_token *value,
	const char *param, int64_t least, uint64_t *out)
{
	int64_t n;
	if (value->type == SCAN_NULL)
		return true;
	if (value->type != SCAN_NUMBER)
		return request_fail_type(r, value, param, "an integer");
	if (!scan_int64(value, &n) || n < least || n > REQUEST_MAX_COUNT)
		return apierr_set(r->e, APIERR_INVALID_VALUE, param,
			"'%s' must be an integer from %lld to %lld.", param,
			(long long)least, (long long)REQUEST_MAX_COUNT);
	*out = (uint64_t)n;
	return true;
}

bool request_read_choices(
	struct request_reader *r, const struct scan_token *value, const char *param)
{
	uint64_t n = 1; /* the upstream refuses 0 itself */
	if (!read_count(r, value, param, 0, &n))
		return false;
	r->v->n_choices = MAX(r->v->n_choices, n);
	return true;
}

static bool read_bound(struct request_reader *r, const struct scan_token *value,
	const char *param, int64_t least)
{
	uint64_t n = 0;
	if (!read_count(r, value, param, least, &n))
		return false;
	r->v->has_max_tokens |= value->type != SCAN_NULL;
	r->v->max_tokens = MAX(r->v->max_tokens, n);
	return true;
}

bool request_read_max_tokens(
	struct request_reader *r, const struct scan_token *value, const char *param)
{
	return read_bound(r, value, param, 1);
}

/* The old endpoint may be asked to tell its prompt and to make nothing. */
bool request_read_max_tokens_or_none(
	struct request_reader *r, const struct scan_token *value, const char *param)
{
	return read_bound(r, value, param, 0);
}

/* ---- prompt that is no message --------------------------------------------------------- */

bool request_read_schema(
	struct request_reader *r, const struct scan_token *value, const char *param)
{
	(void)param;
	if (!request_skip(r, value))
		return false;
	r->v->n_schema_bytes += r->scan.at - value->offset;
	return true;
}

bool request_read_unseen(
	struct request_reader *r, const struct scan_token *value, const char *param)
{
	(void)param;
	r->v->has_unseen_prompt |= value->type != SCAN_NULL;
	return request_skip(r, value);
}

/* A tool's own type stands two levels below `outside`, its parameters' types deeper. */
static bool read_tool_types(struct request_reader *r, unsigned outside)
{
	struct scan_token t;
	bool is_type = false;
	while (r->scan.depth > outside) {
		if (scan_next(&r->scan, &t) == SCAN_ERROR)
			return request_fail_json(r);
		if (t.type == SCAN_STRING && is_type)
			r->v->has_unseen_prompt |= !scan_is(&t, STR("function")) &&
						   !scan_is(&t, STR("custom"));
		is_type = t.type == SCAN_KEY && r->scan.depth == outside + 2 &&
			  scan_is(&t, STR("type"));
	}
	return true;
}

bool request_read_tools(
	struct request_reader *r, const struct scan_token *value, const char *param)
{
	if (value->type != SCAN_ARRAY_BEGIN)
		return request_read_schema(r, value, param);
	if (!read_tool_types(r, r->scan.depth - 1))
		return false;
	r->v->n_schema_bytes += r->scan.at - value->offset;
	return true;
}

static bool read_text(
	struct request_reader *r, const struct scan_token *value, const char *param)
{
	if (value->type == SCAN_STRING)
		r->v->n_prompt_chars += value->n_chars;
	else if (value->type == SCAN_NUMBER)
		r->v->n_prompt_chars += CHARS_PER_TOKEN;
	else
		return request_fail_type(r, value, param, "text or tokens");
	return true;
}

static bool read_tokens(struct request_reader *r, const char *param)
{
	struct scan_token t;
	while (scan_next(&r->scan, &t) != SCAN_ARRAY_END)
		if (!read_text(r, &t, param))
			return false;
	return true;
}

bool request_read_texts(
	struct request_reader *r, const struct scan_token *value, const char *param)
{
	struct scan_token t;
	r->v->n_items = 1;
	if (value->type == SCAN_NULL)
		return true;
	if (value->type != SCAN_ARRAY_BEGIN)
		return read_text(r, value, param);
	size_t n_texts = 0;
	while (scan_next(&r->scan, &t) != SCAN_ARRAY_END) {
		n_texts += t.type != SCAN_NUMBER;
		if (!(t.type == SCAN_ARRAY_BEGIN ? read_tokens(r, param)
						 : read_text(r, &t, param)))
			return false;
	}
	r->v->n_items = MAX(n_texts, 1);
	return true;
}
