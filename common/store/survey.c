/* Part after part of one answer. */
#include "store/survey.h"

#include "base/num.h"

#include <stdlib.h>
#include <string.h>

enum { MONTH_DAYS = 31, MINUTES_UP_TO_HOURS = 3, HOURS_UP_TO_DAYS = MONTH_DAYS };

/* Each step of a name is looked up by itself. */
enum { HOURS_OF_NAMES_UP_TO_DAYS = 7 };

enum tier survey_step(uint64_t hours, bool is_of_names)
{
	uint64_t days = is_of_names ? HOURS_OF_NAMES_UP_TO_DAYS : HOURS_UP_TO_DAYS;
	if (hours <= MINUTES_UP_TO_HOURS)
		return TIER_MINUTE;
	return hours <= days * 24 ? TIER_HOUR : TIER_DAY;
}

static void make_series(struct survey *v, const struct survey_want *want)
{
	uint64_t length = tier_ms(want->step);
	uint64_t last = want->now_ms / length, first = v->range.from_ms / length;
	v->step = want->step;
	v->first_ms = first * length;
	v->n_points = (uint32_t)(MAX(last, first) - first + 1);
	v->point = calloc(v->n_points, sizeof *v->point);
	must(v->point != NULL);
}

/* As long as the period, and ending where it begins. */
static void make_before(struct survey *v, const struct survey_want *want)
{
	uint64_t to = v->range.from_ms;
	struct range_want w = {
		.from_ms = num_sub_sat(to, num_sub_sat(want->now_ms, to)),
		.to_ms = to,
		.coarsest = TIER_DAY};
	memcpy(w.kept_ms, want->kept_ms, sizeof w.kept_ms);
	range_make(&v->before, &w);
}

/* By whole hours, as far back as they are kept; and by days, which are kept for longer than
 * any month. */
static void make_history(struct survey *v, const struct survey_want *want)
{
	uint64_t length = tier_ms(TIER_HOUR), now = want->now_ms / length;
	uint64_t kept = want->kept_ms[TIER_HOUR] / length +
			(want->kept_ms[TIER_HOUR] % length != 0);
	v->first_hour = MIN(MAX(num_sub_sat(now, SURVEY_HOURS - 1), kept), now);
	v->n_hours = (uint32_t)(now - v->first_hour + 1);
	v->hour = calloc(v->n_hours, sizeof *v->hour);
	must(v->hour != NULL);
	uint64_t today = want->now_ms / tier_ms(TIER_DAY);
	v->history = (struct range){.n = 2,
		.span = {{TIER_DAY, num_sub_sat(today, MONTH_DAYS), UINT64_MAX},
			{TIER_HOUR, v->first_hour, UINT64_MAX}}};
}

/* Its points are looked up one by one, so the last span has to have an end: that of the
 * minute, or, where the clock has been set back, that of what was sent last. */
static void make_of_client(
	struct survey *v, const struct survey_want *want, struct range_want *w)
{
	uint64_t minute = tier_ms(TIER_MINUTE);
	must((want->parts & ~(uint32_t)SURVEY_SERIES) == 0);
	w->to_ms = MAX((want->now_ms / minute + 1) * minute, want->behind_ms);
	w->cut_ms = 0;
	v->is_of_client = true;
	v->client = key_of_number(want->client_id);
}

void survey_init(struct survey *v, const struct survey_want *want)
{
	*v = (struct survey){
		.parts = want->parts | SURVEY_DIM(DIM_TOTAL), .now_ms = want->now_ms};
	struct range_want w = range_last_hours(want->now_ms, want->hours);
	memcpy(w.kept_ms, want->kept_ms, sizeof w.kept_ms);
	range_make(&v->times_range, &w);
	w.cut_ms = want->now_ms;
	range_make(&v->list_range, &w);
	if (want->is_of_client)
		make_of_client(v, want, &w);
	if (want->parts & SURVEY_SERIES)
		w.coarsest = want->step;
	range_make(&v->range, &w);
	if (want->parts & SURVEY_SERIES)
		make_series(v, want);
	if (want->parts & SURVEY_STRANDS) {
		must(v->point != NULL && want->strands > DIM_TOTAL &&
			want->strands < DIMS);
		v->parts |= SURVEY_DIM(want->strands);
		strands_init(
			&v->strands, want->strands, v->step, v->first_ms, v->n_points);
	}
	if (want->parts & SURVEY_PREVIOUS)
		make_before(v, want);
	v->closed = want->closed;
	if (v->closed != NULL)
		closed_age(v->closed, want->now_ms);
	gather_init(&v->gather, v->closed, &v->list_range);
	if (want->parts & SURVEY_HISTORY)
		make_history(v, want);
	for (unsigned d = DIM_TOTAL + 1; d < DIMS; d++)
		if (v->parts & SURVEY_DIM(d))
			v->by[d] = groups_new();
}

void survey_fini(struct survey *v)
{
	for (unsigned d = 0; d < DIMS; d++)
		groups_free(v->by[d]);
	gather_fini(&v->gather);
	free(v->point);
	strands_fini(&v->strands);
	free(v->trail);
	free(v->hour);
}

/* ---- one part ------------------------------------------------------------------- */

static void add_to_span(struct survey *v, const struct point *p)
{
	uint32_t i = range_span_of(&v->range, p->start_ms);
	if (v->parts & SURVEY_STRANDS && i < range_n_over(&v->range))
		totals_add(&v->trail_total[i], p->totals);
}

static void on_total(void *arg, const struct point *p)
{
	struct survey *v = arg;
	totals_add(&v->total, p->totals);
	gather_count(&v->gather, p);
	add_to_span(v, p);
	if (v->point == NULL)
		return;
	uint64_t ix = num_sub_sat(p->start_ms, v->first_ms) / tier_ms(v->step);
	/* sent after the question was asked: the last one's */
	totals_add(&v->point[MIN(ix, (uint64_t)v->n_points - 1)], p->totals);
}

static void on_previous(void *arg, const struct point *p)
{
	totals_add(arg, p->totals);
}

/* What was sent after the question was asked is this period's too. */
static void add_to_periods(struct survey *v, const struct point *p)
{
	for (unsigned i = 0; i < PERIODS; i++)
		if (period_number((enum period)i, p->start_ms) >=
			period_number((enum period)i, v->now_ms))
			v->spent[i] = num_add_sat(v->spent[i], p->totals->cost_nanousd);
}

static void add_to_hour(struct survey *v, const struct point *p)
{
	uint64_t hour = p->start_ms / tier_ms(TIER_HOUR);
	uint64_t ix = num_sub_sat(hour, v->first_hour);
	/* sent after the question was asked: the last one's */
	struct survey_hour *h = &v->hour[MIN(ix, (uint64_t)v->n_hours - 1)];
	h->requests = num_add_sat(h->requests, p->totals->requests);
	h->tokens = num_add_sat(h->tokens, p->totals->total_tokens);
	h->cost_nanousd = num_add_sat(h->cost_nanousd, p->totals->cost_nanousd);
}

static void on_history(void *arg, const struct point *p)
{
	if (p->tier == TIER_DAY)
		add_to_periods(arg, p);
	else
		add_to_hour(arg, p);
}

static void on_group(void *arg, const struct point *p)
{
	groups_add(arg, p->name, p->totals);
}

static void on_strand(void *arg, const struct point *p)
{
	strands_add(arg, p);
}

static void next_place(struct survey *v)
{
	v->n_bad += v->at.n_bad + v->gather.n_bad;
	v->gather.n_bad = 0;
	v->at = points_start();
}

static enum query_verdict read_spans(struct store *s, struct survey *v, enum dim d,
	const struct range *spans, struct groups *to, struct err *e)
{
	enum query_verdict r = points_walk(s, spans, d, &v->at, on_group, to, e);
	if (r == QUERY_DONE)
		next_place(v);
	return r;
}

/* The last span, which goes on. */
static enum query_verdict read_open(struct store *s, struct survey *v,
	const struct range *r, enum dim d, points_fn *fn, void *arg, struct err *e)
{
	const struct range open = {.n = 1, .span = {r->span[range_n_over(r)]}};
	return points_walk(s, &open, d, &v->at, fn, arg, e);
}

/* What is over, as it was gathered when that was first asked for, and the open span. */
static enum query_verdict read_list(
	struct store *s, struct survey *v, enum dim d, struct err *e)
{
	struct groups *base;
	if (v->closed == NULL || !gather_has_any(&v->gather))
		return read_spans(s, v, d, &v->list_range, v->by[d], e);
	if (!v->is_over_read) {
		enum query_verdict r = gather_read(s, &v->gather, d, &base, e);
		if (r != QUERY_DONE)
			return r;
		groups_free(v->by[d]);
		v->by[d] = groups_upon(base);
		v->is_over_read = true;
	}
	if (range_n_over(&v->list_range) == v->list_range.n)
		return QUERY_DONE;
	return read_open(s, v, &v->list_range, d, on_group, v->by[d], e);
}

static void on_trail(void *arg, const struct point *p)
{
	struct survey *v = arg;
	trail_add(v->trail, v->n_names_done, p);
}

/* A turn for each name, but for those that are there. */
static enum query_verdict read_names(
	struct store *s, struct survey *v, const struct range_span *span, struct err *e)
{
	const struct strands *t = &v->strands;
	while (v->n_names_done < t->n_names && trail_has(v->trail, v->n_names_done))
		v->n_names_done++;
	if (v->n_names_done == t->n_names)
		return QUERY_DONE;
	const struct group *x = t->of[v->n_names_done];
	enum query_verdict r = points_of_name(s, span, t->dim,
		(struct str){x->name, x->n_name}, &v->at, on_trail, v, e);
	if (r != QUERY_DONE)
		return r;
	next_place(v);
	v->n_names_done++;
	return QUERY_MORE;
}

/* Join what is known of a span that is over, or what is read of it now. */
static enum query_verdict read_trail(
	struct store *s, struct survey *v, uint32_t i, struct err *e)
{
	struct strands *t = &v->strands;
	const struct range_span *span = &v->range.span[i];
	const struct totals *total = &v->trail_total[i];
	const struct trail *known =
		v->closed != NULL ? closed_trail(v->closed, t->dim, span, total) : NULL;
	if (known != NULL && strands_join(t, span, known))
		return QUERY_DONE;
	if (v->trail == NULL) {
		v->trail = trail_new(span, t->of, t->n_names, known);
		v->n_bad_before = v->n_bad;
	}
	enum query_verdict r = read_names(s, v, span, e);
	if (r != QUERY_DONE)
		return r;
	must(strands_join(t, span, v->trail));
	v->n_names_done = 0;
	if (v->closed != NULL && v->n_bad == v->n_bad_before)
		closed_keep_trail(v->closed, t->dim, span, total, &v->trail);
	free(v->trail);
	v->trail = NULL;
	return QUERY_DONE;
}

/* Which names are the largest is known by now: lists are read first. */
static void choose_names(struct survey *v)
{
	groups_rank(v->by[v->strands.dim]);
	strands_choose(&v->strands, v->by[v->strands.dim]);
	v->are_chosen = true;
}

static enum query_verdict read_strands(struct store *s, struct survey *v, struct err *e)
{
	enum query_verdict r = QUERY_DONE;
	if (!v->are_chosen)
		choose_names(v);
	for (; v->n_spans_done < range_n_over(&v->range); v->n_spans_done++) {
		r = read_trail(s, v, v->n_spans_done, e);
		if (r != QUERY_DONE)
			return r;
	}
	if (range_n_over(&v->range) < v->range.n)
		r = read_open(
			s, v, &v->range, v->strands.dim, on_strand, &v->strands, e);
	if (r == QUERY_DONE)
		strands_rest(&v->strands, v->point);
	return r;
}

/* A turn for each span. */
static enum query_verdict read_client(struct store *s, struct survey *v, struct err *e)
{
	struct str name = {(const char *)v->client.bytes, v->client.n};
	if (v->n_spans_done == v->range.n)
		return QUERY_DONE;
	enum query_verdict r = points_of_name(s, &v->range.span[v->n_spans_done],
		DIM_CLIENT, name, &v->at, on_total, v, e);
	if (r != QUERY_DONE)
		return r;
	next_place(v);
	v->n_spans_done++;
	return QUERY_MORE;
}

static enum query_verdict read_part(
	struct store *s, struct survey *v, uint32_t part, struct err *e)
{
	if (part == SURVEY_DIM(DIM_TOTAL) && v->is_of_client)
		return read_client(s, v, e);
	if (part == SURVEY_DIM(DIM_TOTAL))
		return points_walk(s, &v->range, DIM_TOTAL, &v->at, on_total, v, e);
	if (part == SURVEY_TIMES)
		return points_times(s, &v->times_range, &v->at, &v->times, e);
	if (part == SURVEY_PREVIOUS)
		return points_walk(
			s, &v->before, DIM_TOTAL, &v->at, on_previous, &v->previous, e);
	if (part == SURVEY_HISTORY)
		return points_walk(s, &v->history, DIM_TOTAL, &v->at, on_history, v, e);
	if (part == SURVEY_STRANDS)
		return read_strands(s, v, e);
	if (part == SURVEY_SERIES)
		return QUERY_DONE; /* came with the total */
	return read_list(s, v, (enum dim)__builtin_ctz(part), e);
}

static void end_part(struct survey *v)
{
	next_place(v);
	v->n_spans_done = 0;
	v->is_over_read = false;
	v->n_done++;
}

static void rank_all(struct survey *v)
{
	for (unsigned d = 0; d < DIMS; d++)
		if (v->by[d] != NULL)
			groups_rank(v->by[d]);
}

static bool has_more(const struct survey *v)
{
	return v->n_done < 32 && v->parts >> v->n_done != 0;
}

enum query_verdict survey_slice(struct store *s, struct survey *v, struct err *e)
{
	while (has_more(v) && (v->parts & 1u << v->n_done) == 0)
		v->n_done++;
	if (!has_more(v)) {
		rank_all(v);
		return QUERY_DONE;
	}
	enum query_verdict verdict = read_part(s, v, 1u << v->n_done, e);
	if (verdict != QUERY_DONE)
		return verdict;
	end_part(v);
	return QUERY_MORE;
}
