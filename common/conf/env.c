/* The environment over the settings. */
#include "conf/env.h"

#include "conf/value.h"

#include <string.h>

char *env_find(char *const env[], const char *name)
{
	size_t n = strlen(name);
	for (; *env != NULL; env++)
		if (strncmp(*env, name, n) == 0 && (*env)[n] == '=' &&
			(*env)[n + 1] != '\0')
			return *env + n + 1;
	return NULL;
}

bool env_overlay(
	struct settings *s, char *const env[], struct settings_report *r, struct err *e)
{
	for (enum setting_id id = 0; id < SETTING_N; id++) {
		const struct setting *st = settings_get(id);
		const char *text = st->env ? env_find(env, st->env) : NULL;
		if (text == NULL)
			continue;
		struct origin from = {.env = st->env};
		value_clear(s, st);
		if (!value_parse(s, st, (struct str){text, strlen(text)}, &from, e))
			return false;
		r->source[id] = SETTINGS_FROM_ENV;
	}
	return true;
}
