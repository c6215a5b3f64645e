/* Fields that would choose the host of a request. */
#include "../unit.h"
#include "text/hostkey.h"

#include <string.h>

static struct scan_token key_of(const char *text)
{
	struct scan s;
	struct scan_token t;
	scan_init(&s, (struct str){text, strlen(text)}, 2);
	ck_assert_int_eq(scan_next(&s, &t), SCAN_OBJECT_BEGIN);
	ck_assert_int_eq(scan_next(&s, &t), SCAN_KEY);
	return t;
}

static bool is_host(const char *text)
{
	struct scan_token key = key_of(text);
	return hostkey_is(&key);
}

START_TEST(host_fields_are_known_in_every_spelling)
{
	static const char *const bad[] = {"{\"base_url\":", "{\"baseURL\":",
		"{\"Base-Url\":", "{\"api_base\":", "{\"apiBase\":", "{\"API_HOST\":",
		"{\"endpoint\":", "{\"b\\u0061se_url\":", "{\"openai_api_base\":"};
	for (size_t i = 0; i < N_ELEMENTS(bad); i++)
		ck_assert_msg(is_host(bad[i]), "%s", bad[i]);
}
END_TEST

START_TEST(other_fields_are_not)
{
	static const char *const good[] = {
		"{\"model\":", "{\"\":", "{\"_\":", "{\"base_url2\":", "{\"metadata\":",
		"{\"hosted\":", "{\"a_very_long_name_that_ends_in_base_url\":"};
	for (size_t i = 0; i < N_ELEMENTS(good); i++)
		ck_assert_msg(!is_host(good[i]), "%s", good[i]);
}
END_TEST

START_TEST(options_for_a_sender_are_known_too)
{
	static const char *const names[] = {
		"{\"extra_body\":", "{\"extraBody\":", "{\"litellm_params\":"};
	for (size_t i = 0; i < N_ELEMENTS(names); i++) {
		struct scan_token key = key_of(names[i]);
		ck_assert_msg(hostkey_is_options(&key), "%s", names[i]);
	}
	struct scan_token other = key_of("{\"metadata\":");
	ck_assert(!hostkey_is_options(&other));
}
END_TEST

START_TEST(a_path_names_no_host)
{
	static const struct {
		const char *text;
		bool is_path;
	} rows[] = {{"\"/v1/chat/completions\"", true}, {"\"/\"", true},
		{"\"//evil/\"", false}, {"\"/\\/evil/\"", false}, {"\"\"", false},
		{"\"http://evil/\"", false}, {"7", false}};
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct scan s;
		struct scan_token t;
		scan_init(&s, (struct str){rows[i].text, strlen(rows[i].text)}, 1);
		scan_next(&s, &t);
		ck_assert_msg(
			hostkey_is_path(&t) == rows[i].is_path, "%s", rows[i].text);
	}
}
END_TEST

UNIT_MAIN("hostkey", host_fields_are_known_in_every_spelling, other_fields_are_not,
	options_for_a_sender_are_known_too, a_path_names_no_host)
