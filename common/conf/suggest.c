/* Optimal string alignment distance on short names. */
#include "conf/suggest.h"

#include <string.h>

static size_t distance(struct str a, struct str b)
{
	size_t d[SUGGEST_MAX_BYTES + 1][SUGGEST_MAX_BYTES + 1];
	for (size_t i = 0; i <= a.n; i++)
		d[i][0] = i;
	for (size_t j = 0; j <= b.n; j++)
		d[0][j] = j;
	for (size_t i = 1; i <= a.n; i++) {
		for (size_t j = 1; j <= b.n; j++) {
			size_t change = d[i - 1][j - 1] + (a.p[i - 1] != b.p[j - 1]);
			size_t gap = MIN(d[i - 1][j], d[i][j - 1]) + 1;
			d[i][j] = MIN(change, gap);
			if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] &&
				a.p[i - 2] == b.p[j - 1])
				d[i][j] = MIN(d[i][j], d[i - 2][j - 2] + 1);
		}
	}
	return d[a.n][b.n];
}

void suggest_offer(struct suggest *s, const char *name)
{
	struct str known = {name, strlen(name)};
	if (s->typed.n > SUGGEST_MAX_BYTES || known.n > SUGGEST_MAX_BYTES)
		return;
	size_t d = distance(s->typed, known);
	size_t most = s->best ? s->distance - 1 : MAX(s->typed.n / 3, 1);
	if (d <= most && d > 0) {
		s->best = name;
		s->distance = d;
	}
}
