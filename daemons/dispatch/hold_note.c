/* Limits that hold jobs back. */
#include "dispatch/hold_note.h"

#include "base/clock.h"
#include "base/num.h"

#include <stdio.h>
#include <string.h>

struct hold hold_name(const struct dispatch *d, const struct admission_limit *l)
{
	const struct limits *all = &d->process.segment->shared->limits;
	size_t row = limits_row(all, l->window);
	struct hold h = {.unit = l->is_tokens ? LIMIT_TOKENS : LIMIT_REQUESTS,
		.window_s = (uint32_t)(l->rate.period_ns / NS_PER_S)};
	snprintf(h.scope, sizeof h.scope, "key");
	if (row < MAX_UPSTREAM_LIMITS) {
		h.window_s = (uint32_t)(all->limit[row].window_ns / NS_PER_S);
		memcpy(h.scope, all->limit[row].scope, sizeof h.scope);
	}
	return h;
}

void hold_fill(struct hold *h, const struct forecast_hold *f)
{
	h->limit = f->limit;
	h->burst = f->burst;
	h->used = f->used;
	h->ahead = f->ahead;
	h->needed = f->needed;
}

struct hold hold_of(const struct dispatch *d, const struct admission_limit *l)
{
	struct hold h = hold_name(d, l);
	struct forecast f;
	forecast_begin(&f, l->window, l->limit, d->process.now_ns);
	if (l->bucket != NULL)
		forecast_pace(&f, l->bucket, &l->rate);
	(void)forecast_next(&f, l->cost);
	struct forecast_hold found = forecast_hold(&f);
	hold_fill(&h, &found);
	return h;
}

struct hold hold_behind(const struct hold *first, uint64_t tokens)
{
	struct hold h = *first;
	h.ahead = num_add_sat(h.ahead, h.needed);
	h.needed = h.unit == LIMIT_TOKENS ? tokens : 1;
	return h;
}
