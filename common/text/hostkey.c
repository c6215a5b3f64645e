/* Fields that name a host, compared without case, underscores and hyphens. */
#include "text/hostkey.h"

#include <string.h>

static const char *const names[] = {
	"apibase",
	"apihost",
	"apiurl",
	"azureendpoint",
	"basepath",
	"baseurl",
	"customhost",
	"endpoint",
	"host",
	"openaiapibase",
	"proxy",
	"proxyurl",
	"targeturl",
	"upstream",
	"upstreamurl",
};

enum { LONGEST_SPELLING = 32 };

bool hostkey_is(const struct scan_token *key)
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
	for (size_t i = 0; i < N_ELEMENTS(names); i++)
		if (strlen(names[i]) == n && memcmp(names[i], plain, n) == 0)
			return true;
	return false;
}
