/*
 * The URL of an upstream, strictly, so that Atlas and libcurl can never read two hosts
 * out of one text: http or https, a host, a port, a path of plain characters; no user
 * information, fragment, empty or dot segments, backslashes or blanks, and no query but a
 * webhook's. Pure.
 *
 *	https://api.openai.com/v1/
 *	        \____________/ \_/
 *	          host         path, without its last slashes
 */
#ifndef CONF_URL_H
#define CONF_URL_H

#include "base/attr.h"

struct url {
	bool is_tls;
	bool is_loopback;
	struct str host; /* with its brackets when it is an IPv6 address */
	uint16_t port;   /* 443 or 80 when not given */
	struct str path; /* "" or "/…" */
	struct str base; /* the whole without the last slashes */
};

/* NULL when text is such a URL and out is filled with views of it; else what is wrong
 * with it, as the end of a sentence ("has no host"). */
const char *url_parse(struct str text, struct url *out) ATTR_UNUSED_RESULT;

/* The same of a webhook's, which may end with slashes and have a query behind its path: base
 * is the whole text. */
const char *url_parse_hook(struct str text, struct url *out) ATTR_UNUSED_RESULT;

/* What was to be one, as an error may show it: as "..." the password before an '@', and
 * what stands behind the host, a webhook's secret perhaps, unless it is as short as /v1.
 * Returns out. */
enum { URL_SHOWN_BYTES = 512 };
const char *url_show(struct str text, char out[static URL_SHOWN_BYTES]);

#endif
