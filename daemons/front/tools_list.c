/* All tools there are: Atlas's own, and behind them those of the configuration. */
#include "front/auth.h"
#include "front/tools_parts.h"

#include <string.h>

_Static_assert(OWN_TOOLS + SETTINGS_TOOLS_MAX <= TOOLS_MAX, "a bit each");

static struct str text_of(const char *s)
{
	return (struct str){s, strlen(s)};
}

static const enum route_role roles[] = {[SETTINGS_ROLE_CHAT] = ROUTE_CHAT,
	[SETTINGS_ROLE_MONITOR] = ROUTE_MONITOR,
	[SETTINGS_ROLE_ADMIN] = ROUTE_ADMIN};

/* The tool of that bit; false = there is none. */
static bool get(const struct front *f, size_t ix, struct tool *out)
{
	const struct settings_tools *more = &f->process.settings.tools;
	if (ix < OWN_TOOLS) {
		*out = tools_own[ix];
		return true;
	}
	if (ix - OWN_TOOLS >= more->n)
		return false;
	const struct settings_tool *t = &more->of[ix - OWN_TOOLS];
	*out = (struct tool){.name = text_of(t->name),
		.parameters = text_of(t->parameters),
		.sample = text_of(t->sample),
		.description = text_of(t->description),
		.role = roles[t->role]};
	return true;
}

uint32_t tools_of(struct conn *c)
{
	enum apierr_reason reason;
	struct tool t;
	uint32_t mask = 0;
	for (size_t i = 0; get(c->front, i, &t); i++)
		if (auth_may(c, t.role, &reason))
			mask |= 1u << i;
	return mask;
}

uint32_t tools_named(const struct front *f, struct str name)
{
	struct tool t;
	for (size_t i = 0; get(f, i, &t); i++)
		if (name.n == t.name.n && memcmp(name.p, t.name.p, name.n) == 0)
			return 1u << i;
	return 0;
}

bool tools_are_outside(uint32_t mask)
{
	return (mask & ~TOOLS_OWN_MASK) != 0;
}

static struct tool one_of(const struct front *f, uint32_t tool)
{
	struct tool t;
	must(tool != 0 && get(f, (size_t)__builtin_ctz(tool), &t));
	return t;
}

struct str tools_name(const struct front *f, uint32_t tool)
{
	return one_of(f, tool).name;
}

struct str tools_sample(const struct front *f, uint32_t tool)
{
	return one_of(f, tool).sample;
}

/* ---- as JSON --------------------------------------------------------------------------- */

static void member_json(struct jsonw *w, struct str key, struct str json)
{
	jsonw_key(w, key);
	jsonw_json(w, json);
}

static void member_str(struct jsonw *w, struct str key, struct str text)
{
	jsonw_key(w, key);
	jsonw_string(w, text);
}

static void write_function(struct jsonw *w, const struct tool *t)
{
	member_str(w, STR("name"), t->name);
	member_str(w, STR("description"), t->description);
	member_json(w, STR("parameters"), t->parameters);
}

static void write_for_chat(struct jsonw *w, const struct tool *t)
{
	member_str(w, STR("type"), STR("function"));
	jsonw_key(w, STR("function"));
	jsonw_begin_object(w);
	write_function(w, t);
	jsonw_end_object(w);
}

/* Flat, and strict unless told otherwise. */
static void write_for_responses(struct jsonw *w, const struct tool *t)
{
	member_str(w, STR("type"), STR("function"));
	write_function(w, t);
	jsonw_key(w, STR("strict"));
	jsonw_bool(w, false);
}

static void write_for_people(struct jsonw *w, const struct tool *t)
{
	write_function(w, t);
	member_json(w, STR("sample"), t->sample);
}

static void write_all(struct jsonw *w, const struct front *f, uint32_t mask,
	void (*write)(struct jsonw *w, const struct tool *t))
{
	struct tool t;
	jsonw_begin_array(w);
	for (size_t i = 0; get(f, i, &t); i++) {
		if (!(mask & 1u << i))
			continue;
		jsonw_begin_object(w);
		write(w, &t);
		jsonw_end_object(w);
	}
	jsonw_end_array(w);
}

void tools_write(
	struct jsonw *w, const struct front *f, uint32_t mask, enum exchange_api api)
{
	write_all(w, f, mask,
		api == API_RESPONSES ? write_for_responses : write_for_chat);
}

void tools_tell(struct jsonw *w, const struct front *f, uint32_t mask)
{
	write_all(w, f, mask, write_for_people);
}
