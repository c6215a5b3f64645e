/* One walk over the members of a body, and what no single member shows. */
#include "text/request_reader.h"

#include "base/hash.h"
#include "text/hostkey.h"

#include <assert.h>
#include <string.h>

static const char whole_option[] = "\"stream_options\":{\"include_usage\":true},";

bool request_fail_json(struct request_reader *r)
{
	return apierr_set(r->e, APIERR_INVALID_JSON, NULL,
		"Invalid JSON at byte %zu: %s.", r->scan.at,
		scan_error_text(r->scan.error));
}

bool request_fail_type(struct request_reader *r, const struct scan_token *value,
	const char *param, const char *wanted)
{
	if (value->type == SCAN_ERROR)
		return request_fail_json(r);
	return apierr_set(r->e, APIERR_INVALID_TYPE, param, "'%s' must be %s, not %s.",
		param, wanted, scan_type_text(value->type));
}

bool request_fail_twice(struct request_reader *r, const char *param)
{
	return apierr_set(r->e, APIERR_INVALID_VALUE, param,
		"'%s' stands twice; which one counts would be a guess.", param);
}

bool request_skip(struct request_reader *r, const struct scan_token *value)
{
	return scan_skip(&r->scan, value) || request_fail_json(r);
}

/* ---- fields that name a host ------------------------------------------------- */

static bool fail_host(struct request_reader *r, const struct scan_token *key)
{
	char param[sizeof r->e->param];
	struct str s;
	(void)scan_text(key, param, sizeof param - 1, &s);
	param[s.n] = '\0';
	return apierr_set(r->e, APIERR_UNKNOWN_FIELD_HOST, param,
		"A request cannot choose its host; remove '%s'.", param);
}

/* Options for the one who sends: no key in there may name a host, however deep. */
static bool skip_options(struct request_reader *r, const struct scan_token *value)
{
	struct scan_token t;
	if (value->type != SCAN_OBJECT_BEGIN && value->type != SCAN_ARRAY_BEGIN)
		return request_skip(r, value);
	unsigned outside = r->scan.depth - 1;
	while (r->scan.depth > outside) {
		if (scan_next(&r->scan, &t) == SCAN_ERROR)
			return request_fail_json(r);
		if (t.type == SCAN_KEY && hostkey_is(&t))
			return fail_host(r, &t);
	}
	return true;
}

/* ---- members -------------------------------------------------------------------- */

static bool read_unknown(struct request_reader *r, const struct scan_token *key,
	const struct scan_token *value)
{
	if (hostkey_is(key) && !hostkey_is_path(value))
		return fail_host(r, key);
	return hostkey_is_options(key) ? skip_options(r, value)
				       : request_skip(r, value);
}

static bool read_member(struct request_reader *r, const struct request_shape *shape,
	const struct scan_token *key, const struct scan_token *value)
{
	for (size_t i = 0; i < shape->n_members; i++) {
		const char *name = shape->members[i].name;
		if (!scan_is(key, (struct str){name, strlen(name)}))
			continue;
		if (r->seen & 1u << i)
			return request_fail_twice(r, name);
		r->seen |= 1u << i;
		return shape->members[i].read(r, value, name);
	}
	return read_unknown(r, key, value);
}

static bool check_required(struct request_reader *r, const struct request_shape *shape)
{
	for (size_t i = 0; i < shape->n_members; i++) {
		const struct request_member *m = &shape->members[i];
		if (m->is_required && !(r->seen & 1u << i))
			return apierr_set(r->e, APIERR_MISSING_PARAM, m->name,
				"'%s' is missing.", m->name);
	}
	return true;
}

static bool has_control(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((uint8_t)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return true;
	return false;
}

/* The hint becomes a name of bounded length fit for one line. */
static void take_session(struct request_view *v, const struct scan_token *hint)
{
	enum { HASH_USED_BYTES = 16 };
	static_assert(
		REQUEST_SESSION_BYTES > 2 * HASH_USED_BYTES, "room for the hex NUL");
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
static void finish(struct request_reader *r, const struct request_shape *shape)
{
	struct request_view *v = r->v;
	for (unsigned i = 0; i < REQUEST_HINTS && v->session[0] == '\0'; i++)
		if (r->hints[i].raw.n > 0)
			take_session(v, &r->hints[i]);
	if (!v->is_stream)
		return;
	v->wants_usage = r->asks_usage || !shape->has_stream_options;
	if (!v->wants_usage)
		v->edit = r->edit;
}

bool request_read(const struct request_shape *shape, struct str body,
	struct request_view *view, struct apierr *error)
{
	struct request_reader r = {.v = view, .e = error};
	struct scan_token key, value;
	*view = (struct request_view){.n_choices = 1};
	scan_init(&r.scan, body, SCAN_MAX_DEPTH);
	scan_next(&r.scan, &value);
	if (value.type == SCAN_ERROR)
		return request_fail_json(&r);
	if (value.type != SCAN_OBJECT_BEGIN)
		return apierr_set(error, APIERR_INVALID_TYPE, NULL,
			"The body must be a JSON object, not %s.",
			scan_type_text(value.type));
	r.edit = (struct edit){r.scan.at, 0, STR(whole_option)};
	while (scan_next(&r.scan, &key) == SCAN_KEY) {
		scan_next(&r.scan, &value);
		if (!read_member(&r, shape, &key, &value))
			return false;
	}
	if (key.type == SCAN_ERROR || scan_next(&r.scan, &key) != SCAN_END)
		return request_fail_json(&r);
	if (!check_required(&r, shape))
		return false;
	finish(&r, shape);
	return true;
}
