/* Limits of single models. */
#include "dispatch/model_rows.h"

#include "base/clock.h"
#include "dispatch/dispatch.h"

#include <stdio.h>
#include <string.h>

#define PREFIX "model "

_Static_assert(sizeof PREFIX - 1 + SETTINGS_MODEL_BYTES <= LIMIT_SCOPE_BYTES,
	"a name and its prefix are a scope");

static const struct {
	enum limit_unit unit;
	uint64_t window_ns;
} kinds[SETTINGS_LIMITS] = {
	[SETTINGS_REQUESTS_MINUTE] = {LIMIT_REQUESTS, 60 * NS_PER_S},
	[SETTINGS_REQUESTS_HOUR] = {LIMIT_REQUESTS, 3600 * NS_PER_S},
	[SETTINGS_TOKENS_MINUTE] = {LIMIT_TOKENS, 60 * NS_PER_S},
	[SETTINGS_TOKENS_HOUR] = {LIMIT_TOKENS, 3600 * NS_PER_S},
};

/* What no section speaks of any more has no limit. */
static void lift_all(struct dispatch *d)
{
	struct limits *limits = &d->process.segment->shared->limits;
	for (size_t i = 0; i < MAX_UPSTREAM_LIMITS; i++) {
		struct upstream_limit *l = &limits->limit[i];
		if (limit_is_active(l) &&
			strncmp(l->scope, PREFIX, sizeof PREFIX - 1) == 0)
			limit_set(l, 0, d->process.now_ns);
	}
}

static struct upstream_limit *adopt_one(
	struct dispatch *d, const struct settings_model *m, enum settings_limit which)
{
	char scope[LIMIT_SCOPE_BYTES];
	snprintf(scope, sizeof scope, PREFIX "%s", m->name);
	struct upstream_limit *l = limits_get(&d->process.segment->shared->limits,
		d->governor.past, scope, kinds[which].unit, kinds[which].window_ns);
	if (l != NULL)
		limit_set(l, m->limit[which], d->process.now_ns);
	else if (m->limit[which] > 0)
		log_event(LOG_ERROR, EVENT_WARNING,
			"model=%s text=\"no room for its limits before the next start\"",
			m->name);
	return l;
}

void model_rows_adopt(struct dispatch *d)
{
	const struct settings_models *s = &d->process.settings.models;
	struct model_rows *r = &d->governor.models;
	lift_all(d);
	*r = (struct model_rows){.n = (uint32_t)MIN(s->n, SETTINGS_MODELS_MAX)};
	for (uint32_t i = 0; i < r->n; i++) {
		memcpy(r->of[i].model, s->of[i].name, sizeof r->of[i].model);
		for (unsigned k = 0; k < SETTINGS_LIMITS; k++)
			r->of[i].row[k] =
				adopt_one(d, &s->of[i], (enum settings_limit)k);
	}
}

/* Its index, or n. */
static uint32_t find(const struct model_rows *r, const char *model)
{
	uint32_t i = 0;
	while (i < r->n && strcmp(r->of[i].model, model) != 0)
		i++;
	return i;
}

size_t model_rows_apply(struct dispatch *d, const struct job *j,
	struct admission_limit out[static SETTINGS_LIMITS])
{
	const struct model_rows *r = &d->governor.models;
	uint32_t at = find(r, j->exchange->request.model);
	size_t n = 0;
	for (unsigned k = 0; at < r->n && k < SETTINGS_LIMITS; k++) {
		if (r->of[at].row[k] == NULL)
			continue;
		out[n] = governor_limit(d, r->of[at].row[k]);
		out[n].cost = out[n].is_tokens ? j->estimate : 1;
		n++;
	}
	return n;
}

uint64_t model_rows_smallest(const struct dispatch *d, const char *model)
{
	const struct model_rows *r = &d->governor.models;
	uint32_t at = find(r, model);
	uint64_t smallest = 0;
	for (unsigned k = 0; at < r->n && k < SETTINGS_LIMITS; k++) {
		const struct upstream_limit *l = r->of[at].row[k];
		uint64_t limit = l != NULL ? limit_value(l) : 0;
		if (limit > 0 && kinds[k].unit == LIMIT_TOKENS)
			smallest = smallest > 0 ? MIN(smallest, limit) : limit;
	}
	return smallest;
}
