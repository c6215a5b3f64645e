/* Two settings side by side. */
#include "conf/differences.h"

#include "conf/model_section.h"
#include "conf/url.h"
#include "conf/value.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct telling {
	difference_fn *fn;
	void *arg;
	unsigned n;
};

static void put(char out[static DIFFERENCE_VALUE_BYTES], const char *text)
{
	static const char dots[] = "...";
	const char *shown = text[0] == '\0' ? "empty" : text;
	if (snprintf(out, DIFFERENCE_VALUE_BYTES, "%s", shown) >=
		DIFFERENCE_VALUE_BYTES)
		memcpy(out + DIFFERENCE_VALUE_BYTES - sizeof dots, dots, sizeof dots);
}

/* What is shown may be the same, of what is cut or hidden. */
static void tell(struct telling *t, struct difference *d)
{
	if (strcmp(d->old, d->now) == 0)
		d->old[0] = d->now[0] = '\0';
	t->n++;
	t->fn(t->arg, d);
}

/* ---- settings ------------------------------------------------------------------------- */

static void put_value(const struct settings *s, const struct setting *st,
	char out[static DIFFERENCE_VALUE_BYTES])
{
	char text[VALUE_BYTES], shown[URL_SHOWN_BYTES];
	value_format(s, st, text);
	if (st->type == SETTING_PHRASES)
		out[0] = '\0';
	else if (st->type == SETTING_URL || st->type == SETTING_HOOK)
		put(out, url_show((struct str){text, strlen(text)}, shown));
	else
		put(out, text);
}

static void tell_settings(
	struct telling *t, const struct settings *old, const struct settings *now)
{
	const struct setting *st;
	for (unsigned at = 0; (st = settings_diff(old, now, &at)) != NULL;) {
		struct difference d;
		snprintf(d.name, sizeof d.name, "[%s] %s", st->section, st->key);
		put_value(old, st, d.old);
		put_value(now, st, d.now);
		tell(t, &d);
	}
}

/* ---- models --------------------------------------------------------------------------- */

static const struct settings_model nothing;

static const struct settings_model *find_model(
	const struct settings_models *m, const char *name)
{
	for (size_t i = 0; i < m->n; i++)
		if (strcmp(m->of[i].name, name) == 0)
			return &m->of[i];
	return &nothing;
}

static void put_limit(const struct settings_model *m, enum settings_limit which,
	char out[static DIFFERENCE_VALUE_BYTES])
{
	if ((m->given & UINT64_C(1) << which) == 0)
		put(out, "not set");
	else
		snprintf(out, DIFFERENCE_VALUE_BYTES, "%" PRIu64, m->limit[which]);
}

static void tell_model(struct telling *t, const char *name,
	const struct settings_model *old, const struct settings_model *now)
{
	for (unsigned i = 0; i < SETTINGS_LIMITS; i++) {
		struct difference d;
		enum settings_limit which = (enum settings_limit)i;
		snprintf(d.name, sizeof d.name, "[model %s] %s", name,
			model_section_key(which));
		put_limit(old, which, d.old);
		put_limit(now, which, d.now);
		if (strcmp(d.old, d.now) != 0)
			tell(t, &d);
	}
}

static void tell_models(struct telling *t, const struct settings_models *old,
	const struct settings_models *now)
{
	for (size_t i = 0; i < old->n; i++)
		tell_model(t, old->of[i].name, &old->of[i],
			find_model(now, old->of[i].name));
	for (size_t i = 0; i < now->n; i++)
		if (find_model(old, now->of[i].name) == &nothing)
			tell_model(t, now->of[i].name, &nothing, &now->of[i]);
}

/* ---- tools ---------------------------------------------------------------------------- */

static const struct settings_tool *find_tool(
	const struct settings_tools *tools, const char *name)
{
	for (size_t i = 0; i < tools->n; i++)
		if (strcmp(tools->of[i].name, name) == 0)
			return &tools->of[i];
	return NULL;
}

/* Where it stands in the file is nothing to tell. */
static bool is_same_tool(const struct settings_tool *a, const struct settings_tool *b)
{
	struct settings_tool at_a_line = *b;
	at_a_line.line = a->line;
	return memcmp(a, &at_a_line, sizeof at_a_line) == 0;
}

static void tell_tool(struct telling *t, const char *name,
	const struct settings_tool *old, const struct settings_tool *now)
{
	struct difference d;
	snprintf(d.name, sizeof d.name, "[tool %s]", name);
	put(d.old, old != NULL ? "set" : "not set");
	put(d.now, now != NULL ? "set" : "not set");
	if (old == NULL || now == NULL || !is_same_tool(old, now))
		tell(t, &d);
}

static void tell_tools(struct telling *t, const struct settings_tools *old,
	const struct settings_tools *now)
{
	for (size_t i = 0; i < old->n; i++)
		tell_tool(t, old->of[i].name, &old->of[i],
			find_tool(now, old->of[i].name));
	for (size_t i = 0; i < now->n; i++)
		if (find_tool(old, now->of[i].name) == NULL)
			tell_tool(t, now->of[i].name, NULL, &now->of[i]);
}

unsigned differences_tell(const struct settings *old, const struct settings *now,
	difference_fn *fn, void *arg)
{
	struct telling t = {.fn = fn, .arg = arg};
	tell_settings(&t, old, now);
	tell_models(&t, &old->models, &now->models);
	tell_tools(&t, &old->tools, &now->tools);
	return t.n;
}
