/* Reading a change to a client token. */
#include "front/admin_body.h"

#include "text/scan.h"

#include <stdio.h>
#include <string.h>

/* One member: its key for errors, and its value as text. */
struct member {
	char key[32];
	char text[CLIENT_MODELS_BYTES];
	struct str value; /* views text */
};

static bool refuse(struct apierr *e, const struct member *m, const char *sentence)
{
	return apierr_set(e, APIERR_INVALID_VALUE, m->key, "%s", sentence);
}

static void read_key(struct member *m, const struct scan_token *key)
{
	struct str s;
	(void)scan_text(key, m->key, sizeof m->key - 1, &s);
	m->key[s.n] = '\0';
}

/* null = "default", a number as it is spelled. */
static bool read_value(struct member *m, struct scan *s, struct apierr *e)
{
	struct scan_token t;
	enum scan_type type = scan_next(s, &t);
	m->value = (struct str){m->text, 0};
	if (type == SCAN_STRING && scan_text(&t, m->text, sizeof m->text, &m->value))
		return true;
	if (type == SCAN_NUMBER && t.raw.n <= sizeof m->text) {
		m->value = t.raw;
		return true;
	}
	m->value = STR("default");
	return type == SCAN_NULL ||
	       refuse(e, m, "It must be a number, a short text or null.");
}

static bool take_name(struct admin_body *b, const struct member *m, struct apierr *e)
{
	struct err why = {0};
	if (b->name[0] != '\0')
		return refuse(e, m, "It stands twice.");
	if (!token_check_name(m->value, &why))
		return apierr_set(e, APIERR_INVALID_VALUE, m->key, "%s.", why.text);
	memcpy(b->name, m->value.p, m->value.n);
	return true;
}

static bool take_role(struct admin_body *b, const struct member *m, struct apierr *e)
{
	if (b->role != CLIENT_NONE)
		return refuse(e, m, "It stands twice.");
	return client_role_parse(m->value, &b->role) ||
	       refuse(e, m, "A role is chat, monitor or admin.");
}

static bool take_limit(struct admin_body *b, const struct member *m,
	enum client_limit which, struct apierr *e)
{
	struct err why = {0};
	if ((b->change.set & 1u << which) != 0)
		return refuse(e, m, "It stands twice.");
	b->change.set |= 1u << which;
	if (client_limit_parse(&b->change.limits, which, m->value, &why))
		return true;
	return apierr_set(e, APIERR_INVALID_VALUE, m->key, "%s.", why.text);
}

static bool take_member(
	struct admin_body *b, const struct member *m, bool is_new, struct apierr *e)
{
	enum client_limit which;
	if (client_limit_find((struct str){m->key, strlen(m->key)}, &which))
		return take_limit(b, m, which, e);
	if (is_new && strcmp(m->key, "name") == 0)
		return take_name(b, m, e);
	if (is_new && strcmp(m->key, "role") == 0)
		return take_role(b, m, e);
	return refuse(e, m,
		"There is no such field here; name and role of a new token, and the "
		"names of limits, are.");
}

static bool is_complete(const struct admin_body *b, bool is_new, struct apierr *e)
{
	if (is_new && b->name[0] == '\0')
		return apierr_set(
			e, APIERR_MISSING_PARAM, "name", "Give the token a name.");
	if (is_new && b->role == CLIENT_NONE)
		return apierr_set(e, APIERR_MISSING_PARAM, "role",
			"Say role: chat, monitor or admin.");
	if (!is_new && b->change.set == 0)
		return apierr_set(
			e, APIERR_MISSING_PARAM, NULL, "Name a limit to change.");
	return true;
}

bool admin_body_read(
	struct admin_body *b, struct str body, bool is_new, struct apierr *e)
{
	struct scan s;
	struct scan_token t;
	struct member m;
	*b = (struct admin_body){.role = CLIENT_NONE};
	scan_init(&s, body, 1);
	if (scan_next(&s, &t) != SCAN_OBJECT_BEGIN)
		return apierr_set(e, APIERR_INVALID_JSON, NULL,
			"The body must be a JSON object.");
	while (scan_next(&s, &t) == SCAN_KEY) {
		read_key(&m, &t);
		if (!read_value(&m, &s, e) || !take_member(b, &m, is_new, e))
			return false;
	}
	if (t.type != SCAN_OBJECT_END || scan_next(&s, &t) != SCAN_END)
		return apierr_default(e, APIERR_INVALID_JSON);
	return is_complete(b, is_new, e);
}
