/* [tool NAME]. */
#include "../unit.h"
#include "base/clock.h"
#include "conf/tool_section.h"

#include <stdio.h>
#include <string.h>

static struct settings got;
static struct settings_report report;
static struct err e;
static char *const no_env[] = {NULL};

static bool parse(const char *text)
{
	struct settings_input in = {"f.conf", {text, strlen(text)}, no_env};
	e = (struct err){0};
	return settings_parse(&got, &in, &report, &e);
}

#define HOSTS "[tools]\nhosts = localhost, tools.example.org\n"

START_TEST(a_tool_has_what_its_section_says_and_defaults)
{
	ck_assert_msg(parse("[tool weather]\n"
			    "url = http://localhost:9000/weather\n"
			    "description = The weather in a city now.\n"
			    "[tools]\nhosts = localhost TOOLS.example.org\n"
			    "[tool news]\n"
			    "url = https://tools.example.org\n"
			    "description = What is new.\n"
			    "parameters = {\"properties\":{},\"type\":\"object\"}\n"
			    "sample = {\"about\":\"whales\"}\n"
			    "role = admin\n"
			    "timeout = 250ms\n"
			    "max_bytes = 1K\n"),
		"%s", e.text);
	ck_assert_uint_eq(got.tools.n, 2);
	const struct settings_tool *t = got.tools.of;
	ck_assert_str_eq(t[0].name, "weather");
	ck_assert_str_eq(t[0].url, "http://localhost:9000/weather");
	ck_assert_str_eq(t[0].description, "The weather in a city now.");
	ck_assert_str_eq(t[0].parameters, "{\"type\":\"object\",\"properties\":{}}");
	ck_assert_str_eq(t[0].sample, "{}");
	ck_assert_uint_eq(t[0].timeout_ns, 10 * NS_PER_S);
	ck_assert_uint_eq(t[0].max_bytes, 16384);
	ck_assert_uint_eq(t[0].role, SETTINGS_ROLE_CHAT);
	ck_assert_str_eq(t[1].name, "news");
	ck_assert_str_eq(t[1].sample, "{\"about\":\"whales\"}");
	ck_assert_uint_eq(t[1].role, SETTINGS_ROLE_ADMIN);
	ck_assert_uint_eq(t[1].timeout_ns, 250 * NS_PER_MS);
	ck_assert_uint_eq(t[1].max_bytes, 1024);
}
END_TEST

START_TEST(there_are_no_tools_by_default)
{
	ck_assert(parse(""));
	ck_assert_uint_eq(got.tools.n, 0);
	ck_assert_uint_eq(got.tools_hosts.n, 0);
}
END_TEST

START_TEST(what_is_wrong_in_a_tools_section_is_named_by_line)
{
	static const struct {
		const char *text, *words;
	} rows[] = {
		{"[tool]\n", "f.conf:1: [tool] needs the tool's name"},
		{"[tool a.b]\n", "f.conf:1: [tool] needs the tool's name"},
		{"[tool cost]\n",
			"f.conf:1: [tool cost] is the name of one of Atlas's"},
		{"[tool a]\nurll = x\n",
			"f.conf:2: [tool] urll is unknown; did you mean url?"},
		{"[tool a]\nurl = ftp://x/\n", "f.conf:2: [tool] url = ftp://x/"},
		{"[tool a]\nurl = http://u:p@localhost/\n", "f.conf:2: [tool] url"},
		{"[tool a]\ntimeout = 2m\n", "f.conf:2: [tool] timeout = 2m is out of"},
		{"[tool a]\nmax_bytes = 1M\n",
			"f.conf:2: [tool] max_bytes = 1M is out"},
		{"[tool a]\nrole = root\n", "f.conf:2: [tool] role = root is unknown"},
		{"[tool a]\nparameters = {\"type\":\"string\"}\n",
			"is no JSON schema of an object"},
		{"[tool a]\nparameters = {\"type\":\"object\"\n",
			"is no JSON schema of an object"},
		{"[tool a]\nparameters = {\"type\":\"object\"} {}\n",
			"is no JSON schema of an object"},
		{"[tool a]\nsample = [1]\n", "is no JSON object"},
		{"[tool a]\ntimeout = 1s\ntimeout = 2s\n",
			"f.conf:3: [tool a] timeout is set already"},
		{HOSTS "[tool a]\ndescription = A\n", "f.conf:3: [tool a] has no url"},
		{HOSTS "[tool a]\nurl = http://localhost/\n",
			"f.conf:3: [tool a] has no description"},
		{HOSTS "[tool a]\nurl = https://evil.example/\ndescription = A\n",
			"f.conf:3: [tool a] url names evil.example, which is not one of "
			"[tools] hosts"},
		{HOSTS "[tool a]\nurl = https://tools.example.org.evil/\ndescription = A\n",
			"which is not one of [tools] hosts"},
		{HOSTS "[tool a]\nurl = http://tools.example.org/\ndescription = A\n",
			"would be called unencrypted"},
	};
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		ck_assert_msg(!parse(rows[i].text), "row %zu is taken", i);
		ck_assert_msg(strstr(e.text, rows[i].words) != NULL, "row %zu: %s", i,
			e.text);
	}
}
END_TEST

START_TEST(one_tool_too_many_is_an_error)
{
	char text[4096] = HOSTS;
	for (int i = 0; i <= SETTINGS_TOOLS_MAX; i++) {
		size_t n = strlen(text);
		snprintf(text + n, sizeof text - n,
			"[tool t%d]\nurl = http://localhost/\ndescription = One.\n", i);
	}
	ck_assert(!parse(text));
	ck_assert_ptr_nonnull(strstr(e.text, "one [tool] too many, accepted: 16"));
}
END_TEST

UNIT_MAIN("tool_section", a_tool_has_what_its_section_says_and_defaults,
	there_are_no_tools_by_default,
	what_is_wrong_in_a_tools_section_is_named_by_line,
	one_tool_too_many_is_an_error)
