/* Words of messages. */
#include "text/messages.h"

#include "text/scan.h"

#include <string.h>

void messages_init(struct messages *m, struct str text, char *buf)
{
	*m = (struct messages){text, buf};
}

void messages_fold(char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] >= 'A' && p[i] <= 'Z')
			p[i] = (char)(p[i] - 'A' + 'a');
}

static void add_words(const struct scan_token *v, char *buf, struct message_words *out)
{
	struct str s;
	size_t n = out->words.n;
	if (n > 0)
		buf[n++] = '\n'; /* in place of what stood between them */
	(void)scan_text(v, buf + n, v->raw.n, &s);
	out->words = (struct str){buf, n + s.n};
}

/* {"type":"text","text":"…"} and others, at any depth. */
static bool read_parts(struct scan *s, char *buf, struct message_words *out)
{
	struct scan_token t;
	unsigned outside = s->depth - 1;
	bool is_text = false;
	while (s->depth > outside) {
		if (scan_next(s, &t) <= SCAN_ERROR)
			return false;
		if (t.type == SCAN_KEY) {
			is_text = scan_is(&t, STR("text"));
			continue;
		}
		if (t.type == SCAN_STRING && is_text)
			add_words(&t, buf, out);
		is_text = false;
	}
	return true;
}

static bool read_member(struct scan *s, const struct scan_token *key, char *buf,
	struct message_words *out)
{
	struct scan_token v;
	if (scan_next(s, &v) <= SCAN_ERROR)
		return false;
	if (scan_is(key, STR("content"))) {
		if (v.type == SCAN_ARRAY_BEGIN)
			return read_parts(s, buf, out);
		if (v.type == SCAN_STRING && v.raw.n > 0)
			add_words(&v, buf, out);
	}
	if (scan_is(key, STR("role")) && v.type == SCAN_STRING)
		out->role = v.raw;
	if (scan_is(key, STR("tool_calls")))
		out->has_calls = v.type == SCAN_ARRAY_BEGIN;
	return scan_skip(s, &v);
}

bool messages_next(struct messages *m, struct message_words *out)
{
	struct scan s;
	struct scan_token key;
	*out = (struct message_words){STR(""), STR(""), false};
	while (m->rest.n > 0 && memchr(" \t\r\n,", *m->rest.p, 5) != NULL)
		m->rest.p++, m->rest.n--;
	scan_init(&s, m->rest, SCAN_MAX_DEPTH);
	if (scan_next(&s, &key) != SCAN_OBJECT_BEGIN)
		return false;
	while (scan_next(&s, &key) == SCAN_KEY)
		if (!read_member(&s, &key, m->buf, out))
			return false;
	m->rest.p += s.at;
	m->rest.n -= s.at;
	return key.type == SCAN_OBJECT_END;
}
