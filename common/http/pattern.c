/* One star in a path. */
#include "http/pattern.h"

#include <string.h>

static bool is_same(const char *a, const char *b, size_t n)
{
	return memcmp(a, b, n) == 0;
}

bool http_pattern_match(struct str pattern, struct str path, struct str *star)
{
	const char *at = memchr(pattern.p, '*', pattern.n);
	*star = (struct str){path.p, 0};
	if (at == NULL)
		return path.n == pattern.n && is_same(path.p, pattern.p, path.n);
	size_t n_before = (size_t)(at - pattern.p), left = pattern.n - n_before;
	bool is_all = left == 2 && at[1] == '*';
	size_t n_behind = is_all ? 0 : left - 1;
	if (path.n <= n_before + n_behind || !is_same(path.p, pattern.p, n_before) ||
		!is_same(path.p + path.n - n_behind, at + left - n_behind, n_behind))
		return false;
	*star = (struct str){path.p + n_before, path.n - n_before - n_behind};
	return is_all || memchr(star->p, '/', star->n) == NULL;
}
