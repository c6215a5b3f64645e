/* Limits of one model's own. */
#include "conf/model_section.h"

#include "conf/suggest.h"
#include "conf/value.h"

#include <string.h>

/* In the order of enum settings_limit; each is parsed as its namesake of [limits] is. */
static const enum setting_id keys[SETTINGS_LIMITS] = {
	[SETTINGS_REQUESTS_MINUTE] = SETTING_limits_requests_per_minute,
	[SETTINGS_REQUESTS_HOUR] = SETTING_limits_requests_per_hour,
	[SETTINGS_TOKENS_MINUTE] = SETTING_limits_tokens_per_minute,
	[SETTINGS_TOKENS_HOUR] = SETTING_limits_tokens_per_hour,
};

static bool str_is(struct str a, const char *b)
{
	return a.n == strlen(b) && memcmp(a.p, b, a.n) == 0;
}

static struct settings_model *find(struct settings *s, struct str name)
{
	for (uint32_t i = 0; i < s->models.n; i++)
		if (str_is(name, s->models.of[i].name))
			return &s->models.of[i];
	return NULL;
}

/* As it may stand in a request: visible, and short enough to name a limit. */
static bool is_name(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] <= ' ' || name.p[i] > '~')
			return false;
	return name.n > 0 && name.n < SETTINGS_MODEL_BYTES;
}

bool model_section_open(
	struct settings *s, struct str name, const struct origin *o, struct err *e)
{
	struct settings_models *m = &s->models;
	if (!is_name(name))
		return origin_error(o, e,
			"[model] needs the model's name, 1 to %d visible characters: "
			"[model gpt-4o]",
			SETTINGS_MODEL_BYTES - 1);
	if (find(s, name) != NULL)
		return true;
	if (m->n == SETTINGS_MODELS_MAX)
		return origin_error(o, e, "one [model] too many, accepted: %d of them",
			SETTINGS_MODELS_MAX);
	memcpy(m->of[m->n++].name, name.p, name.n);
	return true;
}

static bool refuse_key(struct str key, const struct origin *o, struct err *e)
{
	char shown[ORIGIN_SHOWN_BYTES];
	struct suggest near = {.typed = key};
	for (size_t i = 0; i < SETTINGS_LIMITS; i++)
		suggest_offer(&near, settings_get(keys[i])->key);
	origin_show(key, shown);
	if (near.best != NULL)
		return origin_error(o, e, "[model] %s is unknown; did you mean %s?",
			shown, near.best);
	return origin_error(o, e, "[model] %s is unknown", shown);
}

/* By its namesake's row, into a field that nobody else sees. */
static bool parse(const struct setting *st, struct str value, const struct origin *o,
	struct err *e, uint64_t *out)
{
	struct setting own = *st;
	struct settings scratch;
	own.section = "model";
	if (!value_parse(&scratch, &own, value, o, e))
		return false;
	memcpy(out, (const char *)&scratch + st->offset, sizeof *out);
	return true;
}

bool model_section_take(struct settings *s, struct str name, struct str key,
	struct str value, const struct origin *o, struct err *e)
{
	struct settings_model *m = find(s, name);
	must(m != NULL);
	for (size_t i = 0; i < SETTINGS_LIMITS; i++) {
		const struct setting *st = settings_get(keys[i]);
		if (!str_is(key, st->key))
			continue;
		if ((m->given & UINT64_C(1) << i) != 0)
			return origin_error(
				o, e, "[model %s] %s is set already", m->name, st->key);
		m->given |= UINT64_C(1) << i;
		return parse(st, value, o, e, &m->limit[i]);
	}
	return refuse_key(key, o, e);
}

const char *model_section_key(enum settings_limit which)
{
	must(which < SETTINGS_LIMITS);
	return settings_get(keys[which])->key;
}
