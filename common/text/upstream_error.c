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

/* The members of the object that has just been opened, up to its end. `own` gets those of
 * the document itself, NULL inside "response". */
static bool take_members(struct upstream_error *u, struct scan *s, bool *is_found,
	struct upstream_error *own)
{
	struct scan_token key, value;
	while (scan_next(s, &key) == SCAN_KEY) {
		scan_next(s, &value);
		bool is_fine = true;
		if (scan_is(&key, STR("error")) && !*is_found) {
			*is_found = take_error(u, s, &value);
		} else if (own != NULL && value.type == SCAN_OBJECT_BEGIN &&
			   scan_is(&key, STR("response"))) {
			is_fine = take_members(u, s, is_found, NULL);
		} else {
			if (own != NULL)
				take_member(own, &key, &value);
			is_fine = scan_skip(s, &value);
		}
		if (!is_fine)
			return false;
	}
	return key.type == SCAN_OBJECT_END;
}

/* {"type":"error","message":…}: an event that is itself the error. */
static bool is_bare(const struct upstream_error *own)
{
	return own->n_type == 5 && memcmp(own->type, "error", 5) == 0;
}

bool upstream_error_parse(struct str body, struct upstream_error *out)
{
	struct scan s;
	struct scan_token t;
	struct upstream_error own = {0};
	bool is_found = false;
	*out = (struct upstream_error){0};
	scan_init(&s, body, SCAN_MAX_DEPTH);
	if (scan_next(&s, &t) != SCAN_OBJECT_BEGIN ||
		!take_members(out, &s, &is_found, &own) ||
		scan_next(&s, &t) != SCAN_END)
		return false;
	if (is_found || !is_bare(&own))
		return is_found;
	*out = own;
	memset(out->type, 0, sizeof out->type);
	out->n_type = 0;
	return true;
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
