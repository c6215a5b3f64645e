/* Span after span. */
#include "store/gather.h"

#include "base/num.h"

/* In minutes: whatever its spans are, the same time has the same sums. */
static struct range_span over_of(const struct range *r)
{
	uint32_t n = range_n_over(r);
	if (n == 0)
		return (struct range_span){0};
	const struct range_span *last = &r->span[n - 1];
	return (struct range_span){TIER_MINUTE, r->from_ms / tier_ms(TIER_MINUTE),
		last->to * (tier_ms(last->tier) / tier_ms(TIER_MINUTE))};
}

void gather_init(struct gather *g, struct closed *closed, const struct range *range)
{
	*g = (struct gather){.closed = closed, .range = *range, .over = over_of(range)};
}

void gather_fini(struct gather *g)
{
	groups_free(g->gathered);
	groups_free(g->fresh);
	*g = (struct gather){0};
}

bool gather_has_any(const struct gather *g)
{
	return range_n_over(&g->range) > 0;
}

void gather_count(struct gather *g, const struct point *total)
{
	uint32_t i = range_span_of(&g->range, total->start_ms);
	if (i == range_n_over(&g->range))
		return;
	totals_add(&g->span_total[i], total->totals);
	totals_add(&g->over_total, total->totals);
}

static void on_group(void *arg, const struct point *p)
{
	groups_add(arg, p->name, p->totals);
}

static enum query_verdict read_span(struct store *s, struct gather *g, enum dim d,
	const struct range_span *span, struct groups *to, struct err *e)
{
	const struct range one = {.n = 1, .span = {*span}};
	enum query_verdict r = points_walk(s, &one, d, &g->at, on_group, to, e);
	if (r == QUERY_DONE) {
		g->n_bad += g->at.n_bad;
		g->at = points_start();
	}
	return r;
}

/* Add span number i; a long one is not read again for another period. */
static enum query_verdict gather_span(
	struct store *s, struct gather *g, enum dim d, uint32_t i, struct err *e)
{
	const struct range_span *span = &g->range.span[i];
	const struct totals *total = &g->span_total[i];
	bool is_first = i == 0 && span->tier == TIER_MINUTE;
	if (is_first || range_n_over(&g->range) == 1) /* of no other period */
		return read_span(s, g, d, span, g->gathered, e);
	const struct groups *known = closed_find(g->closed, d, span, total);
	if (known == NULL) {
		if (g->fresh == NULL)
			g->fresh = groups_new();
		enum query_verdict r = read_span(s, g, d, span, g->fresh, e);
		if (r != QUERY_DONE)
			return r;
		known = closed_keep(g->closed, d, span, total, &g->fresh);
	}
	groups_merge(g->gathered, known);
	return QUERY_DONE;
}

/* A turn for each span, and one to rank them. */
enum query_verdict gather_read(struct store *s, struct gather *g, enum dim d,
	struct groups **base, struct err *e)
{
	*base = closed_find(g->closed, d, &g->over, &g->over_total);
	if (*base != NULL)
		return QUERY_DONE;
	if (g->gathered == NULL)
		g->gathered = groups_new();
	if (g->n_spans_done < range_n_over(&g->range)) {
		enum query_verdict r = gather_span(s, g, d, g->n_spans_done, e);
		g->n_spans_done += r == QUERY_DONE;
		return r == QUERY_DONE ? QUERY_MORE : r;
	}
	groups_rank(g->gathered);
	*base = closed_keep(g->closed, d, &g->over, &g->over_total, &g->gathered);
	g->n_spans_done = 0;
	return QUERY_DONE;
}
