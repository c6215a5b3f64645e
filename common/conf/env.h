/*
 * The environment over the settings: the variables named in settings.def. The master
 * runs it at start and at each reload, before it forks.
 */
#ifndef CONF_ENV_H
#define CONF_ENV_H

#include "conf/settings.h"

/* The value of the first NAME=value in env that is not empty; NULL = none. */
char *env_find(char *const env[], const char *name);

/* Put every variable that is set over its setting and note it in r. False with a
 * sentence that begins with the variable's name. */
bool env_overlay(struct settings *s, char *const env[], struct settings_report *r,
	struct err *e) ATTR_UNUSED_RESULT;

#endif
