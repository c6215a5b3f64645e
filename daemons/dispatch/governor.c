/* Upstream limits. */
#include "dispatch/governor.h"

#include "base/clock.h"

#define MINUTE_NS (60 * NS_PER_S)

static struct upstream_limit *adopt_limit(
	struct dispatch *d, enum limit_unit unit, uint64_t rate)
{
	struct upstream_limit *l =
		limits_get(&d->process.segment->shared->limits, "all", unit, MINUTE_NS);
	must(l != NULL);
	limit_set(l, rate);
	return rate > 0 ? l : NULL;
}

void governor_adopt(struct dispatch *d)
{
	const struct settings *s = &d->process.settings;
	d->requests_minute = adopt_limit(d, LIMIT_REQUESTS, s->requests_per_minute);
	d->tokens_minute = adopt_limit(d, LIMIT_TOKENS, s->tokens_per_minute);
	governor_publish(d);
}

void governor_fill(struct dispatch *d)
{
	struct upstream_limit *all[] = {d->requests_minute, d->tokens_minute};
	for (size_t i = 0; i < N_ELEMENTS(all); i++) {
		if (all[i] == NULL)
			continue;
		window_advance(&all[i]->window, d->process.now_ns);
		window_add(&all[i]->window, d->process.now_ns, limit_value(all[i]));
	}
}

static void add_limit(struct job *j, struct upstream_limit *l, uint64_t cost)
{
	if (l != NULL)
		j->limits[j->n_limits++] = (struct admission_limit){
			.window = &l->window, .limit = limit_value(l), .cost = cost};
}

void governor_apply(const struct dispatch *d, struct job *j)
{
	j->n_limits = 0;
	if (j->exchange->request.kind != EXCHANGE_COMPLETION)
		return;
	add_limit(j, d->requests_minute, 1);
	add_limit(j, d->tokens_minute, j->estimate);
}

void governor_publish(struct dispatch *d)
{
	if (d->requests_minute != NULL)
		limit_publish(d->requests_minute, d->process.now_ns);
	if (d->tokens_minute != NULL)
		limit_publish(d->tokens_minute, d->process.now_ns);
}
