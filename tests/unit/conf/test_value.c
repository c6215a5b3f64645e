/* Each type of setting: what it takes, what it says of the rest, and its way back. */
#include "../unit.h"
#include "base/clock.h"
#include "base/log.h"
#include "conf/value.h"

#include <unistd.h>

static struct settings got;

/* "" or the error of id = text in line 3 of a file. */
static const char *parse(enum setting_id id, const char *text)
{
	static struct err e;
	struct origin from = {.path = "f", .line = 3};
	struct str value = {text, strlen(text)};
	e.text[0] = '\0';
	bool done = value_parse(&got, settings_get(id), value, &from, &e);
	ck_assert(done == (e.text[0] == '\0'));
	return e.text;
}

static const char *format(enum setting_id id)
{
	static char out[VALUE_BYTES];
	return value_format(&got, settings_get(id), out);
}

struct row {
	enum setting_id id;
	const char *text, *error;
};

static void check_errors(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		ck_assert_str_eq(parse(rows[i].id, rows[i].text), rows[i].error);
}

START_TEST(numbers_outside_the_range_name_the_range)
{
	static const struct row rows[] = {
		{SETTING_retry_max_retries, "900",
			"f:3: [retry] max_retries = 900 is out of range, accepted: "
			"0 to 20"},
		{SETTING_retry_max_retries, "99999999999999999999999",
			"f:3: [retry] max_retries = 99999999999999999999999 is out of "
			"range, accepted: 0 to 20"},
		{SETTING_server_workers, "0",
			"f:3: [server] workers = 0 is out of range, accepted: 1 to 64"},
		{SETTING_server_header_timeout, "99ms",
			"f:3: [server] header_timeout = 99ms is out of range, "
			"accepted: "
			"100ms to 10m"},
		{SETTING_stabilization_minutes, "1440.1",
			"f:3: [stabilization] minutes = 1440.1 is out of range, "
			"accepted: "
			"0 to 1440"},
		{SETTING_server_max_body_bytes, "2G",
			"f:3: [server] max_body_bytes = 2G is out of range, accepted: "
			"1K to 1G"},
	};
	check_errors(rows, N_ELEMENTS(rows));
}
END_TEST

START_TEST(what_is_no_number_is_told_what_one_looks_like)
{
	static const struct row rows[] = {
		{SETTING_retry_max_retries, "five",
			"f:3: [retry] max_retries = five is not a whole number, "
			"accepted: "
			"0 to 20"},
		{SETTING_retry_max_retries, "-1",
			"f:3: [retry] max_retries = -1 is not a whole number, "
			"accepted: "
			"0 to 20"},
		{SETTING_client_budget_week, "$5",
			"f:3: [client] budget_week = $5 is not an amount of dollars "
			"of at most nine places, such as 2.50, accepted: 0 to "
			"1000000000"},
		{SETTING_alerts_cost_day, "0.0000000001",
			"f:3: [alerts] cost_day = 0.0000000001 is not an amount of "
			"dollars of at most nine places, such as 2.50, accepted: 0 to "
			"1000000000"},
		{SETTING_retry_max_retries, "",
			"f:3: [retry] max_retries = is not a whole number, accepted: "
			"0 to 20"},
		{SETTING_server_workers, "all",
			"f:3: [server] workers = all is not auto or a whole number, "
			"accepted: 1 to 64"},
		{SETTING_server_header_timeout, "10 s",
			"f:3: [server] header_timeout = 10 s is not a duration such as "
			"250ms, 10s or 5m, accepted: 100ms to 10m"},
		{SETTING_stabilization_minutes, "15m",
			"f:3: [stabilization] minutes = 15m is not a number of "
			"minutes, "
			"accepted: 0 to 1440"},
		{SETTING_server_max_body_bytes, "32MB",
			"f:3: [server] max_body_bytes = 32MB is not a size such as "
			"512K, "
			"32M or 1G, accepted: 1K to 1G"},
	};
	check_errors(rows, N_ELEMENTS(rows));
}
END_TEST

START_TEST(both_ends_of_a_range_are_inside)
{
	ck_assert_str_eq(parse(SETTING_retry_max_retries, "0"), "");
	ck_assert_str_eq(parse(SETTING_retry_max_retries, "20"), "");
	ck_assert_str_eq(parse(SETTING_server_header_timeout, "100ms"), "");
	ck_assert_str_eq(parse(SETTING_server_header_timeout, "10m"), "");
}
END_TEST

START_TEST(durations_and_minutes_become_nanoseconds)
{
	ck_assert_str_eq(parse(SETTING_retry_base_delay, "1.5"), "");
	ck_assert_uint_eq(got.retry_base_delay_ns, 1500 * NS_PER_MS);
	ck_assert_str_eq(parse(SETTING_stabilization_minutes, "0.05"), "");
	ck_assert_uint_eq(got.stabilization_ns, 3 * NS_PER_S);
}
END_TEST

START_TEST(workers_auto_is_the_number_of_cpus)
{
	long online = sysconf(_SC_NPROCESSORS_ONLN);
	ck_assert_str_eq(parse(SETTING_server_workers, "auto"), "");
	ck_assert_uint_eq(got.workers, (uint64_t)(online > 64 ? 64 : online));
}
END_TEST

START_TEST(words_are_listed_when_one_is_wrong)
{
	static const struct row rows[] = {
		{SETTING_ledger_durability, "none",
			"f:3: [ledger] durability = none is unknown, accepted: group, "
			"strict"},
		{SETTING_openai_allow_plain_http, "true",
			"f:3: [openai] allow_plain_http = true is unknown, "
			"accepted: yes, "
			"no"},
	};
	check_errors(rows, N_ELEMENTS(rows));
}
END_TEST

START_TEST(words_have_the_values_of_their_enums)
{
	for (unsigned i = 0; i < LOG_LEVELS; i++) {
		const char *name = log_level_name((enum log_level)i);
		ck_assert_str_eq(parse(SETTING_server_log_level, name), "");
		ck_assert_uint_eq(got.log_level, i);
	}
	ck_assert_str_eq(parse(SETTING_retry_unknown, "retry"), "");
	ck_assert_uint_eq(got.retry_unknown, SETTINGS_UNKNOWN_RETRY);
	ck_assert_str_eq(parse(SETTING_ledger_durability, "strict"), "");
	ck_assert_uint_eq(got.ledger_durability, SETTINGS_DURABILITY_STRICT);
}
END_TEST

START_TEST(texts_that_are_too_long_or_too_short_are_refused)
{
	char text[101];
	memset(text, 'd', 100);
	text[100] = '\0';
	ck_assert_str_eq(parse(SETTING_server_run_dir, text),
		"f:3: [server] run_dir = "
		"dddddddddddddddddddddddddddddddddddddddddddddddd"
		"... is too long, accepted: at most 90 bytes");
	ck_assert_str_eq(parse(SETTING_server_run_dir, ""),
		"f:3: [server] run_dir = is too short, accepted: at least one "
		"character");
}
END_TEST

START_TEST(a_shorter_text_leaves_nothing_of_the_longer_one)
{
	ck_assert_str_eq(parse(SETTING_server_run_dir, "/a/long/path"), "");
	ck_assert_str_eq(parse(SETTING_server_run_dir, "/b"), "");
	static const char tail[SETTINGS_TEXT_BYTES - 2];
	ck_assert_mem_eq(got.run_dir + 2, tail, sizeof tail);
}
END_TEST

START_TEST(names_are_fit_for_a_header)
{
	ck_assert_str_eq(parse(SETTING_openai_organization, "org-A1_b.c"), "");
	ck_assert_str_eq(parse(SETTING_openai_organization, "a b"),
		"f:3: [openai] organization = a b is no name, accepted: letters, "
		"digits "
		"and - . _ @ +");
	ck_assert_str_eq(parse(SETTING_openai_organization, "a\r\nX: y"),
		"f:3: [openai] organization = a??X: y is no name, accepted: letters, "
		"digits and - . _ @ +");
}
END_TEST

START_TEST(a_hook_may_have_a_query_and_no_sentence_shows_it)
{
	ck_assert_str_eq(parse(SETTING_alerts_webhook, "https://a.example/b/?k=1"), "");
	ck_assert_str_eq(got.alerts_webhook, "https://a.example/b/?k=1");
	ck_assert_str_eq(format(SETTING_alerts_webhook), "https://a.example/b/?k=1");
	ck_assert_str_eq(parse(SETTING_alerts_webhook, ""), "");
	ck_assert_str_eq(parse(SETTING_alerts_webhook, "ftp://a.example/?k=1"),
		"f:3: [alerts] webhook = ftp:/... does not begin with "
		"https:// or http://");
	ck_assert_str_eq(parse(SETTING_openai_base_url, "https://a.example/?k=1"),
		"f:3: [openai] base_url = https://a.example/... must not hold a query "
		"or fragment");
}
END_TEST

START_TEST(a_url_loses_its_last_slashes)
{
	ck_assert_str_eq(parse(SETTING_openai_base_url, "https://a.example/v1/"), "");
	ck_assert_str_eq(got.base_url, "https://a.example/v1");
	ck_assert_str_eq(parse(SETTING_openai_base_url, "a.example/v1"),
		"f:3: [openai] base_url = a.example/v1 does not begin with https:// or "
		"http://");
}
END_TEST

START_TEST(lists_are_divided_by_commas_and_blanks_and_grow)
{
	ck_assert_str_eq(parse(SETTING_server_host_names, "a.example, b ,c"), "");
	ck_assert_str_eq(parse(SETTING_server_host_names, "d\t127.0.0.1"), "");
	ck_assert_str_eq(
		format(SETTING_server_host_names), "a.example b c d 127.0.0.1");
}
END_TEST

START_TEST(phrases_are_divided_by_commas_alone)
{
	ck_assert_str_eq(
		parse(SETTING_client_deny, " credit card,\tIBAN , it's, "), "");
	ck_assert_uint_eq(got.client_deny.n, 3);
	ck_assert_str_eq(got.client_deny.entry[0], "credit card");
	ck_assert_str_eq(format(SETTING_client_deny), "credit card,IBAN,it's");
}
END_TEST

START_TEST(models_are_visible_characters)
{
	ck_assert_str_eq(parse(SETTING_client_models, "gpt-4o,ft:gpt-4.1*:x"), "");
	ck_assert_str_eq(got.client_models, "gpt-4o,ft:gpt-4.1*:x");
	ck_assert_str_eq(parse(SETTING_client_models, "gpt-4o, o3"),
		"f:3: [client] models = gpt-4o, o3 is no list of models, accepted: "
		"names by commas, * stands for anything");
}
END_TEST

START_TEST(the_wrong_entry_of_a_list_is_shown_alone)
{
	static const struct row rows[] = {
		{SETTING_server_listen, "127.0.0.1:80, here:80",
			"f:3: [server] listen = here:80 is no address, accepted: "
			"ADDRESS:PORT or [IPV6]:PORT"},
		{SETTING_server_listen, "127.0.0.1:80",
			"f:3: [server] listen = 127.0.0.1:80 is listed twice"},
		{SETTING_server_host_names, "a.example b:80",
			"f:3: [server] host_names = b:80 is no host, accepted: a "
			"name, an "
			"IPv4 address or [IPV6]"},
		{SETTING_server_host_names, "b c d e f g h i",
			"f:3: [server] host_names = i is one too many, accepted: "
			"at most "
			"eight"},
	};
	check_errors(rows, N_ELEMENTS(rows));
}
END_TEST

START_TEST(an_entry_of_127_bytes_is_the_longest)
{
	char text[129];
	for (size_t i = 0; i < 128; i++)
		text[i] = i % 2 ? '.' : 'a';
	text[127] = 'a';
	text[128] = '\0';
	ck_assert_str_eq(parse(SETTING_server_host_names, text),
		"f:3: [server] host_names = "
		"a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a."
		"a.a.... is too long, accepted: at most 127 bytes");
	text[127] = '\0';
	text[126] = 'a';
	ck_assert_str_eq(parse(SETTING_server_host_names, text), "");
}
END_TEST

START_TEST(listen_needs_an_address)
{
	ck_assert_str_eq(parse(SETTING_server_listen, " , "),
		"f:3: [server] listen = has no address, accepted: ADDRESS:PORT or "
		"[IPV6]:PORT");
}
END_TEST

START_TEST(the_environment_is_named_by_its_variable)
{
	struct err e = {0};
	struct origin from = {.env = "OPENAI_MAX_RETRIES"};
	ck_assert(!value_parse(
		&got, settings_get(SETTING_retry_max_retries), STR("x"), &from, &e));
	ck_assert_str_eq(e.text,
		"OPENAI_MAX_RETRIES=x is not a whole number, accepted: 0 to 20");
}
END_TEST

START_TEST(a_refused_value_changes_nothing)
{
	ck_assert_str_eq(parse(SETTING_retry_max_retries, "7"), "");
	ck_assert_str_ne(parse(SETTING_retry_max_retries, "21"), "");
	ck_assert_uint_eq(got.max_retries, 7);
}
END_TEST

START_TEST(values_are_written_as_people_would)
{
	static const struct {
		enum setting_id id;
		const char *text, *written;
	} rows[] = {
		{SETTING_retry_max_retries, "007", "7"},
		{SETTING_server_idle_timeout, "75", "75s"},
		{SETTING_server_idle_timeout, "120s", "2m"},
		{SETTING_server_idle_timeout, "60m", "1h"},
		{SETTING_server_idle_timeout, "1.25", "1250ms"},
		{SETTING_server_drain_timeout, "0", "0s"},
		{SETTING_ledger_commit_interval, "0.5ms", "0.5ms"},
		{SETTING_ledger_commit_interval, "2.000001ms", "2.000001ms"},
		{SETTING_stabilization_minutes, "15.0", "15"},
		{SETTING_stabilization_minutes, "0.000001", "0.000001"},
		{SETTING_server_max_body_bytes, "1024", "1K"},
		{SETTING_server_max_body_bytes, "1025", "1025"},
		{SETTING_server_body_memory, "2048M", "2G"},
		{SETTING_ledger_max_size, "2048G", "2048G"},
		{SETTING_ledger_durability, "strict", "strict"},
		{SETTING_openai_allow_plain_http, "yes", "yes"},
		{SETTING_openai_project, "", ""},
		{SETTING_client_budget_day, "2.50", "2.5"},
		{SETTING_client_budget_day, "0.000000001", "0.000000001"},
		{SETTING_client_budget_day, "1000000000", "1000000000"},
	};
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		ck_assert_str_eq(parse(rows[i].id, rows[i].text), "");
		ck_assert_str_eq(format(rows[i].id), rows[i].written);
	}
}
END_TEST

UNIT_MAIN_APART("value", numbers_outside_the_range_name_the_range,
	what_is_no_number_is_told_what_one_looks_like, both_ends_of_a_range_are_inside,
	durations_and_minutes_become_nanoseconds, workers_auto_is_the_number_of_cpus,
	words_are_listed_when_one_is_wrong, words_have_the_values_of_their_enums,
	texts_that_are_too_long_or_too_short_are_refused,
	a_shorter_text_leaves_nothing_of_the_longer_one, names_are_fit_for_a_header,
	a_url_loses_its_last_slashes, a_hook_may_have_a_query_and_no_sentence_shows_it,
	lists_are_divided_by_commas_and_blanks_and_grow,
	phrases_are_divided_by_commas_alone, models_are_visible_characters,
	the_wrong_entry_of_a_list_is_shown_alone, an_entry_of_127_bytes_is_the_longest,
	listen_needs_an_address, the_environment_is_named_by_its_variable,
	a_refused_value_changes_nothing, values_are_written_as_people_would)
