/* Bytes of one's own. */
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

struct str str_copy(struct str s)
{
	if (s.p == NULL)
		return s;
	char *p = malloc(s.n + 1);
	must(p != NULL);
	memcpy(p, s.p, s.n);
	return (struct str){p, s.n};
}

void str_free(struct str *s)
{
	free((char *)(uintptr_t)s->p);
	*s = (struct str){NULL, 0};
}
