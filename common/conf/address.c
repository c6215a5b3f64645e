/* Names of hosts and addresses to listen on. */
#include "conf/address.h"

#include "base/num.h"
#include "http/chars.h"

#include <arpa/inet.h>
#include <string.h>

static bool to_binary(int family, struct str s, void *out)
{
	char z[INET6_ADDRSTRLEN];
	if (s.n >= sizeof z || memchr(s.p, '\0', s.n) != NULL)
		return false;
	memcpy(z, s.p, s.n);
	z[s.n] = '\0';
	return inet_pton(family, z, out) == 1;
}

static bool is_bracketed(struct str s)
{
	return s.n > 2 && s.p[0] == '[' && s.p[s.n - 1] == ']';
}

static struct str unbracket(struct str s)
{
	return (struct str){s.p + 1, s.n - 2};
}

static bool is_localhost(struct str s)
{
	return http_equal_nocase(s, STR("localhost"));
}

/* Labels of 1 to 63 letters, digits, underscores (no host name's, but many a
 * container's) and inner hyphens, with single dots between. */
static bool is_name(struct str s)
{
	size_t label = 0;
	bool is_number = true;
	for (size_t i = 0; i <= s.n; i++) {
		if (i == s.n || s.p[i] == '.') {
			if (label == 0 || label > 63 || s.p[i - 1] == '-')
				return false;
			if (i < s.n)
				is_number = true;
			label = 0;
			continue;
		}
		char c = s.p[i];
		if (!http_char_is(c, HTTP_CHAR_HOST) || (c == '-' && label == 0))
			return false;
		is_number = is_number && c >= '0' && c <= '9';
		label++;
	}
	return !is_number && s.n <= 253;
}

bool address_parse_port(struct str s, uint16_t *out)
{
	uint64_t port;
	if (s.n > 5 || !num_parse_u64(s, &port) || port < 1 || port > UINT16_MAX)
		return false;
	*out = (uint16_t)port;
	return true;
}

bool address_parse(struct str s, struct address *out)
{
	const char *colon = memrchr(s.p, ':', s.n);
	uint16_t port;
	if (colon == NULL)
		return false;
	struct str host = {s.p, (size_t)(colon - s.p)};
	if (!address_parse_port((struct str){colon + 1, s.n - host.n - 1}, &port))
		return false;
	struct address a = {.n = 0};
	if (is_bracketed(host) &&
		to_binary(AF_INET6, unbracket(host), &a.in6.sin6_addr)) {
		a.in6.sin6_family = AF_INET6;
		a.in6.sin6_port = htons(port);
		a.n = sizeof a.in6;
	} else if (is_localhost(host) || to_binary(AF_INET, host, &a.in4.sin_addr)) {
		if (is_localhost(host))
			a.in4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		a.in4.sin_family = AF_INET;
		a.in4.sin_port = htons(port);
		a.n = sizeof a.in4;
	}
	*out = a;
	return a.n != 0;
}

bool address_is_host(struct str s)
{
	struct in6_addr any;
	if (is_bracketed(s))
		return to_binary(AF_INET6, unbracket(s), &any);
	return to_binary(AF_INET, s, &any) || is_name(s);
}

bool address_is_loopback(struct str host)
{
	struct in6_addr in6;
	struct in_addr in4;
	if (is_bracketed(host))
		return to_binary(AF_INET6, unbracket(host), &in6) &&
		       IN6_IS_ADDR_LOOPBACK(&in6);
	if (to_binary(AF_INET, host, &in4))
		return ntohl(in4.s_addr) >> 24 == IN_LOOPBACKNET;
	return is_localhost(host);
}
