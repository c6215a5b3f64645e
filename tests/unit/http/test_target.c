/* Request targets: their forms, authorities, and canonical paths. */
#include "../unit.h"
#include "http/target.h"

static enum http_verdict split(struct http_head *h, const char *target)
{
	memset(h, 0, sizeof *h);
	h->target = (struct http_span){0, (uint16_t)strlen(target)};
	return http_target_split(h, target);
}

static bool is(const char *p, struct http_span s, const char *want)
{
	return s.n == strlen(want) && memcmp(p + s.at, want, s.n) == 0;
}

START_TEST(targets_give_host_path_and_query)
{
	static const struct {
		const char *target, *host;
		unsigned port;
		const char *path, *query;
	} rows[] = {
		{"/", "", 0, "/", ""},
		{"/a/b?c=d&e?f", "", 0, "/a/b", "c=d&e?f"},
		{"/a?", "", 0, "/a", ""},
		{"/http://b/c", "", 0, "/http://b/c", ""},
		{"http://a.b-c_d/e", "a.b-c_d", 0, "/e", ""},
		{"HTTPS://A:65535/e?f", "A", 65535, "/e", "f"},
		{"http://[2001:db8::1]:80/", "[2001:db8::1]", 80, "/", ""},
		{"http://a", "a", 0, "/", ""},
		{"http://a?b/c", "a", 0, "/", "b/c"},
	};
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct http_head h;
		const char *t = rows[i].target;
		ck_assert_msg(split(&h, t) == HTTP_DONE, "%s", t);
		ck_assert_msg(is(t, h.host, rows[i].host), "host of %s", t);
		ck_assert_msg(h.port == rows[i].port, "port of %s", t);
		ck_assert_msg(is(t, h.path, rows[i].path), "path of %s", t);
		ck_assert_msg(is(t, h.query, rows[i].query), "query of %s", t);
	}
}
END_TEST

START_TEST(an_asterisk_is_for_options_alone)
{
	struct http_head h = {.method = HTTP_METHOD_OPTIONS, .target = {0, 1}};
	ck_assert(http_target_split(&h, "*") == HTTP_DONE);
	h.method = HTTP_METHOD_GET;
	ck_assert(http_target_split(&h, "*") == HTTP_BAD_TARGET);
}
END_TEST

START_TEST(an_escape_cut_short_is_not_read_beyond_its_end)
{
	/* the digits behind the target are not part of it */
	struct http_head h = {.target = {0, 3}};
	ck_assert(http_target_split(&h, "/%41") == HTTP_BAD_ESCAPE);
	h.target.n = 4;
	ck_assert(http_target_split(&h, "/%41") == HTTP_DONE);
	ck_assert(split(&h, "/%") == HTTP_BAD_ESCAPE);
	ck_assert(split(&h, "/%0g") == HTTP_BAD_ESCAPE);
	ck_assert(split(&h, "/?%00") == HTTP_BAD_ESCAPE);
}
END_TEST

START_TEST(authorities_are_a_host_and_a_port_or_nothing)
{
	static const char *const bad[] = {"", ":", ":80", "a:", "a:0", "a:65536",
		"a:8x", "a:+8", "a b", "a@b", "a/b", "a,b", "[", "[]", "[::1", "[::1]a",
		"[::1]:", "[g]", "::1", "a:000080", "a%41", "\xc3\xa4"};
	for (size_t i = 0; i < N_ELEMENTS(bad); i++) {
		struct http_span host;
		uint16_t port;
		struct http_span all = {0, (uint16_t)strlen(bad[i])};
		ck_assert_msg(
			!http_authority_split(bad[i], all, &host, &port), "%s", bad[i]);
	}
}
END_TEST

START_TEST(a_path_with_another_spelling_is_not_canonical)
{
	static const char *const good[] = {"/", "/a", "/a/", "/a.b/..c/d../.e/...",
		"/a%20b", "/%C3%A4", "/%c3%a4", "/a:b@c,d+e~f", "/%3f%23"};
	static const char *const bad[] = {"", "a", "*", "//", "//a", "/a//", "/a//b",
		"/.", "/..", "/./a", "/../a", "/a/.", "/a/..", "/a/./b", "/a/../b",
		"/a;b", "/;", "/a\\b", "/%2e", "/%2E%2e/a", "/a%2fb", "/%5c", "/%3b",
		"/%61", "/%7e", "/%5f", "/%31", "/%25", "/%00", "/%0a", "/%7f", "/%",
		"/%4", "/%zz", "/%4z"};
	for (size_t i = 0; i < N_ELEMENTS(good); i++)
		ck_assert_msg(
			http_path_is_canonical((struct str){good[i], strlen(good[i])}),
			"%s", good[i]);
	for (size_t i = 0; i < N_ELEMENTS(bad); i++)
		ck_assert_msg(
			!http_path_is_canonical((struct str){bad[i], strlen(bad[i])}),
			"%s", bad[i]);
}
END_TEST

UNIT_MAIN("target", targets_give_host_path_and_query, an_asterisk_is_for_options_alone,
	an_escape_cut_short_is_not_read_beyond_its_end,
	authorities_are_a_host_and_a_port_or_nothing,
	a_path_with_another_spelling_is_not_canonical)
