/* Accept-Encoding and If-None-Match. */
#include "http/negotiate.h"

#include "http/chars.h"

#include <string.h>

/* The text before the next `stop`, which is taken off with it; the rest stays. */
static struct str next_part(struct str *rest, char stop)
{
	const char *at = memchr(rest->p, stop, rest->n);
	size_t n = at != NULL ? (size_t)(at - rest->p) : rest->n;
	struct str part = {rest->p, n};
	size_t used = at != NULL ? n + 1 : n;
	*rest = (struct str){rest->p + used, rest->n - used};
	return http_trim(part);
}

/* "q=0.5": is it above 0? Three places at most, nothing above 1. */
static bool is_wanted(struct str weight)
{
	if (weight.n < 3 || weight.n > 7 ||
		!http_equal_nocase((struct str){weight.p, 2}, STR("q=")))
		return false;
	struct str v = {weight.p + 2, weight.n - 2};
	bool above = v.p[0] == '1';
	if ((v.p[0] != '0' && v.p[0] != '1') || (v.n > 1 && v.p[1] != '.'))
		return false;
	for (size_t i = 2; i < v.n; i++) {
		if (!http_char_is(v.p[i], HTTP_CHAR_DIGIT) || (above && v.p[i] != '0'))
			return false;
	}
	for (size_t i = 2; i < v.n; i++)
		above |= v.p[i] != '0';
	return above;
}

bool http_accepts_coding(struct str value, struct str coding)
{
	bool any = false;
	while (value.n > 0) {
		struct str entry = next_part(&value, ',');
		bool has_weight = memchr(entry.p, ';', entry.n) != NULL;
		struct str name = next_part(&entry, ';');
		bool yes = !has_weight || is_wanted(http_trim(entry));
		if (http_equal_nocase(name, coding))
			return yes;
		if (http_equal_nocase(name, STR("*")))
			any = yes;
	}
	return any;
}

bool http_etag_matches(struct str value, struct str etag)
{
	if (http_equal_nocase(http_trim(value), STR("*")))
		return true;
	while (value.n > 0) {
		struct str one = next_part(&value, ',');
		if (one.n > 2 && memcmp(one.p, "W/", 2) == 0)
			one = (struct str){one.p + 2, one.n - 2};
		if (one.n == etag.n && memcmp(one.p, etag.p, one.n) == 0)
			return true;
	}
	return false;
}
