/* What a client takes instead of a whole plain body. */
#include "../unit.h"
#include "http/negotiate.h"

#include <string.h>

static struct str text(const char *s)
{
	return (struct str){s, strlen(s)};
}

static bool gzip(const char *value)
{
	return http_accepts_coding(text(value), STR("gzip"));
}

START_TEST(a_coding_that_is_named_is_taken)
{
	static const char *const yes[] = {"gzip", "GZIP", "deflate, gzip, br, zstd",
		" gzip ;q=1.0", "br;q=0.1,gzip;q=0.001", "*", "deflate;q=0, *;q=0.5",
		"*;q=0, gzip", "gzip;q=1", "gzip;q=1.000"};
	for (size_t i = 0; i < N_ELEMENTS(yes); i++)
		ck_assert_msg(gzip(yes[i]), "%s", yes[i]);
}
END_TEST

START_TEST(a_coding_that_is_not_wanted_is_not_taken)
{
	static const char *const no[] = {"", "identity", "gzipped", "xgzip", "gzip;q=0",
		"gzip;q=0.000", "*, gzip;q=0", "*;q=0", "br, deflate", "\"gzip\""};
	for (size_t i = 0; i < N_ELEMENTS(no); i++)
		ck_assert_msg(!gzip(no[i]), "%s", no[i]);
}
END_TEST

START_TEST(a_weight_that_cannot_be_read_is_a_no)
{
	static const char *const no[] = {"gzip;q=2", "gzip;q=1.5", "gzip;q=", "gzip;q",
		"gzip;", "gzip;q=0.0001", "gzip;q=x", "gzip;q=.5", "gzip;w=1",
		"gzip;q=-1", "gzip;q=1x", "gzip;q=10"};
	for (size_t i = 0; i < N_ELEMENTS(no); i++)
		ck_assert_msg(!gzip(no[i]), "%s", no[i]);
}
END_TEST

START_TEST(an_etag_is_found_in_any_place_of_the_list)
{
	static const char *const yes[] = {"\"a1\"", "W/\"a1\"", "\"b\", \"a1\"",
		"\"a1\",\"b\"", "  \"b\" , W/\"a1\"  ", "*", " * "};
	for (size_t i = 0; i < N_ELEMENTS(yes); i++)
		ck_assert_msg(
			http_etag_matches(text(yes[i]), STR("\"a1\"")), "%s", yes[i]);
}
END_TEST

START_TEST(no_other_etag_matches)
{
	static const char *const no[] = {"", "a1", "\"a\"", "\"a12\"", "\"A1\"", "\"a1",
		"w/\"a1\"", "W/", "\"b\", *", ","};
	for (size_t i = 0; i < N_ELEMENTS(no); i++)
		ck_assert_msg(
			!http_etag_matches(text(no[i]), STR("\"a1\"")), "%s", no[i]);
}
END_TEST

UNIT_MAIN("negotiate", a_coding_that_is_named_is_taken,
	a_coding_that_is_not_wanted_is_not_taken, a_weight_that_cannot_be_read_is_a_no,
	an_etag_is_found_in_any_place_of_the_list, no_other_etag_matches)
