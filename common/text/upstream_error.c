/* Upstream error bodies: four bounded strings out of strangers' JSON. */
#include "text/upstream_error.h"

#include "text/scan.h"
#include "text/scrub.h"

#include <string.h>

/* A string or number token as scrubbed text; gives its length. Nothing of a key stays
 * behind it, and a NUL does: some read it as a C string. */
static size_t take_text(const struct scan_token *t, char *buf, size_t cap)
{
	struct str s = {buf, 0};
	if (t->type == SCAN_STRING || t->type == SCAN_NUMBER)
		(void)scan_text(t, buf, cap - 1, &s);
	size_t n = scrub_keys(buf, s.n);
	memset(buf + n, 0, cap - n);
	return n;
}

static void take_member(struct upstream_error *u, const struct scan_token *key,
	const struct scan_token *value)
{
	if (scan_is(key, STR("message")))
		u->n_message = take_text(value, u->message, sizeof u->message);
	else if (scan_is(key, STR("type")))
		u->n_type = take_text(value, u->type, sizeof u->type);
	else if (scan_is(key, STR("param")))
		u->n_param = take_text(value, u->param, sizeof u->param);
	else if (scan_is(key, STR("code")))
		u->n_code = take_text(value, u->code, sizeof u->code);
}

/* value is the first token behind the key "error": read it whole. */
static bool take_error(
	struct upstream_error *u, struct scan *s, const struct scan_token *value)
{
	if (value->type == SCAN_STRING)
		u->n_message = take_text(value, u->message, sizeof u->message);
	if (value->type != SCAN_OBJECT_BEGIN)
		return value->type == SCAN_STRING;
	struct scan_token key, member;
	while (scan_next(s, &key) == SCAN_KEY) {
		scan_next(s, &member);
		take_member(u, &key, &member);
		if (!scan_skip(s, &member))
			return false;
	}
	return key.type == SCAN_OBJECT_END;
}

bool upstream_error_parse(struct str body, struct upstream_error *out)
{
	struct scan s;
	struct scan_token key, value;
	bool is_found = false;
	*out = (struct upstream_error){0};
	scan_init(&s, body, SCAN_MAX_DEPTH);
	if (scan_next(&s, &value) != SCAN_OBJECT_BEGIN)
		return false;
	while (scan_next(&s, &key) == SCAN_KEY) {
		scan_next(&s, &value);
		if (scan_is(&key, STR("error")) && !is_found)
			is_found = take_error(out, &s, &value);
		else if (!scan_skip(&s, &value))
			return false;
	}
	return is_found && scan_next(&s, &key) == SCAN_END;
}

static struct str view(const char *p, size_t n)
{
	return (struct str){n > 0 ? p : NULL, n};
}

struct apierr_words upstream_error_words(const struct upstream_error *u)
{
	return (struct apierr_words){
		.message = view(u->message, u->n_message),
		.type = view(u->type, u->n_type),
		.param = view(u->param, u->n_param),
		.code = view(u->code, u->n_code),
	};
}
