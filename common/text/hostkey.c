/* Fields that name a host, compared without case, underscores and hyphens. */
#include "text/hostkey.h"

#include <string.h>

static const char *const hosts[] = {
	"apibase",
	"apibaseurl",
	"apiendpoint",
	"apihost",
	"apiurl",
	"azureendpoint",
	"basepath",
	"baseuri",
	"baseurl",
	"custombaseurl",
	"customhost",
	"endpoint",
	"gatewayurl",
	"host",
	"httpproxy",
	"httpsproxy",
	"openaiapibase",
	"openaibaseurl",
	"proxies",
	"proxy",
	"proxyurl",
	"targethost",
	"targeturl",
	"upstream",
	"upstreamhost",
	"upstreamurl",
};

static const char *const options[] = {
	"clientoptions",
	"extrabody",
	"extraheaders",
	"extraquery",
	"litellmparams",
	"modelconfig",
	"provider",
	"provideroptions",
	"requestoptions",
	"routeroptions",
};

enum { LONGEST_SPELLING = 32 };

static bool is_one_of(
	const struct scan_token *key, const char *const *names, size_t n_names)
{
	char spelled[LONGEST_SPELLING], plain[LONGEST_SPELLING];
	struct str s;
	size_t n = 0;
	if (!scan_text(key, spelled, sizeof spelled, &s))
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (c != '_' && c != '-')
			plain[n++] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
	}
	for (size_t i = 0; i < n_names; i++)
		if (strlen(names[i]) == n && memcmp(names[i], plain, n) == 0)
			return true;
	return false;
}

bool hostkey_is(const struct scan_token *key)
{
	return is_one_of(key, hosts, N_ELEMENTS(hosts));
}

bool hostkey_is_options(const struct scan_token *key)
{
	return is_one_of(key, options, N_ELEMENTS(options));
}

bool hostkey_is_path(const struct scan_token *value)
{
	/* "//host/path" borrows only the scheme */
	return value->type == SCAN_STRING && !value->is_escaped && value->raw.n > 0 &&
	       value->raw.p[0] == '/' && (value->raw.n == 1 || value->raw.p[1] != '/');
}
