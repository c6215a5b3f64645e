/* The environment over the settings, under the names that users know. */
#include "../unit.h"
#include "base/clock.h"
#include "conf/env.h"

static struct settings got;
static struct settings_report report;
static struct err e;

static bool overlay(char *const env[])
{
	settings_defaults(&got);
	return env_overlay(&got, env, &report, &e);
}

START_TEST(every_known_name_reaches_its_setting)
{
	char *env[] = {"OPENAI_REQUESTS_PER_MINUTE=1", "OPENAI_REQUESTS_PER_HOUR=2",
		"OPENAI_TOKENS_PER_MINUTE=3", "OPENAI_TOKENS_PER_HOUR=4",
		"OPENAI_MAX_RETRIES=6", "OPENAI_BASE_DELAY=1.5",
		"OPENAI_MAX_DELAY=299.5", "OPENAI_STABILIZATION_MINUTES=0.5",
		"OPENAI_BASE_URL=http://127.0.0.1:9/v1/", "OPENAI_ORG_ID=org-1",
		"OPENAI_PROJECT_ID=proj_1", NULL};
	ck_assert_msg(overlay(env), "%s", e.text);
	ck_assert_uint_eq(got.requests_per_minute, 1);
	ck_assert_uint_eq(got.requests_per_hour, 2);
	ck_assert_uint_eq(got.tokens_per_minute, 3);
	ck_assert_uint_eq(got.tokens_per_hour, 4);
	ck_assert_uint_eq(got.max_retries, 6);
	ck_assert_uint_eq(got.retry_base_delay_ns, 1500 * NS_PER_MS);
	ck_assert_uint_eq(got.retry_max_delay_ns, 299500 * NS_PER_MS);
	ck_assert_uint_eq(got.stabilization_ns, 30 * NS_PER_S);
	ck_assert_str_eq(got.base_url, "http://127.0.0.1:9/v1");
	ck_assert_str_eq(got.organization, "org-1");
	ck_assert_str_eq(got.project, "proj_1");
}
END_TEST

START_TEST(an_empty_variable_counts_as_unset)
{
	char *env[] = {"OPENAI_MAX_RETRIES=", NULL};
	ck_assert(overlay(env));
	ck_assert_uint_eq(got.max_retries, 5);
	ck_assert_int_eq(
		report.source[SETTING_retry_max_retries], SETTINGS_FROM_DEFAULT);
}
END_TEST

START_TEST(a_longer_name_is_another_variable)
{
	char *env[] = {"OPENAI_MAX_RETRIES_X=9", "OPENAI_MAX_RETRIE=9", NULL};
	ck_assert(overlay(env));
	ck_assert_uint_eq(got.max_retries, 5);
}
END_TEST

START_TEST(the_first_of_two_is_taken)
{
	char *env[] = {"OPENAI_MAX_RETRIES=7", "OPENAI_MAX_RETRIES=9", NULL};
	ck_assert(overlay(env));
	ck_assert_uint_eq(got.max_retries, 7);
}
END_TEST

START_TEST(an_error_names_the_variable_and_the_range)
{
	char *env[] = {"OPENAI_TOKENS_PER_MINUTE=1e6", NULL};
	ck_assert(!overlay(env));
	ck_assert_str_eq(e.text, "OPENAI_TOKENS_PER_MINUTE=1e6 is not a whole number, "
				 "accepted: 0 to 10000000000");
}
END_TEST

START_TEST(the_api_key_is_no_setting)
{
	char *env[] = {"OPENAI_API_KEY=sk-canary-0123456789", NULL};
	ck_assert(overlay(env));
	ck_assert_ptr_null(memmem(&got, sizeof got, "sk-canary", 9));
}
END_TEST

UNIT_MAIN_APART("env", every_known_name_reaches_its_setting,
	an_empty_variable_counts_as_unset, a_longer_name_is_another_variable,
	the_first_of_two_is_taken, an_error_names_the_variable_and_the_range,
	the_api_key_is_no_setting)
