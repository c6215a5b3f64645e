/* Defaults, file and environment into one checked struct of values. */
#include "conf/settings.h"

#include "base/log.h"
#include "conf/conffile.h"
#include "conf/env.h"
#include "conf/model_section.h"
#include "conf/slurp.h"
#include "conf/suggest.h"
#include "conf/tool_section.h"
#include "conf/url.h"
#include "conf/value.h"

#include <string.h>

#define SETTING(                                                                       \
	section_, key_, type_, field_, initial_, min_, max_, reload_, env_, doc_)      \
	{.section = #section_,                                                         \
		.key = #key_,                                                          \
		.type = SETTING_##type_,                                               \
		.offset = offsetof(struct settings, field_),                           \
		.size = sizeof((struct settings *)0)->field_,                          \
		.initial = initial_,                                                   \
		.min = min_,                                                           \
		.max = max_,                                                           \
		.reload = SETTING_##reload_,                                           \
		.env = env_,                                                           \
		.doc = doc_},
static const struct setting table[SETTING_N] = {
#include "conf/settings.def"
};
#undef SETTING

#define MODEL_SECTION "model"
#define TOOL_SECTION  "tool"

/* One reading of one file. */
struct reading {
	struct settings *s;
	struct settings_report *r;
	struct conffile f;
};

static bool str_is(struct str a, const char *b)
{
	return a.n == strlen(b) && memcmp(a.p, b, a.n) == 0;
}

static struct origin here(const struct reading *g)
{
	return (struct origin){.path = g->f.path, .line = g->f.line};
}

static bool check_section(const struct reading *g, struct err *e)
{
	struct origin o = here(g);
	char shown[ORIGIN_SHOWN_BYTES];
	struct suggest near = {.typed = g->f.section};
	if (str_is(g->f.section, MODEL_SECTION))
		return model_section_open(g->s, g->f.argument, &o, e);
	if (str_is(g->f.section, TOOL_SECTION))
		return tool_section_open(g->s, g->f.argument, &o, e);
	origin_show(g->f.section, shown);
	suggest_offer(&near, MODEL_SECTION);
	suggest_offer(&near, TOOL_SECTION);
	for (size_t i = 0; i < SETTING_N; i++) {
		if (!str_is(g->f.section, table[i].section)) {
			suggest_offer(&near, table[i].section);
			continue;
		}
		if (g->f.argument.n > 0)
			return origin_error(&o, e, "[%s] takes no name", shown);
		return true;
	}
	if (near.best != NULL)
		return origin_error(
			&o, e, "[%s] is unknown; did you mean [%s]?", shown, near.best);
	return origin_error(&o, e, "[%s] is unknown", shown);
}

static const struct setting *find(struct str section, struct str key)
{
	for (size_t i = 0; i < SETTING_N; i++)
		if (str_is(section, table[i].section) && str_is(key, table[i].key))
			return &table[i];
	return NULL;
}

static bool refuse_key(const struct reading *g, struct err *e)
{
	struct origin o = here(g);
	char key[ORIGIN_SHOWN_BYTES];
	struct str section = g->f.section;
	struct suggest near = {.typed = g->f.key};
	const char *home = NULL;
	for (size_t i = 0; i < SETTING_N; i++) {
		if (str_is(section, table[i].section))
			suggest_offer(&near, table[i].key);
		else if (str_is(g->f.key, table[i].key))
			home = table[i].section;
	}
	origin_show(g->f.key, key);
	if (home != NULL)
		return origin_error(&o, e,
			"[" STR_FMT "] %s is unknown; it stands in [%s]",
			STR_ARG(section), key, home);
	if (near.best != NULL)
		return origin_error(&o, e,
			"[" STR_FMT "] %s is unknown; did you mean %s?",
			STR_ARG(section), key, near.best);
	return origin_error(
		&o, e, "[" STR_FMT "] %s is unknown", STR_ARG(section), key);
}

static bool apply_setting(struct reading *g, struct err *e)
{
	const struct setting *st = find(g->f.section, g->f.key);
	struct origin o = here(g);
	if (str_is(g->f.section, MODEL_SECTION))
		return model_section_take(
			g->s, g->f.argument, g->f.key, g->f.value, &o, e);
	if (str_is(g->f.section, TOOL_SECTION))
		return tool_section_take(
			g->s, g->f.argument, g->f.key, g->f.value, &o, e);
	if (st == NULL)
		return refuse_key(g, e);
	size_t id = (size_t)(st - table);
	unsigned first = g->r->line[id];
	if (first != 0 && !value_is_list(st))
		return origin_error(&o, e, "[%s] %s is set already, at line %u",
			st->section, st->key, first);
	if (first == 0)
		value_clear(g->s, st);
	if (!value_parse(g->s, st, g->f.value, &o, e))
		return false;
	g->r->source[id] = SETTINGS_FROM_FILE;
	g->r->line[id] = first != 0 ? first : g->f.line;
	return true;
}

static bool apply_file(
	struct reading *g, const struct settings_input *in, struct err *e)
{
	conffile_init(&g->f, in->path, in->text);
	for (;;) {
		switch (conffile_next(&g->f, e)) {
		case CONFFILE_SECTION:
			if (!check_section(g, e))
				return false;
			break;
		case CONFFILE_SETTING:
			if (!apply_setting(g, e))
				return false;
			break;
		case CONFFILE_END:
			return true;
		case CONFFILE_BAD:
			return false;
		}
	}
}

/* Refuse what is set for id, or for other when id has its default. */
static bool blame(const struct reading *g, enum setting_id id, enum setting_id other,
	const char *sentence, struct err *e)
{
	if (g->r->source[id] == SETTINGS_FROM_DEFAULT)
		id = other;
	const struct setting *st = &table[id];
	bool is_env = g->r->source[id] == SETTINGS_FROM_ENV;
	struct origin o = {.path = is_env ? NULL : g->f.path,
		.line = is_env ? 0 : g->r->line[id],
		.env = is_env ? st->env : NULL};
	char text[VALUE_BYTES];
	value_format(g->s, st, text);
	return value_refuse(st, (struct str){text, strlen(text)}, &o, e, sentence);
}

static bool is_sent_plain(const char *hook)
{
	struct url u;
	return url_parse_hook((struct str){hook, strlen(hook)}, &u) == NULL &&
	       !u.is_tls && !u.is_loopback;
}

/* What no single value shows. */
static bool check_whole(const struct reading *g, struct err *e)
{
	const struct settings *s = g->s;
	struct url url;
	must(url_parse((struct str){s->base_url, strlen(s->base_url)}, &url) == NULL);
	if (!url.is_tls && !url.is_loopback && !s->allow_plain_http)
		return blame(g, SETTING_openai_base_url,
			SETTING_openai_allow_plain_http,
			"would send the key unencrypted; use https:// or set "
			"[openai] allow_plain_http = yes",
			e);
	if ((s->tls_certificate[0] == '\0') != (s->tls_key[0] == '\0'))
		return blame(g, SETTING_server_tls_certificate, SETTING_server_tls_key,
			"needs the other: [server] tls_certificate and tls_key go "
			"together",
			e);
	if (is_sent_plain(s->alerts_webhook) && !s->allow_plain_http)
		return blame(g, SETTING_alerts_webhook, SETTING_openai_allow_plain_http,
			"would be sent unencrypted; use https:// or set "
			"[openai] allow_plain_http = yes",
			e);
	if (s->retry_base_delay_ns > s->retry_max_delay_ns)
		return blame(g, SETTING_retry_base_delay, SETTING_retry_max_delay,
			"does not fit: base_delay must not be above max_delay", e);
	if (s->max_body_bytes > s->body_memory_bytes)
		return blame(g, SETTING_server_max_body_bytes,
			SETTING_server_body_memory,
			"does not fit: max_body_bytes must not be above body_memory",
			e);
	return tool_section_check(s, g->f.path, e);
}

void settings_defaults(struct settings *s)
{
	memset(s, 0, sizeof *s);
	struct origin none = {.env = "default"};
	for (size_t i = 0; i < SETTING_N; i++) {
		struct str initial = {table[i].initial, strlen(table[i].initial)};
		must(value_parse(s, &table[i], initial, &none, NULL));
	}
}

bool settings_parse(struct settings *s, const struct settings_input *in,
	struct settings_report *r, struct err *e)
{
	struct settings whole;
	struct reading g = {.s = &whole, .r = r};
	memset(r, 0, sizeof *r);
	settings_defaults(&whole);
	if (!apply_file(&g, in, e) || !env_overlay(&whole, in->env, r, e) ||
		!check_whole(&g, e))
		return false;
	*s = whole;
	return true;
}

bool settings_load(struct settings *s, const char *path, char *const env[],
	struct settings_report *r, struct err *e)
{
	struct settings_input in = {.path = path, .env = env};
	if (!slurp_file(path, CONFFILE_MAX_BYTES, &in.text, e))
		return false;
	bool done = settings_parse(s, &in, r, e);
	slurp_free(&in.text);
	return done;
}

bool settings_check_mixture(const struct settings *s, const struct settings_report *r,
	const char *path, struct err *e)
{
	struct settings whole = *s;
	struct settings_report report = *r;
	struct reading g = {.s = &whole, .r = &report, .f = {.path = path}};
	return check_whole(&g, e);
}

/* ---- all faults at once ---------------------------------------------------------- */

struct faults {
	settings_fault_fn *fn;
	void *arg;
	unsigned n;
};

static void tell_fault(struct faults *t, const struct err *e)
{
	if (t->n++ < SETTINGS_FAULTS_MAX)
		t->fn(t->arg, e);
}

static void check_file(
	struct reading *g, const struct settings_input *in, struct faults *t)
{
	enum conffile_step step;
	bool is_known = true; /* the section */
	conffile_init(&g->f, in->path, in->text);
	for (;;) {
		struct err e = {0};
		struct settings before = *g->s;
		step = conffile_next(&g->f, &e);
		if (step == CONFFILE_END)
			return;
		if (step == CONFFILE_SECTION)
			is_known = check_section(g, &e);
		if (step == CONFFILE_SETTING && is_known && !apply_setting(g, &e))
			*g->s = before;
		if (e.text[0] != '\0')
			tell_fault(t, &e);
	}
}

unsigned settings_check(
	const char *path, char *const env[], settings_fault_fn *fn, void *arg)
{
	struct settings s;
	struct settings_report r = {0};
	struct settings_input in = {.path = path, .env = env};
	struct reading g = {.s = &s, .r = &r};
	struct faults t = {.fn = fn, .arg = arg};
	struct err e = {0};
	settings_defaults(&s);
	if (!slurp_file(path, CONFFILE_MAX_BYTES, &in.text, &e)) {
		tell_fault(&t, &e);
		return t.n;
	}
	check_file(&g, &in, &t);
	slurp_free(&in.text);
	bool is_good = env_overlay(&s, env, &r, &e) && (t.n > 0 || check_whole(&g, &e));
	if (!is_good)
		tell_fault(&t, &e);
	return t.n;
}

/* ---- what can be saved ------------------------------------------------------------- */

/* Line by line; one that is wrong changes nothing. False = it is the run_dir's. */
static bool salvage_file(struct reading *g, const struct settings_input *in)
{
	enum conffile_step step;
	bool is_known = true; /* the section */
	conffile_init(&g->f, in->path, in->text);
	while ((step = conffile_next(&g->f, NULL)) != CONFFILE_END) {
		struct settings before = *g->s;
		if (step == CONFFILE_SECTION)
			is_known = check_section(g, NULL);
		if (step != CONFFILE_SETTING || (is_known && apply_setting(g, NULL)))
			continue;
		*g->s = before;
		if (str_is(g->f.key, table[SETTING_server_run_dir].key))
			return false;
	}
	return true;
}

bool settings_salvage(struct settings *s, const char *path, char *const env[])
{
	struct settings_report r = {0};
	struct settings_input in = {.path = path, .env = env};
	struct reading g = {.s = s, .r = &r};
	if (!slurp_file(path, CONFFILE_MAX_BYTES, &in.text, NULL))
		return false;
	settings_defaults(s);
	bool done = salvage_file(&g, &in);
	slurp_free(&in.text);
	struct settings before = *s;
	if (!env_overlay(s, env, &r, NULL))
		*s = before;
	return done;
}

const struct setting *settings_get(enum setting_id id)
{
	must(id < SETTING_N);
	return &table[id];
}

const struct setting *settings_diff(
	const struct settings *a, const struct settings *b, unsigned *at)
{
	while (*at < SETTING_N) {
		const struct setting *st = &table[(*at)++];
		if (!value_is_equal(a, b, st))
			return st;
	}
	return NULL;
}
