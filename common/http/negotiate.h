/*
 * What a client will take instead of a whole plain body (RFC 9110 sections 12.5.3 and
 * 13.1.2): a compressed one, or the news that it has it already. Pure; run by the fronts.
 */
#ifndef HTTP_NEGOTIATE_H
#define HTTP_NEGOTIATE_H

#include "base/attr.h"

/* Does Accept-Encoding's value take `coding`? Its own entry decides, else "*"; q=0 is a
 * no, and what cannot be read is one too: the plain body is always right. */
bool http_accepts_coding(struct str value, struct str coding) ATTR_UNUSED_RESULT;

/* Does If-None-Match's value name `etag` (with its quotes)? Compared weakly; "*" names
 * every one. */
bool http_etag_matches(struct str value, struct str etag) ATTR_UNUSED_RESULT;

#endif
