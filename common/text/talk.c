/* Bodies of /chat/complete and /chat/stream. */
#include "text/talk.h"

#include "text/scan.h"

#include <string.h>

#define ASKED_BEFORE STR("{\"role\":\"user\",\"content\":\"")
#define ASKED_BEHIND STR("\"}")

struct reader {
	struct scan scan;
	struct talk *out;
	struct apierr *e;
	unsigned seen;
};

typedef bool member_reader(
	struct reader *r, const struct scan_token *v, const char *name);

static bool fail_json(struct reader *r)
{
	return apierr_set(r->e, APIERR_INVALID_JSON, NULL, "Byte %zu of the body: %s.",
		r->scan.at, scan_error_text(r->scan.error));
}

static bool fail_type(struct reader *r, const char *name, const char *wanted)
{
	return apierr_set(
		r->e, APIERR_INVALID_TYPE, name, "%s must be %s.", name, wanted);
}

static bool read_raw(
	struct reader *r, const struct scan_token *v, const char *name, struct str *to)
{
	if (v->type != SCAN_STRING)
		return fail_type(r, name, "a string");
	*to = v->raw;
	return true;
}

static bool read_word(struct reader *r, const struct scan_token *v, const char *name,
	char *to, size_t cap)
{
	struct str s;
	if (v->type != SCAN_STRING)
		return fail_type(r, name, "a string");
	if (!scan_text(v, to, cap - 1, &s) || memchr(to, '\0', s.n) != NULL)
		return apierr_set(r->e, APIERR_INVALID_VALUE, name,
			"%s is longer than %zu characters, or none of its kind.", name,
			cap - 1);
	to[s.n] = '\0';
	return true;
}

bool talk_is_session(struct str name)
{
	static const char others[] = "-_.:";
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		bool is_fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			       (c >= '0' && c <= '9') ||
			       (c != '\0' && strchr(others, c) != NULL);
		if (!is_fine)
			return false;
	}
	return name.n > 0 && name.n < TALK_WORD_BYTES;
}

void talk_title(struct str s, char out[static TALK_TITLE_BYTES])
{
	size_t n = 0;
	while (s.n > 0 && (unsigned char)*s.p <= ' ')
		s.p++, s.n--;
	while (n < s.n && n < TALK_TITLE_BYTES - 1 && (unsigned char)s.p[n] >= ' ')
		n++;
	/* not in the middle of a character */
	while (n > 0 && n < s.n && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n--;
	memcpy(out, s.p, n);
	out[n] = '\0';
}

/* ---- members ---------------------------------------------------------------------- */

static void take_title(struct talk *t, const struct scan_token *v)
{
	char buf[TALK_TITLE_BYTES];
	struct str s;
	if (t->title[0] != '\0')
		return;
	(void)scan_text(v, buf, sizeof buf, &s);
	talk_title(s, t->title);
}

static bool read_message(struct reader *r, const struct scan_token *v, const char *name)
{
	if (!read_raw(r, v, name, &r->out->message))
		return false;
	take_title(r->out, v);
	return v->raw.n > 0 ||
	       apierr_set(r->e, APIERR_INVALID_VALUE, name, "message is empty.");
}

/* One of messages: an object with a role; what else it has is the upstream's business. */
static bool read_one(struct reader *r, const struct scan_token *first)
{
	struct scan_token key, v;
	bool has_role = false;
	if (first->type != SCAN_OBJECT_BEGIN)
		return fail_type(r, "messages", "an array of objects");
	while (scan_next(&r->scan, &key) == SCAN_KEY) {
		if (scan_next(&r->scan, &v) <= SCAN_ERROR)
			return fail_json(r);
		has_role |= scan_is(&key, STR("role")) && v.type == SCAN_STRING;
		if (scan_is(&key, STR("content")) && v.type == SCAN_STRING)
			take_title(r->out, &v);
		if (!scan_skip(&r->scan, &v))
			return fail_json(r);
	}
	if (key.type != SCAN_OBJECT_END)
		return fail_json(r);
	return has_role || apierr_set(r->e, APIERR_MISSING_PARAM, "messages",
				   "Each of messages must have a role.");
}

static bool read_messages(
	struct reader *r, const struct scan_token *v, const char *name)
{
	struct scan_token one;
	size_t from = r->scan.at, n = 0;
	if (v->type != SCAN_ARRAY_BEGIN)
		return fail_type(r, name, "an array of objects");
	while (scan_next(&r->scan, &one) > SCAN_ERROR && one.type != SCAN_ARRAY_END) {
		if (!read_one(r, &one))
			return false;
		n++;
	}
	if (one.type != SCAN_ARRAY_END)
		return fail_json(r);
	r->out->messages = (struct str){r->scan.text.p + from, r->scan.at - 1 - from};
	return n > 0 ||
	       apierr_set(r->e, APIERR_INVALID_VALUE, name, "messages is empty.");
}

static bool read_session(struct reader *r, const struct scan_token *v, const char *name)
{
	struct talk *t = r->out;
	if (!read_word(r, v, name, t->session, sizeof t->session))
		return false;
	return talk_is_session((struct str){t->session, strlen(t->session)}) ||
	       apierr_set(r->e, APIERR_INVALID_VALUE, name,
		       "session_id must have 1 to %d letters, digits, \"-\", \"_\", "
		       "\".\" or \":\".",
		       TALK_WORD_BYTES - 1);
}

static bool read_after(struct reader *r, const struct scan_token *v, const char *name)
{
	r->out->has_after = true;
	return read_word(r, v, name, r->out->after, sizeof r->out->after);
}

static bool read_model(struct reader *r, const struct scan_token *v, const char *name)
{
	return read_raw(r, v, name, &r->out->model_raw) &&
	       read_word(r, v, name, r->out->model, sizeof r->out->model);
}

static bool read_priority(
	struct reader *r, const struct scan_token *v, const char *name)
{
	return read_word(r, v, name, r->out->priority, sizeof r->out->priority);
}

static bool read_system(struct reader *r, const struct scan_token *v, const char *name)
{
	return read_raw(r, v, name, &r->out->system);
}

static bool read_temperature(
	struct reader *r, const struct scan_token *v, const char *name)
{
	if (v->type != SCAN_NUMBER)
		return fail_type(r, name, "a number");
	r->out->temperature = v->raw;
	return true;
}

static bool read_max_tokens(
	struct reader *r, const struct scan_token *v, const char *name)
{
	int64_t n;
	if (v->type != SCAN_NUMBER || !scan_int64(v, &n) || n < 1 ||
		n > INT64_C(1) << 40)
		return fail_type(r, name, "a positive whole number");
	r->out->max_tokens = v->raw;
	r->out->n_max_tokens = (uint64_t)n;
	return true;
}

/* true, false, or an array of names. */
static bool read_tools(struct reader *r, const struct scan_token *v, const char *name)
{
	struct scan_token one;
	size_t from = r->scan.at;
	r->out->wants_tools = v->type != SCAN_FALSE;
	if (v->type == SCAN_TRUE || v->type == SCAN_FALSE)
		return true;
	if (v->type != SCAN_ARRAY_BEGIN)
		return fail_type(r, name, "true, false or an array of names");
	while (scan_next(&r->scan, &one) == SCAN_STRING)
		if (one.is_escaped || one.raw.n >= TALK_WORD_BYTES)
			return apierr_set(r->e, APIERR_INVALID_VALUE, name,
				"tools has a name that no tool has; see GET /tools.");
	if (one.type == SCAN_ERROR)
		return fail_json(r);
	if (one.type != SCAN_ARRAY_END)
		return fail_type(r, name, "true, false or an array of names");
	r->out->tools = (struct str){r->scan.text.p + from, r->scan.at - 1 - from};
	return true;
}

static const struct {
	const char *name;
	member_reader *read;
} members[] = {
	{"message", read_message},
	{"messages", read_messages},
	{"session_id", read_session},
	{"after", read_after},
	{"model", read_model},
	{"system", read_system},
	{"temperature", read_temperature},
	{"max_tokens", read_max_tokens},
	{"priority", read_priority},
	{"tools", read_tools},
};

static bool read_member(struct reader *r, const struct scan_token *key)
{
	struct scan_token v;
	char name[TALK_WORD_BYTES];
	struct str shown;
	size_t i = 0;
	while (i < N_ELEMENTS(members) &&
		!scan_is(key, (struct str){members[i].name, strlen(members[i].name)}))
		i++;
	if (i == N_ELEMENTS(members)) {
		(void)scan_text(key, name, sizeof name, &shown);
		return apierr_set(r->e, APIERR_INVALID_VALUE, NULL,
			"The member \"" STR_FMT "\" is not known here.",
			STR_ARG(shown));
	}
	if (r->seen & 1u << i)
		return apierr_set(r->e, APIERR_INVALID_VALUE, members[i].name,
			"%s is there twice.", members[i].name);
	r->seen |= 1u << i;
	if (scan_next(&r->scan, &v) <= SCAN_ERROR)
		return fail_json(r);
	return v.type == SCAN_NULL || members[i].read(r, &v, members[i].name);
}

bool talk_parse(struct str body, struct talk *out, struct apierr *e)
{
	struct reader r = {.out = out, .e = e};
	struct scan_token t;
	*out = (struct talk){0};
	scan_init(&r.scan, body, SCAN_MAX_DEPTH);
	if (scan_next(&r.scan, &t) != SCAN_OBJECT_BEGIN)
		return t.type == SCAN_ERROR
			       ? fail_json(&r)
			       : apierr_set(e, APIERR_INVALID_TYPE, NULL,
					 "The body must be a JSON object.");
	while (scan_next(&r.scan, &t) == SCAN_KEY)
		if (!read_member(&r, &t))
			return false;
	if (t.type != SCAN_OBJECT_END || scan_next(&r.scan, &t) != SCAN_END)
		return fail_json(&r);
	if ((out->message.p == NULL) == (out->messages.p == NULL))
		return apierr_set(e, APIERR_MISSING_PARAM, "message",
			"Give either message or messages.");
	return true;
}

bool talk_next_tool(const struct talk *t, size_t *at, char name[static TALK_WORD_BYTES])
{
	const char *from = t->tools.p + *at, *end = t->tools.p + t->tools.n;
	const char *open = t->tools.p ? memchr(from, '"', (size_t)(end - from)) : NULL;
	if (open == NULL)
		return false;
	const char *close = memchr(open + 1, '"', (size_t)(end - open - 1));
	must(close != NULL); /* it has been read: without escapes, and short */
	size_t n = (size_t)(close - open - 1);
	memcpy(name, open + 1, n);
	name[n] = '\0';
	*at = (size_t)(close + 1 - t->tools.p);
	return true;
}

/* ---- the messages -------------------------------------------------------------------- */

size_t talk_size(const struct talk *t)
{
	if (t->message.p == NULL)
		return t->messages.n;
	return ASKED_BEFORE.n + t->message.n + ASKED_BEHIND.n;
}

void talk_write(const struct talk *t, char *dst)
{
	if (t->message.p == NULL) {
		memcpy(dst, t->messages.p, t->messages.n);
		return;
	}
	memcpy(dst, ASKED_BEFORE.p, ASKED_BEFORE.n);
	dst += ASKED_BEFORE.n;
	memcpy(dst, t->message.p, t->message.n);
	memcpy(dst + t->message.n, ASKED_BEHIND.p, ASKED_BEHIND.n);
}
