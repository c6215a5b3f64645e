/* The upstream's x-ratelimit headers. */
#include "decide/provider.h"

#include "base/num.h"

#include <string.h>
#include <strings.h>

#define LIMIT_MOST UINT64_C(1000000000000) /* beyond it nobody means it */

static const struct {
	const char *name;
	enum provider_unit unit;
	bool is_remaining;
} rows[] = {
	{"x-ratelimit-limit-requests:", PROVIDER_REQUESTS, false},
	{"x-ratelimit-limit-tokens:", PROVIDER_TOKENS, false},
	{"x-ratelimit-remaining-requests:", PROVIDER_REQUESTS, true},
	{"x-ratelimit-remaining-tokens:", PROVIDER_TOKENS, true},
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct str trimmed(struct str s)
{
	while (s.n > 0 && is_blank(*s.p))
		s.p++, s.n--;
	while (s.n > 0 && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

void provider_read(struct provider_words *w, struct str line)
{
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		size_t n = strlen(rows[i].name);
		uint64_t value;
		struct provider_word *word = &w->of[rows[i].unit];
		if (line.n <= n || strncasecmp(line.p, rows[i].name, n) != 0)
			continue;
		struct str text = trimmed((struct str){line.p + n, line.n - n});
		if (!num_parse_u64(text, &value) || value > LIMIT_MOST)
			return;
		if (!rows[i].is_remaining) {
			word->limit = value;
			return;
		}
		word->remaining = value;
		word->has_remaining = true;
		return;
	}
}

uint64_t provider_foreign(const struct provider_word *w, uint64_t known)
{
	if (w->limit == 0 || !w->has_remaining || w->remaining > w->limit)
		return 0;
	return num_sub_sat(w->limit - w->remaining, known);
}
