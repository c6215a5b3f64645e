/* Query strings: what is found, and that nothing doubtful is. */
#include "../unit.h"
#include "http/query.h"

static enum http_query_result get(const char *query, const char *key, const char *want)
{
	char text[16];
	struct str value = {NULL, 0};
	enum http_query_result r = http_query_get((struct str){query, strlen(query)},
		(struct str){key, strlen(key)}, text, sizeof text, &value);
	if (r == HTTP_QUERY_FOUND)
		ck_assert_msg(
			value.n == strlen(want) && memcmp(value.p, want, value.n) == 0,
			"%s of %s is " STR_FMT, key, query, STR_ARG(value));
	return r;
}

START_TEST(a_value_is_found_and_decoded)
{
	ck_assert(get("hours=24", "hours", "24") == HTTP_QUERY_FOUND);
	ck_assert(get("a=1&b=2&c=3", "b", "2") == HTTP_QUERY_FOUND);
	ck_assert(get("a=", "a", "") == HTTP_QUERY_FOUND);
	ck_assert(get("a=b=c", "a", "b=c") == HTTP_QUERY_FOUND);
	ck_assert(get("a=x+y%20z%2B%26%C3%a4", "a", "x y z+&\xc3\xa4") ==
		  HTTP_QUERY_FOUND);
	ck_assert(get("h%6Furs=1", "hours", "1") == HTTP_QUERY_FOUND);
}
END_TEST

START_TEST(what_is_not_there_is_absent)
{
	ck_assert(get("", "a", NULL) == HTTP_QUERY_ABSENT);
	ck_assert(get("ab=1", "a", NULL) == HTTP_QUERY_ABSENT);
	ck_assert(get("a=1", "ab", NULL) == HTTP_QUERY_ABSENT);
	ck_assert(get("A=1", "a", NULL) == HTTP_QUERY_ABSENT);
}
END_TEST

START_TEST(a_key_that_comes_twice_is_a_duplicate)
{
	ck_assert(get("a=1&b=2&a=1", "a", NULL) == HTTP_QUERY_DUPLICATE);
	ck_assert(get("a=1&%61=1", "a", NULL) == HTTP_QUERY_DUPLICATE);
	ck_assert(get("a=1&b=2&a=1", "b", "2") == HTTP_QUERY_FOUND);
}
END_TEST

START_TEST(one_bad_pair_spoils_the_query)
{
	static const char *const bad[] = {"a", "=", "=1", "a=1&", "&a=1", "a=1&&b=2",
		"&", "a=1&b", "a=%", "a=%4", "a=%zz", "a=%4z", "a=%00", "a=%0a",
		"a=%7f", "%=1", "a=1&b=%", "a=1&%1=2", "a=1&a=%"};
	for (size_t i = 0; i < N_ELEMENTS(bad); i++)
		ck_assert_msg(
			get(bad[i], "a", "1") == HTTP_QUERY_MALFORMED, "%s", bad[i]);
}
END_TEST

START_TEST(a_value_that_does_not_fit_is_malformed)
{
	ck_assert(
		get("a=0123456789abcdef", "a", "0123456789abcdef") == HTTP_QUERY_FOUND);
	ck_assert(get("a=0123456789abcdefg", "a", NULL) == HTTP_QUERY_MALFORMED);
	/* a value nobody asks for needs no room */
	ck_assert(get("b=0123456789abcdefg&a=1", "a", "1") == HTTP_QUERY_FOUND);
}
END_TEST

START_TEST(pairs_come_one_by_one_in_order)
{
	struct http_query q = {STR("a=1&b+=%32&a=3")};
	static const char *const want[][2] = {{"a", "1"}, {"b ", "2"}, {"a", "3"}};
	char text[4];
	struct str key, value;
	for (size_t i = 0; i < N_ELEMENTS(want); i++) {
		ck_assert(http_query_next(&q, text, sizeof text, &key, &value) ==
			  HTTP_QUERY_FOUND);
		ck_assert(key.n == strlen(want[i][0]) &&
			  memcmp(key.p, want[i][0], key.n) == 0);
		ck_assert(value.n == 1 && value.p[0] == want[i][1][0]);
	}
	ck_assert(http_query_next(&q, text, sizeof text, &key, &value) ==
		  HTTP_QUERY_ABSENT);
}
END_TEST

START_TEST(a_segment_of_a_path_keeps_its_plus)
{
	char text[5];
	struct str out;
	ck_assert(http_segment_decode(STR("a%20+%2f"), text, 5, &out) && out.n == 4);
	ck_assert(memcmp(out.p, "a +/", 4) == 0);
	ck_assert(!http_segment_decode(STR("a%2"), text, sizeof text, &out));
	ck_assert(!http_segment_decode(STR("a%00"), text, sizeof text, &out));
	ck_assert(!http_segment_decode(STR("abcdef"), text, sizeof text, &out));
}
END_TEST

START_TEST(a_pair_that_does_not_fit_is_malformed)
{
	char text[4];
	struct str key, value;
	struct http_query fits = {STR("ab=cd")}, big = {STR("ab=cde")};
	ck_assert(http_query_next(&fits, text, 4, &key, &value) == HTTP_QUERY_FOUND);
	ck_assert(http_query_next(&big, text, 4, &key, &value) == HTTP_QUERY_MALFORMED);
}
END_TEST

UNIT_MAIN("query", a_value_is_found_and_decoded, what_is_not_there_is_absent,
	a_key_that_comes_twice_is_a_duplicate, one_bad_pair_spoils_the_query,
	a_value_that_does_not_fit_is_malformed, a_segment_of_a_path_keeps_its_plus,
	pairs_come_one_by_one_in_order, a_pair_that_does_not_fit_is_malformed)
