/* [model NAME]. */
#include "../unit.h"
#include "conf/settings.h"

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

START_TEST(a_models_section_has_limits_of_its_own)
{
	ck_assert_msg(parse("[model gpt-4o]\n"
			    "requests_per_minute = 500\n"
			    "tokens_per_hour = 7\n"
			    "[limits]\nrequests_per_minute = 60\n"
			    "[model ft:gpt-4o-mini:acme::x]\n"
			    "tokens_per_minute = 9\n"
			    "[model gpt-4o]\n"
			    "requests_per_hour = 0\n"),
		"%s", e.text);
	ck_assert_uint_eq(got.models.n, 2);
	const struct settings_model *m = got.models.of;
	ck_assert_str_eq(m[0].name, "gpt-4o");
	ck_assert_uint_eq(m[0].limit[SETTINGS_REQUESTS_MINUTE], 500);
	ck_assert_uint_eq(m[0].limit[SETTINGS_REQUESTS_HOUR], 0);
	ck_assert_uint_eq(m[0].limit[SETTINGS_TOKENS_HOUR], 7);
	ck_assert_str_eq(m[1].name, "ft:gpt-4o-mini:acme::x");
	ck_assert_uint_eq(m[1].limit[SETTINGS_TOKENS_MINUTE], 9);
	ck_assert_uint_eq(got.requests_per_minute, 60);
}
END_TEST

START_TEST(no_model_has_limits_by_default)
{
	ck_assert(parse(""));
	ck_assert_uint_eq(got.models.n, 0);
}
END_TEST

START_TEST(what_is_wrong_in_a_models_section_is_named_by_line)
{
	static const struct {
		const char *text, *words;
	} rows[] = {
		{"[model]\n", "f.conf:1: [model] needs the model's name"},
		{"[model a b]\n", "f.conf:1: [model] needs the model's name"},
		{"[model 0123456789012345678901234567890123456789]\n",
			"f.conf:1: [model] needs the model's name"},
		{"[model a]\nrequests_per_minut = 5\n",
			"f.conf:2: [model] requests_per_minut is unknown; did you mean "
			"requests_per_minute?"},
		{"[model a]\nburst = 5\n", "f.conf:2: [model] burst is unknown"},
		{"[model a]\nrequests_per_minute = many\n",
			"f.conf:2: [model] requests_per_minute = many"},
		{"[model a]\nrequests_per_minute = 1\nrequests_per_minute = 2\n",
			"f.conf:3: [model a] requests_per_minute is set already"},
		{"[modl a]\n", "f.conf:1: [modl] is unknown; did you mean [model]?"},
		{"[model a]\n[model b]\n[model c]\n[model d]\n[model e]\n[model f]\n"
		 "[model g]\n[model h]\n[model i]\n",
			"f.conf:9: one [model] too many, accepted: 8 of them"},
	};
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		ck_assert_msg(!parse(rows[i].text), "row %zu is taken", i);
		ck_assert_msg(strstr(e.text, rows[i].words) != NULL, "row %zu: %s", i,
			e.text);
	}
}
END_TEST

UNIT_MAIN("model_section", a_models_section_has_limits_of_its_own,
	no_model_has_limits_by_default,
	what_is_wrong_in_a_models_section_is_named_by_line)
