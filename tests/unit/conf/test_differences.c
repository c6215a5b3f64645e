/* What a reload changes, in words. */
#include "../unit.h"
#include "conf/differences.h"

#include <stdio.h>
#include <string.h>

static char told[4096];

static void note(void *arg, const struct difference *d)
{
	(void)arg;
	size_t n = strlen(told);
	snprintf(told + n, sizeof told - n, "%s: %s > %s\n", d->name, d->old, d->now);
}

static void read(struct settings *s, const char *text)
{
	struct settings_report r;
	char *env[] = {NULL};
	struct settings_input in = {"f", {text, strlen(text)}, env};
	struct err e = {0};
	ck_assert_msg(settings_parse(s, &in, &r, &e), "%s", e.text);
}

/* From one file to another. */
static const char *tell(const char *old, const char *now)
{
	static struct settings a, b;
	read(&a, old);
	read(&b, now);
	told[0] = '\0';
	unsigned n = differences_tell(&a, &b, note, NULL), n_lines = 0;
	for (const char *at = told; *at != '\0'; at++)
		n_lines += *at == '\n';
	ck_assert_uint_eq(n, n_lines);
	return told;
}

START_TEST(what_is_the_same_is_not_told)
{
	ck_assert_str_eq(tell("", ""), "");
	ck_assert_str_eq(tell("", "[limits]\nrequests_per_minute = 60\n"), "");
	ck_assert_str_eq(
		tell("[queue]\nmax_wait = 60s\n[tool t]\nurl = http://127.0.0.1/\n"
		     "description = d\n[tools]\nhosts = 127.0.0.1\n",
			"\n\n[tools]\nhosts = 127.0.0.1\n[queue]\nmax_wait = 1m\n"
			"[tool t]\nurl = http://127.0.0.1/\ndescription = d\n"),
		"");
}
END_TEST

START_TEST(each_setting_is_told_from_old_to_new)
{
	ck_assert_str_eq(
		tell("[limits]\nrequests_per_minute = 60\n[openai]\nproject = p\n",
			"[limits]\nrequests_per_minute = 70\n[retry]\nunknown = retry\n"
			"[queue]\nmax_wait = 90s\n[server]\nhost_names = a, b\n"),
		"[server] host_names: empty > a b\n"
		"[openai] project: p > empty\n"
		"[limits] requests_per_minute: 60 > 70\n"
		"[retry] unknown: fail > retry\n"
		"[queue] max_wait: 5m > 90s\n");
}
END_TEST

START_TEST(what_may_be_secret_is_only_changed)
{
	ck_assert_str_eq(
		tell("[alerts]\nwebhook = https://h.example/services/T1/secret\n"
		     "[client]\ndeny = project x\n",
			"[alerts]\nwebhook = https://h.example/services/T1/other\n"
			"[client]\ndeny = project y\n"),
		"[client] deny:  > \n"
		"[alerts] webhook:  > \n");
	ck_assert_str_eq(tell("[alerts]\nwebhook = https://h.example/?k=1\n",
				 "[alerts]\nwebhook = https://i.example/?k=2\n"),
		"[alerts] webhook: https://h.example/... > https://i.example/...\n");
	ck_assert_str_eq(
		tell("", "[alerts]\nwebhook = https://h.example/services/T1\n"),
		"[alerts] webhook: empty > https://h.example/...\n");
}
END_TEST

START_TEST(a_long_value_is_cut)
{
	char text[256];
	snprintf(text, sizeof text, "[server]\ndata_dir = /%.*s\n", 100,
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	ck_assert(strstr(tell("", text), "aaa...\n") != NULL);
	ck_assert_uint_lt(strlen(told), 2 * DIFFERENCE_VALUE_BYTES + 32);
}
END_TEST

START_TEST(limits_of_models_are_told_one_by_one)
{
	ck_assert_str_eq(
		tell("[model a]\nrequests_per_minute = 1\ntokens_per_hour = 5\n"
		     "[model b]\nrequests_per_hour = 2\n[model c]\nrequests_per_hour = 3\n",
			"[model c]\nrequests_per_hour = 3\n"
			"[model a]\nrequests_per_minute = 1\ntokens_per_hour = 6\n"
			"[model d]\ntokens_per_minute = 0\n"),
		"[model a] tokens_per_hour: 5 > 6\n"
		"[model b] requests_per_hour: 2 > not set\n"
		"[model d] tokens_per_minute: not set > 0\n");
}
END_TEST

START_TEST(a_tool_comes_goes_or_is_changed)
{
#define TOOL(name, text)                                                               \
	"[tool " name "]\nurl = http://127.0.0.1/\ndescription = " text "\n"
#define HOSTS "[tools]\nhosts = 127.0.0.1\n"
	ck_assert_str_eq(
		tell(HOSTS TOOL("a", "d") TOOL("b", "d") TOOL("c", "d"),
			HOSTS TOOL("c", "other") TOOL("b", "d") TOOL("e", "d")),
		"[tool a]: set > not set\n"
		"[tool c]:  > \n"
		"[tool e]: not set > set\n");
}
END_TEST

UNIT_MAIN("differences", what_is_the_same_is_not_told,
	each_setting_is_told_from_old_to_new, what_may_be_secret_is_only_changed,
	a_long_value_is_cut, limits_of_models_are_told_one_by_one,
	a_tool_comes_goes_or_is_changed)
