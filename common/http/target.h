/*
 * Request targets (RFC 9112 section 3.2): which form one has, its host, path and query,
 * and whether a path is written in the one way that routes are compared with.
 */
#ifndef HTTP_TARGET_H
#define HTTP_TARGET_H

#include "http/head.h"

/* Take h->target apart: sets path, query and, of "http://host:port/...", host and port.
 * The target must not be empty. DONE or an error. */
enum http_verdict http_target_split(
	struct http_head *h, const char *p) ATTR_UNUSED_RESULT;

/* Read "host" or "host:port" at where: a name or IPv4 of letters, digits, '-', '.' and
 * '_', or an IPv6 address in brackets; a port from 1 to 65535. No user. */
bool http_authority_split(const char *p, struct http_span where, struct http_span *host,
	uint16_t *port) ATTR_UNUSED_RESULT;

/* True when no other spelling could mean the same path, so that a route, and the role
 * it needs, is found by comparing bytes: starts with '/', no empty, "." or ".." segment
 * (a final '/' is fine), no ';' or '\', and no escape of a byte that needs none or that
 * would be one of those. */
bool http_path_is_canonical(struct str path) ATTR_UNUSED_RESULT;

#endif
