/*
 * Names of hosts and addresses to listen on, strictly: what inet_aton() or a resolver
 * would guess at is refused. Pure; resolves nothing.
 */
#ifndef CONF_ADDRESS_H
#define CONF_ADDRESS_H

#include "base/attr.h"

#include <netinet/in.h>
#include <sys/socket.h>

struct address {
	union {
		struct sockaddr sa;
		struct sockaddr_in in4;
		struct sockaddr_in6 in6;
	};
	socklen_t n; /* bytes of sa in use */
};

/* "ADDRESS:PORT" with an IPv4 address in four decimal parts, an IPv6 address in
 * brackets or "localhost" (127.0.0.1), and a port of 1 to 65535. */
bool address_parse(struct str s, struct address *out) ATTR_UNUSED_RESULT;

/* An IPv4 address, an IPv6 address in brackets, or a name of letters, digits, "-", "_"
 * and "." whose last label is no number ("127.1" is neither address nor name). */
bool address_is_host(struct str s) ATTR_UNUSED_RESULT;

/* localhost, 127.0.0.0/8 or [::1]. Needs a host that address_is_host() accepts. */
bool address_is_loopback(struct str host) ATTR_UNUSED_RESULT;

/* 1*5DIGIT from 1 to 65535. */
bool address_parse_port(struct str s, uint16_t *out) ATTR_UNUSED_RESULT;

#endif
