/* The upstream's own limits as rows of the segment. */
#include "dispatch/provider_rows.h"

#include "base/clock.h"
#include "base/num.h"
#include "dispatch/dispatch.h"

#include <stdio.h>
#include <string.h>

#define PREFIX    "provider "
#define MINUTE_NS (60 * NS_PER_S)

_Static_assert(sizeof PREFIX - 1 + PROVIDER_NAME_BYTES == LIMIT_SCOPE_BYTES,
	"a name and its prefix are a scope");
_Static_assert((int)PROVIDER_REQUESTS == (int)LIMIT_REQUESTS &&
		       (int)PROVIDER_TOKENS == (int)LIMIT_TOKENS,
	"one order of units");

/* The model's entry, or the free one that it may have; NULL = full. A longer name is not
 * told apart from others, so it has none. */
static struct provider_model *find(struct provider_rows *r, const char *model)
{
	if (model[0] == '\0' || strlen(model) >= PROVIDER_NAME_BYTES)
		return NULL;
	for (size_t i = 0; i < PROVIDER_MODELS; i++) {
		struct provider_model *m = &r->of[i];
		if (m->model[0] == '\0' || strcmp(m->model, model) == 0)
			return m;
	}
	return NULL;
}

static struct provider_model *model_of(struct dispatch *d, const struct job *j)
{
	struct provider_model *m =
		find(&d->governor.provider, j->exchange->request.model);
	return m != NULL && m->model[0] != '\0' ? m : NULL;
}

void provider_rows_open(struct dispatch *d)
{
	struct limits *limits = &d->process.segment->shared->limits;
	for (size_t i = 0; i < MAX_UPSTREAM_LIMITS; i++) {
		struct upstream_limit *l = &limits->limit[i];
		size_t n = sizeof PREFIX - 1;
		if (!limit_is_active(l) || strncmp(l->scope, PREFIX, n) != 0)
			continue;
		struct provider_model *m = find(&d->governor.provider, l->scope + n);
		if (m == NULL)
			continue;
		snprintf(m->model, sizeof m->model, "%s", l->scope + n);
		m->row[l->unit] = l;
	}
}

size_t provider_rows_apply(struct dispatch *d, const struct job *j,
	struct admission_limit out[static PROVIDER_UNITS])
{
	const struct provider_model *m = model_of(d, j);
	size_t n = 0;
	for (size_t u = 0; m != NULL && u < PROVIDER_UNITS; u++) {
		if (m->row[u] == NULL)
			continue;
		out[n] = governor_limit(d, m->row[u]);
		out[n].cost = out[n].is_tokens ? j->estimate : 1;
		n++;
	}
	return n;
}

void provider_rows_sent(struct dispatch *d, struct job *j)
{
	struct provider_model *m = model_of(d, j);
	j->provider = (struct provider_sent){.model = m};
	for (size_t u = 0; m != NULL && u < PROVIDER_UNITS; u++) {
		uint64_t cost = u == PROVIDER_TOKENS ? j->estimate : 1;
		m->counted[u] = num_add_sat(m->counted[u], cost);
		j->provider.counted[u] = m->counted[u];
		j->provider.used[u] =
			m->row[u] ? window_used(&m->row[u]->window, d->process.now_ns)
				  : 0;
	}
}

static struct upstream_limit *get_row(
	struct dispatch *d, struct provider_model *m, enum limit_unit u)
{
	char scope[LIMIT_SCOPE_BYTES];
	if (m->row[u] == NULL) {
		snprintf(scope, sizeof scope, PREFIX "%s", m->model);
		m->row[u] = limits_get(
			&d->process.segment->shared->limits, NULL, scope, u, MINUTE_NS);
	}
	return m->row[u];
}

static void count(
	struct provider_model *m, enum limit_unit u, uint64_t n, uint64_t now_ns)
{
	struct window *w = &m->row[u]->window;
	window_advance(w, now_ns);
	if (n == 0)
		return;
	(void)window_add(w, now_ns, n);
	m->counted[u] = num_add_sat(m->counted[u], n);
}

/* Known is at most what was in the window as the request left, and what has been counted
 * since, ours or shown by another answer. A row that is new has nothing yet: all that is
 * used goes into it. */
static void hear_unit(struct dispatch *d, const struct job *j, struct provider_model *m,
	enum limit_unit u, const struct provider_word *w)
{
	bool is_new = m->row[u] == NULL;
	struct upstream_limit *l = w->limit > 0 ? get_row(d, m, u) : NULL;
	if (l == NULL)
		return;
	if (limit_value(l) != w->limit)
		limit_set(l, w->limit, d->process.now_ns);
	if (is_new) {
		count(m, u, provider_foreign(w, 0), d->process.now_ns);
		return;
	}
	if (j->provider.model != m)
		return; /* it left before the first word: whose its use is, who knows */
	uint64_t since = num_sub_sat(m->counted[u], j->provider.counted[u]);
	uint64_t known = num_add_sat(j->provider.used[u], since);
	count(m, u, provider_foreign(w, known), d->process.now_ns);
}

void provider_rows_heard(
	struct dispatch *d, struct job *j, const struct provider_words *w)
{
	const char *model = j->exchange->request.model;
	bool says =
		w->of[PROVIDER_REQUESTS].limit > 0 || w->of[PROVIDER_TOKENS].limit > 0;
	struct provider_model *m = find(&d->governor.provider, model);
	if (!says || m == NULL || j->exchange->request.kind != EXCHANGE_COMPLETION)
		return;
	if (m->model[0] == '\0')
		memcpy(m->model, model, strlen(model)); /* zeros behind it */
	for (unsigned u = 0; u < PROVIDER_UNITS; u++)
		hear_unit(d, j, m, (enum limit_unit)u, &w->of[u]);
}
