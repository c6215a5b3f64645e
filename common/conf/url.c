/* The URL of an upstream, strictly. */
#include "conf/url.h"

#include "conf/address.h"

#include <stdio.h>
#include <string.h>

static bool take_prefix(struct str *s, struct str prefix)
{
	if (s->n < prefix.n || memcmp(s->p, prefix.p, prefix.n) != 0)
		return false;
	*s = (struct str){s->p + prefix.n, s->n - prefix.n};
	return true;
}

/* A segment of unreserved characters (RFC 3986) that is not empty, "." or "..". */
static bool is_segment(struct str s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
	for (size_t i = 0; i < s.n; i++)
		if (memchr(plain, s.p[i], sizeof plain - 1) == NULL)
			return false;
	return s.n > 2 || (s.n > 0 && s.p[0] != '.') || (s.n == 2 && s.p[1] != '.');
}

static bool is_path(struct str s)
{
	while (s.n > 0) {
		const char *next = memchr(s.p + 1, '/', s.n - 1);
		size_t n = next ? (size_t)(next - s.p) : s.n;
		if (!is_segment((struct str){s.p + 1, n - 1}))
			return false;
		s = (struct str){s.p + n, s.n - n};
	}
	return true;
}

/* "host", "host:port", "[v6]" or "[v6]:port" */
static const char *parse_authority(struct str s, struct url *u)
{
	const char *bracket = memrchr(s.p, ']', s.n);
	size_t from = bracket ? (size_t)(bracket - s.p) : 0;
	const char *colon = memchr(s.p + from, ':', s.n - from);
	u->host = (struct str){s.p, colon ? (size_t)(colon - s.p) : s.n};
	u->port = u->is_tls ? 443 : 80;
	if (u->host.n == 0)
		return "has no host";
	if (memchr(s.p, '@', s.n) != NULL)
		return "must not hold a user name or password";
	if (!address_is_host(u->host))
		return "has a host that is neither a name nor an address";
	struct str port = {s.p + u->host.n + 1, s.n - u->host.n - 1};
	if (colon != NULL && !address_parse_port(port, &u->port))
		return "has a port that is not 1 to 65535";
	return NULL;
}

const char *url_parse(struct str text, struct url *out)
{
	struct url u = {.base = text};
	struct str s = text;
	u.is_tls = take_prefix(&s, STR("https://"));
	if (!u.is_tls && !take_prefix(&s, STR("http://")))
		return "does not begin with https:// or http://";
	if (memchr(s.p, '?', s.n) != NULL || memchr(s.p, '#', s.n) != NULL)
		return "must not hold a query or fragment";
	const char *slash = memchr(s.p, '/', s.n);
	size_t n = slash ? (size_t)(slash - s.p) : s.n;
	const char *wrong = parse_authority((struct str){s.p, n}, &u);
	if (wrong != NULL)
		return wrong;
	u.path = (struct str){s.p + n, s.n - n};
	while (u.path.n > 0 && u.path.p[u.path.n - 1] == '/') {
		u.path.n--;
		u.base.n--;
	}
	if (!is_path(u.path))
		return "has a path that is not /segments of letters, digits and - "
		       ". _ ~";
	u.is_loopback = address_is_loopback(u.host);
	*out = u;
	return NULL;
}

/* Of RFC 3986, and not empty. */
static bool is_query(struct str s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "-._~!$&'()*+,;=:@/?";
	static const char hex[] = "0123456789abcdefABCDEF";
	for (size_t i = 0; i < s.n; i++) {
		if (memchr(plain, s.p[i], sizeof plain - 1) != NULL)
			continue;
		if (s.p[i] != '%' || s.n - i < 3 ||
			memchr(hex, s.p[i + 1], sizeof hex - 1) == NULL ||
			memchr(hex, s.p[i + 2], sizeof hex - 1) == NULL)
			return false;
		i += 2;
	}
	return s.n > 0;
}

const char *url_parse_hook(struct str text, struct url *out)
{
	struct url u;
	const char *mark = text.n > 0 ? memchr(text.p, '?', text.n) : NULL;
	struct str front = {text.p, mark ? (size_t)(mark - text.p) : text.n};
	const char *wrong = url_parse(front, &u);
	if (wrong != NULL)
		return wrong;
	/* Without a path two readers might look for the host's end at two places. */
	bool has_path = u.base.n < front.n || u.path.n > 0;
	if (mark &&
		(!has_path || !is_query((struct str){mark + 1, text.n - front.n - 1})))
		return "has a query that is not a path's, of letters, digits, %XX and "
		       "- . _ ~ ! $ & ' ( ) * + , ; = : @ / ?";
	u.base = text;
	*out = u;
	return NULL;
}

const char *url_show(struct str text, char out[static URL_SHOWN_BYTES])
{
	struct str s = text;
	struct str scheme = {text.p, 0};
	if (take_prefix(&s, STR("https://")) || take_prefix(&s, STR("http://")))
		scheme.n = text.n - s.n;
	const char *at = s.n > 0 ? memrchr(s.p, '@', s.n) : NULL;
	const char *mark = s.n > 0 ? memchr(s.p, '?', s.n) : NULL;
	if (at != NULL && mark != NULL && mark < at) {
		/* Is what stands before the '@' a query's, or a password's? */
		snprintf(out, URL_SHOWN_BYTES, STR_FMT "...", STR_ARG(scheme));
		return out;
	}
	if (at != NULL)
		s = (struct str){at + 1, s.n - (size_t)(at + 1 - s.p)};
	size_t n_host = 0;
	while (n_host < s.n && memchr("/?#", s.p[n_host], 3) == NULL)
		n_host++;
	struct str rest = {s.p + n_host, s.n - n_host};
	bool is_path = rest.n == 0 || (memchr(rest.p, '?', rest.n) == NULL &&
					      memchr(rest.p, '#', rest.n) == NULL);
	if (rest.n > sizeof "/v1/" - 1 || !is_path)
		rest = STR("/...");
	snprintf(out, URL_SHOWN_BYTES, STR_FMT "%s%.*s" STR_FMT, STR_ARG(scheme),
		at != NULL ? "...@" : "", (int)MIN(n_host, 256), s.p, STR_ARG(rest));
	return out;
}
