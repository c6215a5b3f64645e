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
		bool is_revoked;
	} entry[NAMES_MAX];
};

static bool on_token(void *arg, const struct token *t)
{
	struct names *x = arg;
	if (x->n == NAMES_MAX)
		return true;
	x->entry[x->n].id = t->id;
	x->entry[x->n].is_revoked = t->revoked_ms != 0;
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

struct tell_client names_tell_client(const void *names, uint64_t client_id)
{
	const struct names *x = names;
	for (uint32_t i = 0; i < x->n; i++)
		if (x->entry[i].id == client_id)
			return (struct tell_client){
				x->entry[i].name, x->entry[i].is_revoked};
	return (struct tell_client){NULL, false};
}

const char *names_find(const struct names *x, uint64_t client_id)
{
	return names_tell_client(x, client_id).name;
}
