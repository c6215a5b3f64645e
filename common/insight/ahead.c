/* Outlooks of spend, requests and tokens, and what they run out. */
#include "insight/ahead.h"

#include "base/num.h"
#include "decide/clientgate.h"
#include "insight/forecast.h"
#include "insight/outlook.h"
#include "segment/client_use.h"
#include "store/keys.h"

#include <stdlib.h>
#include <string.h>

#define HOUR_MS UINT64_C(3600000)
#define HOUR_NS UINT64_C(3600000000000)

enum course { COURSE_COST, COURSE_REQUESTS, COURSE_TOKENS, COURSES };

struct ahead_model {
	const struct ahead *of;
	bool is_learnt;
	struct outlook outlook[COURSES]; /* once it is */
	struct run_rate rate;            /* until then */
};

/* ---- taking ------------------------------------------------------------------------- */

static void take_limits(struct ahead *a, const struct segment *s, uint64_t now_ns)
{
	for (size_t i = 0; i < MAX_UPSTREAM_LIMITS && a->n_limits < AHEAD_LIMITS; i++) {
		const struct upstream_limit *l = &s->shared->limits.limit[i];
		if (!limit_is_active(l) || limit_value(l) == 0 ||
			l->window_ns < HOUR_NS || strcmp(l->scope, "all") != 0)
			continue;
		a->limit[a->n_limits++] = (struct ahead_limit){
			.unit = l->unit == LIMIT_TOKENS ? LIMIT_TOKENS : LIMIT_REQUESTS,
			.limit = limit_value(l),
			.used = window_used(&l->window, now_ns)};
	}
}

static uint64_t part_of(uint64_t v, uint64_t n, uint64_t of)
{
	unsigned __int128 x = of > 0 ? (unsigned __int128)v * n / of : 0;
	return x > UINT64_MAX ? UINT64_MAX : (uint64_t)x;
}

static bool is_used_up(const struct ahead_budget *b)
{
	return b->spent >= b->budget;
}

/* What all clients spend until this one has spent the rest, at its share. */
static uint64_t spent_until(const struct survey *v, const struct ahead_budget *b)
{
	struct key name = key_of_number(b->client_id);
	const struct group *g = groups_find(
		v->by[DIM_CLIENT], (struct str){(const char *)name.bytes, name.n});
	if (is_used_up(b))
		return 0;
	if (g == NULL || g->totals.cost_nanousd == 0)
		return UINT64_MAX;
	uint64_t rest = b->budget - b->spent;
	return MIN(part_of(rest, v->total.cost_nanousd, g->totals.cost_nanousd),
		UINT64_MAX - 1);
}

/* Of one period, what is spent first is used up first: no forecast is needed to rank them. */
void ahead_add_budget(struct ahead *a, struct ahead_budget b)
{
	struct ahead_budget *of = a->budget[b.period];
	uint32_t *n = &a->n_budgets[b.period], i;
	b.all = spent_until(a->survey, &b);
	a->n_left_out += *n == AHEAD_BUDGETS;
	if (*n == AHEAD_BUDGETS && b.all >= of[*n - 1].all)
		return;
	*n += *n < AHEAD_BUDGETS;
	for (i = *n - 1; i > 0 && of[i - 1].all > b.all; i--)
		of[i] = of[i - 1];
	of[i] = b;
}

static void take_client(struct ahead *a, const struct clients *c, uint32_t ix,
	const struct client_limits *defaults)
{
	struct client_limits l;
	uint64_t spent[PERIODS];
	const struct client *entry = clients_at(c, ix);
	if (entry == NULL || client_is_revoked(entry))
		return;
	clients_limits(c, ix, &l);
	client_limits_fill(&l, defaults);
	client_use_spent(c, ix, a->now_ms, spent);
	for (unsigned p = 0; p < PERIODS; p++) {
		enum client_limit which =
			(enum client_limit)(CLIENT_LIMIT_budget_day + p);
		uint64_t budget = client_limit_get(&l, which);
		if (!client_limit_is_said(&l, which) || budget == 0)
			continue;
		struct ahead_budget b = {.client_id = entry->id,
			.period = (enum period)p,
			.budget = budget,
			.spent = spent[p]};
		memcpy(b.client, entry->name, sizeof b.client - 1);
		ahead_add_budget(a, b);
	}
}

void ahead_take(struct ahead *a, const struct segment *s, uint64_t now_ns)
{
	struct settings settings;
	struct client_limits defaults;
	take_limits(a, s, now_ns);
	if (page_read(s->settings, &settings, sizeof settings) == 0)
		settings_defaults(&settings);
	gate_defaults(&settings, &defaults);
	for (uint32_t i = 0; i < clients_count(&s->clients); i++)
		take_client(a, &s->clients, i, &defaults);
}

/* ---- learning ------------------------------------------------------------------------ */

static uint64_t value_of(const struct survey_hour *h, enum course c)
{
	switch (c) {
	case COURSE_REQUESTS:
		return h->requests;
	case COURSE_TOKENS:
		return h->tokens;
	case COURSE_COST:
	case COURSES:
		break;
	}
	return h->cost_nanousd;
}

/* Before the first request of all there was nothing to learn from. */
static uint32_t begin_of(const struct survey *v)
{
	uint32_t i = 0;
	while (i < v->n_hours && v->hour[i].requests == 0)
		i++;
	return i;
}

static struct outlook_course course_of(
	const struct survey *v, enum course which, uint64_t value[static SURVEY_HOURS])
{
	uint32_t begin = begin_of(v), n = 0;
	for (uint32_t i = begin; i + 1 < v->n_hours; i++)
		value[n++] = value_of(&v->hour[i], which);
	return (struct outlook_course){v->first_hour + begin, n, value};
}

static bool learn(struct outlook *o, const struct survey *v, enum course which)
{
	uint64_t value[SURVEY_HOURS];
	struct outlook_course c = course_of(v, which, value);
	return outlook_learn(o, &c);
}

/* Of the survey's period, or of what is history where that begins later. */
static struct run_rate rate_of(const struct survey *v, uint64_t now_ms)
{
	uint64_t value[SURVEY_HOURS];
	struct outlook_course c = course_of(v, COURSE_COST, value);
	uint32_t begin = outlook_begin(&c);
	uint64_t first = c.first_hour + begin;
	struct totals t = {.first_ms = first * HOUR_MS};
	if (begin == 0 || t.first_ms <= v->range.from_ms)
		return forecast_run_rate(&v->total, v->range.from_ms, now_ms);
	for (uint64_t i = first - v->first_hour; i < v->n_hours; i++)
		t.cost_nanousd = num_add_sat(t.cost_nanousd, v->hour[i].cost_nanousd);
	return forecast_run_rate(&t, t.first_ms, now_ms);
}

struct ahead_model *ahead_learn(const struct ahead *a)
{
	const struct survey *v = a->survey;
	struct ahead_model *m = calloc(1, sizeof *m);
	must(m != NULL);
	m->of = a;
	m->is_learnt = learn(&m->outlook[COURSE_COST], v, COURSE_COST);
	for (uint32_t i = 0; m->is_learnt && i < a->n_limits; i++) {
		enum course c = a->limit[i].unit == LIMIT_TOKENS ? COURSE_TOKENS
								 : COURSE_REQUESTS;
		if (m->outlook[c].n == 0)
			(void)!learn(&m->outlook[c], v, c);
	}
	m->rate = rate_of(v, a->now_ms);
	return m;
}

void ahead_model_free(struct ahead_model *m)
{
	free(m);
}

uint64_t ahead_observed_ms(const struct ahead_model *m)
{
	return m->is_learnt ? m->outlook[COURSE_COST].n * HOUR_MS : m->rate.observed_ms;
}

/* ---- sums ---------------------------------------------------------------------------- */

/* The cost of so long from now on, where it is known. */
static struct outlook_range cost_in(const struct ahead_model *m, uint64_t ms)
{
	uint64_t now = m->of->now_ms;
	if (m->is_learnt)
		return outlook_sum(&m->outlook[COURSE_COST], now, num_add_sat(now, ms));
	uint64_t v = part_of(m->rate.hour_nanousd, ms, HOUR_MS);
	return (struct outlook_range){v, v, v};
}

static struct ahead_period period_until(
	const struct ahead_model *m, uint64_t end_ms, uint64_t spent)
{
	struct outlook_range r = cost_in(m, num_sub_sat(end_ms, m->of->now_ms));
	return (struct ahead_period){.spent = spent,
		.ends_ms = end_ms,
		.is_known = m->is_learnt || m->rate.is_known,
		.has_band = m->is_learnt,
		.low = num_add_sat(spent, r.low),
		.expected = num_add_sat(spent, r.mid),
		.high = num_add_sat(spent, r.high)};
}

struct ahead_period ahead_period(const struct ahead_model *m, enum period p)
{
	return period_until(
		m, period_end_ms(p, m->of->now_ms), m->of->survey->spent[p]);
}

struct ahead_period ahead_next(const struct ahead_model *m, uint64_t hours)
{
	return period_until(m, num_add_sat(m->of->now_ms, hours * HOUR_MS), 0);
}

/* ---- moments ---------------------------------------------------------------------------- */

/* Why nothing is told, or nothing runs out. */
static const char no_history[] = "less_than_a_day_of_history";
static const char no_minutes[] = "less_than_ten_minutes_of_history";
static const char no_hour[] = "less_than_an_hour_of_history";
static const char nothing_spent[] = "client_has_spent_nothing";
static const char lasts[] = "lasts_until_it_begins_anew";
static const char bears[] = "less_comes_than_it_allows";
static const char used_up[] = "used_up"; /* since when is nowhere */
static const char held[] = "held_by_another_budget";

static struct ahead_moment moment_of(
	uint64_t earliest, uint64_t expected, uint64_t latest, const char *or_why)
{
	return (struct ahead_moment){
		earliest, expected, latest, expected == UINT64_MAX ? or_why : NULL};
}

static struct ahead_moment all_at(uint64_t at, const char *or_why)
{
	return moment_of(at, at, at, or_why);
}

static uint64_t at_rate(const struct ahead_model *m, uint64_t nanousd, uint64_t end_ms)
{
	uint64_t at = num_add_sat(
		m->of->now_ms, part_of(HOUR_MS, nanousd, m->rate.hour_nanousd));
	return m->rate.hour_nanousd == 0 || at > end_ms ? UINT64_MAX : at;
}

/* When it runs out if its client has no other. */
static struct ahead_moment ends_alone(
	const struct ahead_model *m, const struct ahead_budget *b)
{
	uint64_t now = m->of->now_ms, end = period_end_ms(b->period, now);
	if (b->all == UINT64_MAX)
		return all_at(UINT64_MAX, nothing_spent);
	if (!m->is_learnt && m->rate.observed_ms < HOUR_MS)
		return all_at(UINT64_MAX, no_hour);
	if (!m->is_learnt)
		return all_at(at_rate(m, b->all, end), lasts);
	struct outlook_range r =
		outlook_reach(&m->outlook[COURSE_COST], now, b->all, end);
	return moment_of(r.low, r.mid, r.high, lasts);
}

/* Does nothing flow out of it at that time, since the other lets its client spend none? */
static bool is_held_by(const struct ahead_model *m, const struct ahead_budget *other,
	const struct ahead_moment *t)
{
	if (is_used_up(other))
		return true;
	if (t->earliest_ms == UINT64_MAX)
		return false;
	struct ahead_moment first = ends_alone(m, other);
	return t->expected_ms != UINT64_MAX ? first.expected_ms < t->expected_ms
					    : first.earliest_ms < t->earliest_ms;
}

static bool is_held(const struct ahead_model *m, const struct ahead_budget *b,
	const struct ahead_moment *t)
{
	for (unsigned p = 0; p < PERIODS; p++)
		for (uint32_t i = 0; i < m->of->n_budgets[p]; i++) {
			const struct ahead_budget *other = &m->of->budget[p][i];
			if (other->client_id == b->client_id && p != b->period &&
				is_held_by(m, other, t))
				return true;
		}
	return false;
}

struct ahead_moment ahead_budget_ends(
	const struct ahead_model *m, const struct ahead_budget *b)
{
	if (is_used_up(b))
		return all_at(UINT64_MAX, used_up);
	struct ahead_moment t = ends_alone(m, b);
	return is_held(m, b, &t) ? all_at(UINT64_MAX, held) : t;
}

/* used falls to nothing in an hour while `comes` flows in: when do both fill it? */
static uint64_t fills(
	const struct ahead_model *m, const struct ahead_limit *l, uint64_t comes)
{
	if (comes <= l->limit)
		return UINT64_MAX;
	return num_add_sat(
		m->of->now_ms, part_of(HOUR_MS, l->limit - l->used, comes - l->used));
}

struct ahead_moment ahead_limit_ends(
	const struct ahead_model *m, const struct ahead_limit *l)
{
	uint64_t now = m->of->now_ms;
	const struct outlook *o =
		&m->outlook[l->unit == LIMIT_TOKENS ? COURSE_TOKENS : COURSE_REQUESTS];
	if (l->used >= l->limit)
		return all_at(UINT64_MAX, used_up);
	if (!m->is_learnt || o->n == 0)
		return all_at(UINT64_MAX, no_history);
	struct outlook_range r = outlook_sum(o, now, now + HOUR_MS);
	return moment_of(
		fills(m, l, r.high), fills(m, l, r.mid), fills(m, l, r.low), bears);
}

bool ahead_is_used_up(const struct ahead_moment *t)
{
	return t->reason == used_up;
}

const char *ahead_lacks(const struct ahead_model *m)
{
	if (m->is_learnt)
		return NULL;
	return m->rate.is_known ? no_history : no_minutes;
}
