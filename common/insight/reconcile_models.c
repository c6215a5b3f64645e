/* Which names of models are one. */
#include "insight/reconcile_parts.h"

#include <stdio.h>
#include <string.h>

enum { DATE_CHARS = 10 };

struct str reconcile_undated(struct str name)
{
	size_t n = name.n > DATE_CHARS ? name.n - DATE_CHARS - 1 : 0;
	if (n > 0 && name.p[n] == '-' && reconcile_is_date(name.p + n + 1))
		name.n = n;
	return name;
}

/* "NAME-0613", "NAME-v2", "NAME:20230824-v2" of NAME; "gpt-4o-mini" is none of "gpt-4o". */
static bool is_version(struct str of, struct str name)
{
	size_t i = of.n + 1;
	if (of.n == 0 || name.n <= i || memcmp(name.p, of.p, of.n) != 0 ||
		strchr("-:", name.p[of.n]) == NULL)
		return false;
	i += name.p[i] == 'v';
	return i < name.n && name.p[i] >= '0' && name.p[i] <= '9';
}

static bool is(const char *name, struct str s)
{
	return strlen(name) == s.n && memcmp(name, s.p, s.n) == 0;
}

static struct str of_array(const char *text)
{
	return (struct str){text, strlen(text)};
}

static struct reconcile_version *find(struct reconcile *r, struct str served)
{
	for (uint32_t i = 0; i < r->n_versions; i++)
		if (is(r->version[i].served, served))
			return &r->version[i];
	return NULL;
}

void reconcile_learn(struct reconcile *r, const struct row *row)
{
	struct str asked = reconcile_undated(of_array(row->model));
	struct str served = reconcile_undated(of_array(row->model_served));
	if (!is_version(asked, served))
		return;
	struct reconcile_version *v = find(r, served);
	if (v == NULL && r->n_versions == RECONCILE_VERSIONS)
		return;
	if (v == NULL)
		v = &r->version[r->n_versions++];
	else if (strlen(v->asked) <= asked.n)
		return;
	snprintf(v->served, sizeof v->served, STR_FMT, STR_ARG(served));
	snprintf(v->asked, sizeof v->asked, STR_FMT, STR_ARG(asked));
}

/* Each step makes it shorter. */
static struct str asked_of(struct reconcile *r, struct str model)
{
	for (struct reconcile_version *v; (v = find(r, model)) != NULL;)
		model = of_array(v->asked);
	return model;
}

static void fold(struct reconcile *r, struct groups **g)
{
	struct groups *folded = groups_new();
	for (uint32_t i = 0; i < groups_count(*g); i++) {
		const struct group *x = groups_at(*g, i);
		struct str model = {
			x->name + RECONCILE_DAY_CHARS, x->n_name - RECONCILE_DAY_CHARS};
		reconcile_sum(folded, reconcile_day_of_key(x->name), asked_of(r, model),
			&x->totals);
	}
	groups_free(*g);
	*g = folded;
}

void reconcile_fold(struct reconcile *r)
{
	if (r->n_versions == 0)
		return;
	fold(r, &r->theirs);
	fold(r, &r->ours);
	fold(r, &r->unknown);
}
