/* Ids of client tokens into names. */
#include "ctl/names.h"

#include <stdlib.h>
#include <string.h>

enum { NAMES_MAX = 16384 };

struct names {
	uint32_t n;
	struct {
		uint64_t id;
		char name[CLIENT_NAME_BYTES];
	} entry[NAMES_MAX];
};

static bool on_token(void *arg, const struct token *t)
{
	struct names *x = arg;
	if (x->n == NAMES_MAX)
		return true;
	x->entry[x->n].id = t->id;
	memcpy(x->entry[x->n].name, t->name, sizeof t->name);
	x->entry[x->n++].name[CLIENT_NAME_BYTES - 1] = '\0';
	return true;
}

struct names *names_read(struct store *s)
{
	struct names *x = calloc(1, sizeof *x);
	struct query_place at = query_start();
	struct err e = {0};
	must(x != NULL);
	while (query_tokens(s, &at, on_token, x, &e) == QUERY_MORE)
		;
	return x;
}

void names_free(struct names *x)
{
	free(x);
}

const char *names_find(const struct names *x, uint64_t client_id)
{
	for (uint32_t i = 0; i < x->n; i++)
		if (x->entry[i].id == client_id)
			return x->entry[i].name;
	return NULL;
}
