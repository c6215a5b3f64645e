/*
 * [model NAME]: limits of one model's own, beside those of [limits] that all share. The
 * keys, their ranges and 0 = no limit are those of [limits]:
 *
 *	[model gpt-4o]
 *	requests_per_minute = 500
 *	tokens_per_minute = 30000
 *
 * NAME is the model's as clients ask for it. Full: SETTINGS_MODELS_MAX models, one more is
 * an error. Used by settings.c while it reads a file.
 */
#ifndef CONF_MODEL_SECTION_H
#define CONF_MODEL_SECTION_H

#include "conf/origin.h"
#include "conf/settings.h"

/* The section begins, or goes on. False = no name, or no room. */
bool model_section_open(struct settings *s, struct str name, const struct origin *o,
	struct err *e) ATTR_UNUSED_RESULT;

/* A setting of the section of that name, which is open. */
bool model_section_take(struct settings *s, struct str name, struct str key,
	struct str value, const struct origin *o, struct err *e) ATTR_UNUSED_RESULT;

/* What a limit is called in its section. */
const char *model_section_key(enum settings_limit which);

#endif
