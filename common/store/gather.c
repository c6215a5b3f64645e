/* Span after span. */
#include "store/gather.h"

#include <string.h>

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
	groups_free(g->unkept);
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

/* ---- a span that is kept --------------------------------------------------------- */

static void on_total(void *arg, const struct point *p)
{
	totals_add(arg, p->totals);
}

/* False = it cannot be read at once. */
static bool total_of(struct store *s, const struct range_span *span, struct totals *sum)
{
	const struct range one = {.n = 1, .span = {*span}};
	struct points_place at = points_start();
	struct err e = {0};
	*sum = (struct totals){0};
	return points_walk(s, &one, DIM_TOTAL, &at, on_total, sum, &e) == QUERY_DONE;
}

/* With the longest part of it that is kept, and right; g->rest is to be read. */
static void begin_span(
	struct store *s, struct gather *g, enum dim d, const struct range_span *span)
{
	struct range_span part;
	struct totals total;
	const struct groups *known = NULL;
	g->fresh = groups_new();
	g->rest = *span;
	while (known == NULL && closed_begun(g->closed, d, span, &part) &&
		total_of(s, &part, &total))
		known = closed_find(g->closed, d, &part, &total);
	if (known == NULL)
		return;
	groups_merge(g->fresh, known);
	g->rest.from = part.to;
}

/* What a damaged record or branch has left out is read again by the next answer, and told
 * again: only what adds up is kept. Returns *from, or what has taken it. */
static struct groups *keep(struct gather *g, enum dim d, const struct range_span *span,
	const struct totals *total, struct groups **from)
{
	struct totals sum;
	groups_sum(*from, &sum);
	if (memcmp(&sum, total, sizeof sum) == 0)
		return closed_keep(g->closed, d, span, total, from);
	g->n_bad = MAX(g->n_bad, UINT64_C(1));
	return *from;
}

/* ---- all of them ------------------------------------------------------------------ */

/* A few minutes at its begin, or all of it: no other period has that. */
static bool is_of_one_period(const struct range *r, uint32_t i)
{
	const struct range_span *span = &r->span[i];
	bool is_short = span->tier == TIER_MINUTE &&
			span->to - span->from < RANGE_BLOCK_MINUTES;
	return (i == 0 && is_short) || range_n_over(r) == 1;
}

static enum query_verdict gather_span(
	struct store *s, struct gather *g, enum dim d, uint32_t i, struct err *e)
{
	const struct range_span *span = &g->range.span[i];
	const struct totals *total = &g->span_total[i];
	if (is_of_one_period(&g->range, i))
		return read_span(s, g, d, span, g->gathered, e);
	const struct groups *known = closed_find(g->closed, d, span, total);
	if (known == NULL) {
		if (g->fresh == NULL)
			begin_span(s, g, d, span);
		enum query_verdict r = read_span(s, g, d, &g->rest, g->fresh, e);
		if (r != QUERY_DONE)
			return r;
		known = keep(g, d, span, total, &g->fresh);
	}
	groups_merge(g->gathered, known);
	groups_free(g->fresh);
	g->fresh = NULL;
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
	groups_free(g->unkept);
	*base = keep(g, d, &g->over, &g->over_total, &g->gathered);
	g->unkept = g->gathered;
	g->gathered = NULL;
	g->n_spans_done = 0;
	return QUERY_DONE;
}
