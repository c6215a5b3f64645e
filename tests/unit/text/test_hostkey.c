/* Fields that would choose the host of a request. */
#include "../unit.h"
#include "text/hostkey.h"

#include <string.h>

static bool is_host(const char *text)
{
	struct scan s;
	struct scan_token t;
	scan_init(&s, (struct str){text, strlen(text)}, 2);
	ck_assert_int_eq(scan_next(&s, &t), SCAN_OBJECT_BEGIN);
	ck_assert_int_eq(scan_next(&s, &t), SCAN_KEY);
	return hostkey_is(&t);
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

UNIT_MAIN("hostkey", host_fields_are_known_in_every_spelling, other_fields_are_not)
