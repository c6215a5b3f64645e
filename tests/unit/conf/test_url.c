/* URLs of an upstream: what is taken apart, and what two readers might read twice. */
#include "../unit.h"
#include "conf/url.h"

static bool is(struct str s, const char *z)
{
	return s.n == strlen(z) && memcmp(s.p, z, s.n) == 0;
}

static const char *wrong(const char *z)
{
	struct url u;
	const char *w = url_parse((struct str){z, strlen(z)}, &u);
	return w ? w : "";
}

START_TEST(a_url_is_taken_apart)
{
	struct url u;
	ck_assert_ptr_null(url_parse(STR("https://api.openai.com/v1"), &u));
	ck_assert(u.is_tls && !u.is_loopback && u.port == 443);
	ck_assert(is(u.host, "api.openai.com") && is(u.path, "/v1"));
}
END_TEST

START_TEST(port_and_path_may_be_missing)
{
	struct url u;
	ck_assert_ptr_null(url_parse(STR("http://localhost"), &u));
	ck_assert(!u.is_tls && u.is_loopback && u.port == 80);
	ck_assert(is(u.path, "") && is(u.base, "http://localhost"));
}
END_TEST

START_TEST(an_ipv6_host_keeps_its_brackets)
{
	struct url u;
	ck_assert_ptr_null(url_parse(STR("http://[::1]:8080/v1"), &u));
	ck_assert(is(u.host, "[::1]") && u.port == 8080 && u.is_loopback);
}
END_TEST

START_TEST(the_base_has_no_last_slashes)
{
	struct url u;
	ck_assert_ptr_null(url_parse(STR("https://a.example/v1//"), &u));
	ck_assert(is(u.base, "https://a.example/v1") && is(u.path, "/v1"));
	ck_assert_ptr_null(url_parse(STR("https://a.example/"), &u));
	ck_assert(is(u.base, "https://a.example"));
}
END_TEST

#define BAD_PATH "has a path that is not /segments of letters, digits and - . _ ~"

START_TEST(each_mistake_has_its_words)
{
	static const struct {
		const char *url, *wrong;
	} rows[] = {
		{"", "does not begin with https:// or http://"},
		{"ftp://a/", "does not begin with https:// or http://"},
		{"HTTPS://a/", "does not begin with https:// or http://"},
		{"https://", "has no host"},
		{"https:///v1", "has no host"},
		{"https://:80/", "has no host"},
		{"https://a@b/", "must not hold a user name or password"},
		{"https://a:b@c/", "must not hold a user name or password"},
		{"https://a?b", "must not hold a query or fragment"},
		{"https://a/v1#b", "must not hold a query or fragment"},
		{"https://127.1/", "has a host that is neither a name nor an address"},
		{"https://a\\b/", "has a host that is neither a name nor an address"},
		{"https://[::1]x/", "has a host that is neither a name nor an address"},
		{"https://[::1/", "has a host that is neither a name nor an address"},
		{"https://a b/", "has a host that is neither a name nor an address"},
		{"https://a:/", "has a port that is not 1 to 65535"},
		{"https://a:0/", "has a port that is not 1 to 65535"},
		{"https://a:80:80/", "has a port that is not 1 to 65535"},
		{"https://a/b//c", BAD_PATH},
		{"https://a/../b", BAD_PATH},
		{"https://a/./b", BAD_PATH},
		{"https://a/%2e/b", BAD_PATH},
		{"https://a/b c", BAD_PATH},
	};
	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		ck_assert_str_eq(wrong(rows[i].url), rows[i].wrong);
}
END_TEST

static const char *wrong_hook(const char *z)
{
	struct url u;
	const char *w = url_parse_hook((struct str){z, strlen(z)}, &u);
	return w ? w : "";
}

START_TEST(a_hook_is_whole_with_its_query)
{
	struct url u;
	static const char text[] =
		"https://a.example:443/paths/invoke/?v=1&sp=%2Frun&sig=a-b_c~d";
	ck_assert_ptr_null(url_parse_hook(STR(text), &u));
	ck_assert(u.is_tls && u.port == 443 && is(u.host, "a.example"));
	ck_assert(is(u.path, "/paths/invoke") && is(u.base, text));
	ck_assert_ptr_null(url_parse_hook(STR("http://127.0.0.1/"), &u));
	ck_assert(u.is_loopback && is(u.base, "http://127.0.0.1/"));
	ck_assert_str_eq(wrong_hook("https://a/?x=http://b@c:1/?y!$'()*+,;"), "");
}
END_TEST

#define BAD_QUERY                                                                      \
	"has a query that is not a path's, of letters, digits, %XX and "               \
	"- . _ ~ ! $ & ' ( ) * + , ; = : @ / ?"

START_TEST(each_mistake_of_a_hook_has_its_words)
{
	static const struct {
		const char *url, *wrong;
	} rows[] = {
		{"", "does not begin with https:// or http://"},
		{"https://?a", "has no host"},
		{"https://a@b/?c", "must not hold a user name or password"},
		{"https://a/../b?c", BAD_PATH},
		{"https://a/b#c", "must not hold a query or fragment"},
		{"https://a?b", BAD_QUERY},
		{"https://a/?", BAD_QUERY},
		{"https://a/?b#c", BAD_QUERY},
		{"https://a/?b c", BAD_QUERY},
		{"https://a/?b\\c", BAD_QUERY},
		{"https://a/?%2", BAD_QUERY},
		{"https://a/?%g0", BAD_QUERY},
		{"https://a/?\xc3\xa4", BAD_QUERY},
	};
	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		ck_assert_str_eq(wrong_hook(rows[i].url), rows[i].wrong);
}
END_TEST

START_TEST(segments_of_dots_and_letters_are_plain)
{
	ck_assert_str_eq(wrong("https://a/v1.0/...x/~me/a_b-c"), "");
}
END_TEST

START_TEST(what_may_be_secret_is_not_shown)
{
	static const char *const rows[][2] = {
		{"https://user:pa/ss@api.example.org/v1",
			"https://...@api.example.org/v1"},
		{"http://hooks.example.org/T0/B0/secret",
			"http://hooks.example.org/..."},
		{"https://a.example?key=secret", "https://a.example/..."},
		{"https://a.example/?k=1", "https://a.example/..."},
		{"https://a.example?k=1", "https://a.example/..."},
		{"https://a.example/#k", "https://a.example/..."},
		{"https://a.example/hook?sig=a@secret", "https://..."},
		{"https://user:pa?ss@a.example/", "https://..."},
		{"user:secret@a.example", "...@a.example"},
		{"https://a.example/", "https://a.example/"},
		{"nonsense", "nonsense"},
		{"https://", "https://"},
	};
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		char out[URL_SHOWN_BYTES];
		struct str text = {rows[i][0], strlen(rows[i][0])};
		ck_assert_str_eq(url_show(text, out), rows[i][1]);
	}
}
END_TEST

UNIT_MAIN("url", what_may_be_secret_is_not_shown, a_url_is_taken_apart,
	port_and_path_may_be_missing, an_ipv6_host_keeps_its_brackets,
	the_base_has_no_last_slashes, each_mistake_has_its_words,
	a_hook_is_whole_with_its_query, each_mistake_of_a_hook_has_its_words,
	segments_of_dots_and_letters_are_plain)
