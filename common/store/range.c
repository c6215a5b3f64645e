/* Periods into spans. */
#include "store/range.h"

#include "base/num.h"

static uint64_t floor_to(uint64_t ms, enum tier t)
{
	return ms == UINT64_MAX ? ms : ms - ms % tier_ms(t);
}

static uint64_t ceil_to(uint64_t ms, enum tier t)
{
	return floor_to(num_add_sat(ms, tier_ms(t) - 1), t);
}

/* From where on every span of that tier has all the points of the tier below. */
static uint64_t whole_from(const struct range_want *w, enum tier t)
{
	return ceil_to(w->kept_ms[t - 1], t);
}

/* The beginning of the finest span there from which on all is kept. */
static uint64_t begin_at(const struct range_want *w, uint64_t ms)
{
	unsigned t = TIER_DAY;
	while (t > TIER_MINUTE && ms >= w->kept_ms[t - 1])
		t--;
	return floor_to(ms, (enum tier)t);
}

/* The same for the end: all of the longer spans that it lies in must be kept. */
static uint64_t end_at(const struct range_want *w, uint64_t ms)
{
	unsigned t = TIER_DAY;
	while (t > TIER_MINUTE && ms >= whole_from(w, (enum tier)t))
		t--;
	return floor_to(ms, (enum tier)t);
}

static void add_span(struct range *p, enum tier t, uint64_t *at_ms, uint64_t end_ms)
{
	if (end_ms <= *at_ms)
		return;
	p->span[p->n++] = (struct range_span){t, *at_ms / tier_ms(t),
		end_ms == UINT64_MAX ? UINT64_MAX : end_ms / tier_ms(t)};
	*at_ms = end_ms;
}

/* Where the last, open span begins when it is no longer than a minute; 0 = it is longer. */
static uint64_t open_minute(const struct range_want *w)
{
	bool is_cut = w->to_ms == UINT64_MAX && w->cut_ms >= whole_from(w, TIER_HOUR) &&
		      w->cut_ms >= whole_from(w, TIER_DAY);
	return is_cut ? floor_to(w->cut_ms, TIER_MINUTE) : 0;
}

static uint64_t next_block(uint64_t ms)
{
	const uint64_t block_ms = RANGE_BLOCK_MINUTES * tier_ms(TIER_MINUTE);
	return num_add_sat(ms, block_ms - 1) / block_ms * block_ms;
}

/* What the wanted tiers have no longer, in longer spans. */
static void add_pruned(
	struct range *p, const struct range_want *w, uint64_t *at_ms, uint64_t end_ms)
{
	for (unsigned t = TIER_DAY; t > w->coarsest; t--)
		if (*at_ms < w->kept_ms[t - 1])
			add_span(p, (enum tier)t, at_ms,
				MIN(whole_from(w, (enum tier)t),
					floor_to(end_ms, (enum tier)t)));
}

void range_make(struct range *p, const struct range_want *w)
{
	uint64_t at = begin_at(w, w->from_ms), open = open_minute(w);
	*p = (struct range){.from_ms = at, .to_ms = MAX(at, end_at(w, w->to_ms))};
	uint64_t end = open != 0 ? open : p->to_ms;
	unsigned t = TIER_MINUTE;
	add_pruned(p, w, &at, end);
	if (open != 0)
		add_span(p, TIER_MINUTE, &at, MIN(next_block(at), open));
	for (; t < w->coarsest; t++)
		add_span(p, (enum tier)t, &at,
			MIN(ceil_to(at, (enum tier)(t + 1)),
				floor_to(end, (enum tier)t)));
	add_span(p, w->coarsest, &at, floor_to(end, w->coarsest));
	while (t-- > TIER_MINUTE)
		add_span(p, (enum tier)t, &at, floor_to(end, (enum tier)t));
	add_span(p, TIER_MINUTE, &at, p->to_ms);
}

uint32_t range_n_over(const struct range *p)
{
	return p->n - (p->to_ms == UINT64_MAX);
}

uint32_t range_span_of(const struct range *p, uint64_t start_ms)
{
	uint32_t i = 0;
	for (; i < range_n_over(p); i++) {
		uint64_t start = start_ms / tier_ms(p->span[i].tier);
		if (start >= p->span[i].from && start < p->span[i].to)
			break;
	}
	return i;
}

struct range_want range_last_hours(uint64_t now_ms, uint64_t hours)
{
	return (struct range_want){
		.from_ms = num_sub_sat(now_ms, num_mul_sat(hours, tier_ms(TIER_HOUR))),
		.to_ms = UINT64_MAX,
		.coarsest = TIER_DAY};
}
