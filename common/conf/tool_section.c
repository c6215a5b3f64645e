/* Tools of the configuration. */
#include "conf/tool_section.h"

#include "conf/suggest.h"
#include "conf/url.h"
#include "conf/value.h"
#include "text/scan.h"

#include <string.h>
#include <strings.h>

/* Its settings; the offset is in the first of the tools. */
#define KEY(key_, type_, field_, initial_, min_, max_)                                 \
	{                                                                              \
		.section = "tool", .key = #key_, .type = SETTING_##type_,              \
		.offset = offsetof(struct settings, tools.of[0].field_),               \
		.size = sizeof((struct settings *)0)->tools.of[0].field_,              \
		.initial = initial_, .min = min_, .max = max_, .reload = SETTING_LIVE  \
	}
static const struct setting keys[] = {
	KEY(url, URL, url, "", "1", "255"),
	KEY(description, PATH, description, "", "1", "511"),
	KEY(parameters, PATH, parameters, "{\"type\":\"object\",\"properties\":{}}",
		"1", "2047"),
	KEY(sample, PATH, sample, "{}", "1", "511"),
	KEY(role, CHOICE, role, "chat", "chat|monitor|admin", ""),
	KEY(timeout, DURATION, timeout_ns, "10s", "10ms", "60s"),
	KEY(max_bytes, SIZE, max_bytes, "16K", "64", "16K"),
};
#undef KEY

enum { AT_URL, AT_DESCRIPTION, AT_PARAMETERS, AT_SAMPLE };

#define OWN_TOOL(name) #name,
static const char *const own[OWN_TOOLS] = {
#include "conf/own_tools.def"
};
#undef OWN_TOOL

static bool str_is(struct str a, const char *b)
{
	return a.n == strlen(b) && memcmp(a.p, b, a.n) == 0;
}

static struct str text_of(const char *s)
{
	return (struct str){s, strlen(s)};
}

/* ---- a section --------------------------------------------------------------------- */

static bool find(const struct settings *s, struct str name, size_t *ix)
{
	for (*ix = 0; *ix < s->tools.n; ++*ix)
		if (str_is(name, s->tools.of[*ix].name))
			return true;
	return false;
}

/* As OpenAI takes the name of a function. */
static bool is_name(struct str name)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
	for (size_t i = 0; i < name.n; i++)
		if (memchr(plain, name.p[i], sizeof plain - 1) == NULL)
			return false;
	return name.n > 0 && name.n < SETTINGS_TOOL_BYTES;
}

static bool is_own(struct str name)
{
	for (size_t i = 0; i < OWN_TOOLS; i++)
		if (str_is(name, own[i]))
			return true;
	return false;
}

/* The row for the tool's own field. */
static struct setting key_of(size_t key, size_t ix)
{
	struct setting st = keys[key];
	st.offset += ix * sizeof(struct settings_tool);
	return st;
}

static void set_defaults(struct settings *s, size_t ix)
{
	struct origin none = {.env = "default"};
	for (size_t i = 0; i < N_ELEMENTS(keys); i++) {
		struct setting st = key_of(i, ix);
		if (st.initial[0] != '\0')
			must(value_parse(s, &st, text_of(st.initial), &none, NULL));
	}
}

bool tool_section_open(
	struct settings *s, struct str name, const struct origin *o, struct err *e)
{
	size_t ix;
	if (!is_name(name))
		return origin_error(o, e,
			"[tool] needs the tool's name, 1 to %d letters, digits, _ or -: "
			"[tool weather]",
			SETTINGS_TOOL_BYTES - 1);
	if (is_own(name))
		return origin_error(o, e,
			"[tool " STR_FMT "] is the name of one of Atlas's own tools",
			STR_ARG(name));
	if (find(s, name, &ix))
		return true;
	if (ix == SETTINGS_TOOLS_MAX)
		return origin_error(o, e, "one [tool] too many, accepted: %d of them",
			SETTINGS_TOOLS_MAX);
	struct settings_tool *t = &s->tools.of[ix];
	*t = (struct settings_tool){.line = o->line};
	memcpy(t->name, name.p, name.n);
	s->tools.n++;
	set_defaults(s, ix);
	return true;
}

/* ---- its settings -------------------------------------------------------------------- */

static bool refuse_key(struct str key, const struct origin *o, struct err *e)
{
	char shown[ORIGIN_SHOWN_BYTES];
	struct suggest near = {.typed = key};
	for (size_t i = 0; i < N_ELEMENTS(keys); i++)
		suggest_offer(&near, keys[i].key);
	origin_show(key, shown);
	if (near.best != NULL)
		return origin_error(o, e, "[tool] %s is unknown; did you mean %s?",
			shown, near.best);
	return origin_error(o, e, "[tool] %s is unknown", shown);
}

/* One JSON object and nothing behind it. */
static bool is_object(struct str text)
{
	struct scan s;
	struct scan_token t;
	scan_init(&s, text, SCAN_MAX_DEPTH);
	return scan_next(&s, &t) == SCAN_OBJECT_BEGIN && scan_skip(&s, &t) &&
	       scan_next(&s, &t) == SCAN_END;
}

/* {"type":"object", …}: what a function's arguments are. */
static bool is_schema(struct str text)
{
	struct scan s;
	struct scan_token key, v;
	scan_init(&s, text, SCAN_MAX_DEPTH);
	if (!is_object(text) || scan_next(&s, &key) != SCAN_OBJECT_BEGIN)
		return false;
	while (scan_next(&s, &key) == SCAN_KEY && scan_next(&s, &v) > SCAN_ERROR) {
		if (scan_is(&key, STR("type")))
			return v.type == SCAN_STRING && scan_is(&v, STR("object"));
		if (!scan_skip(&s, &v))
			return false;
	}
	return false;
}

static bool check_json(const struct setting *st, size_t key, struct str value,
	const struct origin *o, struct err *e)
{
	if (key == AT_PARAMETERS && !is_schema(value))
		return value_refuse(st, value, o, e,
			"is no JSON schema of an object, accepted: "
			"{\"type\":\"object\", ...} in one line");
	if (key == AT_SAMPLE && !is_object(value))
		return value_refuse(st, value, o, e,
			"is no JSON object, accepted: {...} in one line");
	return true;
}

bool tool_section_take(struct settings *s, struct str name, struct str key,
	struct str value, const struct origin *o, struct err *e)
{
	size_t ix;
	must(find(s, name, &ix));
	struct settings_tool *t = &s->tools.of[ix];
	for (size_t i = 0; i < N_ELEMENTS(keys); i++) {
		struct setting st = key_of(i, ix);
		if (!str_is(key, st.key))
			continue;
		if ((t->given & UINT64_C(1) << i) != 0)
			return origin_error(
				o, e, "[tool %s] %s is set already", t->name, st.key);
		t->given |= UINT64_C(1) << i;
		return check_json(&st, i, value, o, e) &&
		       value_parse(s, &st, value, o, e);
	}
	return refuse_key(key, o, e);
}

const struct settings_tool *tool_section_find(const struct settings *s, struct str name)
{
	size_t ix;
	return find(s, name, &ix) ? &s->tools.of[ix] : NULL;
}

/* ---- the whole -------------------------------------------------------------------------- */

static bool is_allowed(const struct settings_list *hosts, struct str host)
{
	for (uint32_t i = 0; i < hosts->n; i++)
		if (host.n == strlen(hosts->entry[i]) &&
			strncasecmp(host.p, hosts->entry[i], host.n) == 0)
			return true;
	return false;
}

static bool check_url(const struct settings *s, const struct settings_tool *t,
	const struct origin *o, struct err *e)
{
	struct url url;
	must(url_parse(text_of(t->url), &url) == NULL);
	if (!is_allowed(&s->tools_hosts, url.host))
		return origin_error(o, e,
			"[tool %s] url names " STR_FMT
			", which is not one of [tools] hosts",
			t->name, STR_ARG(url.host));
	if (!url.is_tls && !url.is_loopback && !s->allow_plain_http)
		return origin_error(o, e,
			"[tool %s] url would be called unencrypted; use https:// or set "
			"[openai] allow_plain_http = yes",
			t->name);
	return true;
}

bool tool_section_check(const struct settings *s, const char *path, struct err *e)
{
	for (size_t i = 0; i < s->tools.n; i++) {
		const struct settings_tool *t = &s->tools.of[i];
		struct origin o = {.path = path, .line = (unsigned)t->line};
		for (size_t key = AT_URL; key <= AT_DESCRIPTION; key++)
			if ((t->given & UINT64_C(1) << key) == 0)
				return origin_error(&o, e, "[tool %s] has no %s",
					t->name, keys[key].key);
		if (!check_url(s, t, &o, e))
			return false;
	}
	return true;
}
