/* File, environment and defaults into one checked struct, or one exact sentence. */
#include "../unit.h"
#include "scratch.h"
#include "base/clock.h"
#include "conf/settings.h"

static struct settings got;
static struct settings_report report;
static char *const no_env[] = {NULL};

/* "" or the error of text as f.conf. */
static const char *parse_env(const char *text, char *const env[])
{
	static struct err e;
	struct settings_input in = {"f.conf", {text, strlen(text)}, env};
	e.text[0] = '\0';
	bool done = settings_parse(&got, &in, &report, &e);
	ck_assert(done == (e.text[0] == '\0'));
	return e.text;
}

static const char *parse(const char *text)
{
	return parse_env(text, no_env);
}

START_TEST(an_empty_file_gives_the_defaults)
{
	struct settings defaults;
	settings_defaults(&defaults);
	ck_assert_str_eq(parse(""), "");
	unsigned at = 0;
	ck_assert_ptr_null(settings_diff(&defaults, &got, &at));
	ck_assert_uint_eq(got.requests_per_minute, 60);
	ck_assert_uint_eq(got.stabilization_ns, 900 * NS_PER_S);
	ck_assert_str_eq(got.listen.entry[0], "127.0.0.1:8443");
}
END_TEST

START_TEST(the_environment_goes_over_the_file_over_the_defaults)
{
	char *env[] = {"OPENAI_MAX_RETRIES=7", NULL};
	ck_assert_str_eq(
		parse_env("[retry]\nmax_retries = 6\nmax_delay = 60\n", env), "");
	ck_assert_uint_eq(got.max_retries, 7);
	ck_assert_uint_eq(got.retry_max_delay_ns, 60 * NS_PER_S);
	ck_assert_uint_eq(got.retry_base_delay_ns, NS_PER_S);
}
END_TEST

START_TEST(the_report_says_where_each_value_came_from)
{
	char *env[] = {"OPENAI_MAX_RETRIES=7", "OPENAI_ORG_ID=o", NULL};
	ck_assert_str_eq(
		parse_env("[retry]\nmax_retries = 6\nmax_delay = 60\n", env), "");
	ck_assert_int_eq(report.source[SETTING_retry_max_retries], SETTINGS_FROM_ENV);
	ck_assert_uint_eq(report.line[SETTING_retry_max_retries], 2);
	ck_assert_int_eq(report.source[SETTING_retry_max_delay], SETTINGS_FROM_FILE);
	ck_assert_uint_eq(report.line[SETTING_retry_max_delay], 3);
	ck_assert_int_eq(report.source[SETTING_openai_organization], SETTINGS_FROM_ENV);
	ck_assert_uint_eq(report.line[SETTING_openai_organization], 0);
	ck_assert_int_eq(report.source[SETTING_retry_unknown], SETTINGS_FROM_DEFAULT);
}
END_TEST

START_TEST(a_list_key_may_be_repeated_and_replaces_the_default)
{
	ck_assert_str_eq(
		parse("[server]\nlisten = 127.0.0.1:1 127.0.0.1:2\nlisten = [::1]:3\n"),
		"");
	ck_assert_uint_eq(got.listen.n, 3);
	ck_assert_str_eq(got.listen.entry[0], "127.0.0.1:1");
	ck_assert_str_eq(got.listen.entry[2], "[::1]:3");
	ck_assert_uint_eq(report.line[SETTING_server_listen], 2);
}
END_TEST

START_TEST(a_section_may_come_back)
{
	ck_assert_str_eq(
		parse("[retry]\nmax_retries=1\n[queue]\n[retry]\nmax_delay=9\n"), "");
	ck_assert_uint_eq(got.max_retries, 1);
	ck_assert_uint_eq(got.retry_max_delay_ns, 9 * NS_PER_S);
}
END_TEST

START_TEST(each_mistake_is_named_with_its_line)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
		{"\n[retry]\nmax_retries = 900\n",
			"f.conf:3: [retry] max_retries = 900 is out of range, "
			"accepted: 0 "
			"to 20"},
		{"[retry]\nmax_retries = 1\n\nmax_retries = 2\n",
			"f.conf:4: [retry] max_retries is set already, at line 2"},
		{"[serevr]\n", "f.conf:1: [serevr] is unknown; did you mean [server]?"},
		{"[colours]\n", "f.conf:1: [colours] is unknown"},
		{"[server main]\n", "f.conf:1: [server] takes no name"},
		{"[retry]\nmax_retires = 1\n",
			"f.conf:2: [retry] max_retires is unknown; did you mean "
			"max_retries?"},
		{"[openai]\nmax_retries = 1\n",
			"f.conf:2: [openai] max_retries is unknown; it stands in "
			"[retry]"},
		{"[retry]\ncolour = red\n", "f.conf:2: [retry] colour is unknown"},
		{"[openai]\napi_key = sk-1\n", "f.conf:2: [openai] api_key is unknown"},
		{"workers = 1\n",
			"f.conf:1: a setting stands before the first [section]"},
	};
	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		ck_assert_str_eq(parse(rows[i].text), rows[i].error);
}
END_TEST

START_TEST(an_error_leaves_the_settings_as_they_were)
{
	ck_assert_str_eq(parse("[retry]\nmax_retries = 3\n"), "");
	struct settings before = got;
	ck_assert_str_ne(parse("[retry]\nmax_retries = 4\nmax_delay = x\n"), "");
	unsigned at = 0;
	ck_assert_ptr_null(settings_diff(&before, &got, &at));
}
END_TEST

START_TEST(plain_http_is_for_loopback_only)
{
	ck_assert_str_eq(parse("[openai]\nbase_url = http://127.0.0.1:8/v1\n"), "");
	ck_assert_str_eq(parse("[openai]\nbase_url = http://box/v1\n"),
		"f.conf:2: [openai] base_url = http://box/v1 would send the key "
		"unencrypted; use https:// or set [openai] allow_plain_http = yes");
	ck_assert_str_eq(
		parse("[openai]\nbase_url = http://box/v1\nallow_plain_http = yes\n"),
		"");
}
END_TEST

START_TEST(plain_http_from_the_environment_names_the_variable)
{
	char *env[] = {"OPENAI_BASE_URL=http://box/v1", NULL};
	ck_assert_str_eq(parse_env("", env),
		"OPENAI_BASE_URL=http://box/v1 would send the key unencrypted; use "
		"https:// or set [openai] allow_plain_http = yes");
}
END_TEST

START_TEST(the_base_delay_is_not_above_the_longest)
{
	ck_assert_str_eq(parse("[retry]\nmax_delay = 2\nbase_delay = 3\n"),
		"f.conf:3: [retry] base_delay = 3s does not fit: base_delay must "
		"not be "
		"above max_delay");
	ck_assert_str_eq(parse("[retry]\nbase_delay = 2\nmax_delay = 2\n"), "");
}
END_TEST

START_TEST(a_certificate_and_its_key_go_together)
{
	ck_assert_str_eq(parse("[server]\n\ntls_key = /k\n"),
		"f.conf:3: [server] tls_key = /k needs the other: [server] "
		"tls_certificate and tls_key go together");
	ck_assert_str_eq(parse("[server]\ntls_certificate = /c\n"),
		"f.conf:2: [server] tls_certificate = /c needs the other: [server] "
		"tls_certificate and tls_key go together");
	ck_assert_str_eq(parse("[server]\ntls_certificate = /c\ntls_key = /k\n"), "");
}
END_TEST

START_TEST(the_value_that_is_no_default_is_blamed)
{
	ck_assert_str_eq(parse("[retry]\nmax_delay = 500ms\n"),
		"f.conf:2: [retry] max_delay = 500ms does not fit: base_delay must not "
		"be above max_delay");
}
END_TEST

START_TEST(a_body_fits_into_the_memory_for_bodies)
{
	ck_assert_str_eq(parse("[server]\nbody_memory = 16M\n"),
		"f.conf:2: [server] body_memory = 16M does not fit: max_body_bytes "
		"must "
		"not be above body_memory");
}
END_TEST

START_TEST(diff_names_what_changed_and_what_needs_a_restart)
{
	ck_assert_str_eq(parse(""), "");
	struct settings old = got;
	ck_assert_str_eq(
		parse("[server]\nrun_dir = /run/x\n[retry]\nmax_retries = 6\n"), "");
	unsigned at = 0;
	const struct setting *st = settings_diff(&old, &got, &at);
	ck_assert_str_eq(st->key, "run_dir");
	ck_assert_int_eq(st->reload, SETTING_RESTART);
	st = settings_diff(&old, &got, &at);
	ck_assert_str_eq(st->key, "max_retries");
	ck_assert_int_eq(st->reload, SETTING_LIVE);
	ck_assert_ptr_null(settings_diff(&old, &got, &at));
}
END_TEST

START_TEST(diff_sees_a_change_of_every_setting)
{
	struct settings a;
	settings_defaults(&a);
	for (unsigned id = 0; id < SETTING_N; id++) {
		struct settings b = a;
		((char *)&b)[settings_get(id)->offset] ^= 1;
		unsigned at = 0;
		ck_assert_ptr_eq(settings_diff(&a, &b, &at), settings_get(id));
		ck_assert_ptr_null(settings_diff(&a, &b, &at));
	}
}
END_TEST

START_TEST(a_file_is_loaded_and_named_in_its_errors)
{
	struct err e = {0};
	const char *path = scratch_file(STR("[queue]\nmax_size = 5\n"), 0600);
	ck_assert(settings_load(&got, path, no_env, &report, &e));
	ck_assert_uint_eq(got.queue_max_size, 5);
	ck_assert(!settings_load(&got, "no/such.conf", no_env, &report, &e));
	ck_assert_str_eq(
		e.text, "no/such.conf: cannot be opened: No such file or directory");
}
END_TEST

START_TEST(a_file_above_1_mib_is_refused)
{
	static char text[(1 << 20) + 1];
	memset(text, '\n', sizeof text);
	struct err e = {0};
	const char *path = scratch_file((struct str){text, sizeof text}, 0600);
	ck_assert(!settings_load(&got, path, no_env, &report, &e));
	ck_assert_ptr_nonnull(strstr(e.text, ": is larger than 1048576 bytes"));
}
END_TEST

static bool salvage(const char *text)
{
	return settings_salvage(
		&got, scratch_file((struct str){text, strlen(text)}, 0600), no_env);
}

START_TEST(what_can_be_read_of_a_wrong_file_is_salvaged)
{
	ck_assert(salvage("nonsense\n[server]\nrun_dir = /run/one\nlisen = x\n"
			  "[queue]\nmax_size = none\nmax_wait = 7s\n[nowhere\n"));
	ck_assert_str_eq(got.run_dir, "/run/one");
	ck_assert_uint_eq(got.queue_max_size, 10000);
	ck_assert_uint_eq(got.queue_max_wait_ns, 7 * NS_PER_S);
}
END_TEST

START_TEST(a_wrong_run_dir_is_not_guessed)
{
	ck_assert(!salvage("[server]\nrun_dir =\n"));
	ck_assert(!salvage("[servr]\nrun_dir = /run/one\n"));
	ck_assert(!salvage("[server]\nrun_dir = /run/one\nrun_dir = /run/two\n"));
	ck_assert(!settings_salvage(&got, "no/such.conf", no_env));
}
END_TEST

struct told {
	unsigned n;
	char text[8][256];
};

static void on_fault(void *arg, const struct err *e)
{
	struct told *t = arg;
	ck_assert_uint_lt(t->n, N_ELEMENTS(t->text));
	snprintf(t->text[t->n++], sizeof t->text[0], "%s", e->text);
}

static unsigned check(const char *text, char *const env[], struct told *t)
{
	struct str s = {text, strlen(text)};
	*t = (struct told){0};
	unsigned n = settings_check(scratch_file(s, 0600), env, on_fault, t);
	ck_assert_uint_eq(n, t->n);
	return n;
}

START_TEST(a_check_tells_every_fault_with_its_line)
{
	struct told t;
	char *env[] = {"OPENAI_MAX_RETRIES=many", NULL};
	ck_assert_uint_eq(check("[retry]\nmax_retries = 900\n[serevr]\nlisten = x\n"
				"[queue]\nmax_wait = soon\nnonsense\n",
				  env, &t),
		5);
	static const char *const wanted[] = {":2: [retry] max_retries", ":3: [serevr]",
		":6: [queue] max_wait", ":7: expected", "OPENAI_MAX_RETRIES"};
	for (size_t i = 0; i < N_ELEMENTS(wanted); i++)
		ck_assert_msg(strstr(t.text[i], wanted[i]) != NULL, "%s", t.text[i]);
}
END_TEST

START_TEST(a_check_of_a_good_file_tells_nothing_and_of_a_misfit_one)
{
	struct told t;
	ck_assert_uint_eq(check("[retry]\nmax_retries = 9\n", no_env, &t), 0);
	ck_assert_uint_eq(
		check("[retry]\nbase_delay = 9s\nmax_delay = 1s\n", no_env, &t), 1);
	ck_assert_uint_eq(settings_check("no/such.conf", no_env, on_fault, &t), 1);
}
END_TEST

UNIT_MAIN("settings", an_empty_file_gives_the_defaults,
	the_environment_goes_over_the_file_over_the_defaults,
	the_report_says_where_each_value_came_from,
	a_list_key_may_be_repeated_and_replaces_the_default, a_section_may_come_back,
	each_mistake_is_named_with_its_line, an_error_leaves_the_settings_as_they_were,
	plain_http_is_for_loopback_only,
	plain_http_from_the_environment_names_the_variable,
	the_base_delay_is_not_above_the_longest, a_certificate_and_its_key_go_together,
	the_value_that_is_no_default_is_blamed, a_body_fits_into_the_memory_for_bodies,
	diff_names_what_changed_and_what_needs_a_restart,
	diff_sees_a_change_of_every_setting, a_file_is_loaded_and_named_in_its_errors,
	a_file_above_1_mib_is_refused, what_can_be_read_of_a_wrong_file_is_salvaged,
	a_wrong_run_dir_is_not_guessed, a_check_tells_every_fault_with_its_line,
	a_check_of_a_good_file_tells_nothing_and_of_a_misfit_one)
