/*
 * [tool NAME]: a tool that models may call in chats, beside Atlas's own: an HTTP endpoint
 * that gets the call's arguments as a POST of JSON and answers with JSON or text.
 *
 *	[tools]
 *	hosts = 127.0.0.1                  no other host is ever called
 *
 *	[tool weather]
 *	url = http://127.0.0.1:9000/weather
 *	description = The weather in a city now.
 *	parameters = {"type":"object","properties":{"city":{"type":"string"}}}
 *	sample = {"city":"Paris"}
 *	role = chat                        the least that may call it
 *	timeout = 10s
 *	max_bytes = 16K
 *
 * NAME is what models call it by. url and description must be given. Full:
 * SETTINGS_TOOLS_MAX tools, one more is an error. Used by settings.c while it reads a file.
 */
#ifndef CONF_TOOL_SECTION_H
#define CONF_TOOL_SECTION_H

#include "conf/origin.h"
#include "conf/settings.h"

#define OWN_TOOL(name) OWN_TOOL_##name,
enum own_tool {
#include "conf/own_tools.def"
	OWN_TOOLS
};
#undef OWN_TOOL

/* The section begins, or goes on. False = no name, or no room. */
bool tool_section_open(struct settings *s, struct str name, const struct origin *o,
	struct err *e) ATTR_UNUSED_RESULT;

/* A setting of the section of that name, which is open. */
bool tool_section_take(struct settings *s, struct str name, struct str key,
	struct str value, const struct origin *o, struct err *e) ATTR_UNUSED_RESULT;

/* The tool of that name, NULL = there is none. */
const struct settings_tool *tool_section_find(
	const struct settings *s, struct str name);

/* What only the whole file shows: what is missing, and whether its host is allowed. */
bool tool_section_check(
	const struct settings *s, const char *path, struct err *e) ATTR_UNUSED_RESULT;

#endif
