/* Addresses to listen on, hosts, and what only looks like one. */
#include "../unit.h"
#include "conf/address.h"

#include <arpa/inet.h>

static bool parse(const char *z, struct address *out)
{
	return address_parse((struct str){z, strlen(z)}, out);
}

static bool is_host(const char *z)
{
	return address_is_host((struct str){z, strlen(z)});
}

static bool is_loopback(const char *z)
{
	return address_is_loopback((struct str){z, strlen(z)});
}

START_TEST(an_ipv4_address_becomes_a_socket_address)
{
	struct address a;
	ck_assert(parse("10.1.2.3:80", &a));
	ck_assert(a.n == sizeof a.in4 && a.sa.sa_family == AF_INET);
	ck_assert_uint_eq(ntohl(a.in4.sin_addr.s_addr), 0x0a010203);
	ck_assert_uint_eq(ntohs(a.in4.sin_port), 80);
}
END_TEST

START_TEST(an_ipv6_address_stands_in_brackets)
{
	struct address a;
	ck_assert(parse("[::1]:65535", &a));
	ck_assert(a.n == sizeof a.in6 && a.sa.sa_family == AF_INET6);
	ck_assert(IN6_IS_ADDR_LOOPBACK(&a.in6.sin6_addr));
	ck_assert_uint_eq(ntohs(a.in6.sin6_port), 65535);
}
END_TEST

START_TEST(localhost_is_the_ipv4_loopback)
{
	struct address a;
	ck_assert(parse("localhost:8443", &a));
	ck_assert_uint_eq(ntohl(a.in4.sin_addr.s_addr), INADDR_LOOPBACK);
}
END_TEST

START_TEST(half_addresses_are_refused)
{
	static const char *const bad[] = {"", ":", "8443", "127.0.0.1",
		"127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:080x",
		"127.0.0.1:000080", "127.1:80", "0x7f.0.0.1:80", "::1:80", "[::1]",
		"[::1]80", "[]:80", "[127.0.0.1]:80", "example.com:80", "*:80"};
	struct address a;
	for (size_t i = 0; i < N_ELEMENTS(bad); i++)
		ck_assert_msg(!parse(bad[i], &a), "%s", bad[i]);
}
END_TEST

START_TEST(a_nul_inside_ends_no_address)
{
	struct address a;
	ck_assert(!address_parse(STR("127.0.0.1\0.evil:80"), &a));
}
END_TEST

START_TEST(names_and_addresses_are_hosts)
{
	static const char *const good[] = {"localhost", "api.openai.com", "A-1.b",
		"127.0.0.1", "[2001:db8::1]", "my_box", "1.2.3.com"};
	for (size_t i = 0; i < N_ELEMENTS(good); i++)
		ck_assert_msg(is_host(good[i]), "%s", good[i]);
}
END_TEST

START_TEST(what_a_resolver_might_guess_at_is_no_host)
{
	static const char *const bad[] = {"", ".", "a.", ".a", "a..b", "-a", "a-",
		"a-.b", "127.1", "1", "0x7f.1", "2130706433", "1.2.3.4.5", "999.1.1.1",
		"::1", "[::1", "[]", "a b", "a@b", "a%41", "b\xc3\xbc"};
	/* 0x7f.1 ends in a number, which makes it no name either */
	for (size_t i = 0; i < N_ELEMENTS(bad); i++)
		ck_assert_msg(!is_host(bad[i]), "%s", bad[i]);
}
END_TEST

START_TEST(labels_have_63_and_names_253_bytes_at_most)
{
	char name[256];
	memset(name, 'a', sizeof name);
	ck_assert(address_is_host((struct str){name, 63}));
	ck_assert(!address_is_host((struct str){name, 64}));
	for (size_t i = 1; i < sizeof name; i += 2)
		name[i] = '.';
	ck_assert(address_is_host((struct str){name, 253}));
	ck_assert(!address_is_host((struct str){name, 255}));
}
END_TEST

START_TEST(loopback_is_the_address_never_a_name_like_it)
{
	ck_assert(is_loopback("127.0.0.1") && is_loopback("127.255.0.9"));
	ck_assert(is_loopback("[::1]") && is_loopback("LocalHost"));
	ck_assert(!is_loopback("128.0.0.1") && !is_loopback("126.0.0.1"));
	ck_assert(!is_loopback("0.0.0.0") && !is_loopback("[::2]"));
	ck_assert(!is_loopback("localhost.example.com"));
	ck_assert(!is_loopback("127.0.0.1.example.com"));
	ck_assert(!is_loopback("[::ffff:127.0.0.1]"));
}
END_TEST

UNIT_MAIN("address", an_ipv4_address_becomes_a_socket_address,
	an_ipv6_address_stands_in_brackets, localhost_is_the_ipv4_loopback,
	half_addresses_are_refused, a_nul_inside_ends_no_address,
	names_and_addresses_are_hosts, what_a_resolver_might_guess_at_is_no_host,
	labels_have_63_and_names_253_bytes_at_most,
	loopback_is_the_address_never_a_name_like_it)
