/* Levels, hours of the week, and what became of earlier forecasts. */
#include "insight/outlook.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_MS UINT64_C(3600000)
#define DECAY   0.9904184 /* 2^(-1/72): half after 72 hours */

enum {
	DAY_HOURS = 24,
	WEEK_DAYS = 7,
	MONDAY_SHIFT = 72, /* 1970 began on a Thursday */
	TRY_EVERY = 5, /* hours; no divisor of a day, so all hours have their turn */
	TRIES_MAX = OUTLOOK_HOURS / TRY_EVERY + 1,
	TRIES_LEAST = 12,
	REACH_STEPS = 48
};

/* How many imagined hours a mean is drawn by towards what stands behind it. */
static const double draw_hour = 1, draw_day = 12, draw_cell = 3;
static const double widen_by = 1.6, grow_by = 0.3;

/* Of what is told or has ever come: no band ends beyond. */
static const double most_times = 3;

/* So many times as much, in all and by the hour, is another service. */
static const double other_times = 20;

static const uint32_t lengths[OUTLOOK_LENGTHS] = {1, 6, 24, 72, 168, 720};

/* What is known at a moment. */
struct known {
	uint32_t n;
	double sum, by_hour[DAY_HOURS], by_day[WEEK_DAYS], by_cell[OUTLOOK_WEEK];
	uint32_t n_hour[DAY_HOURS], n_day[WEEK_DAYS], n_cell[OUTLOOK_WEEK];
	double recent, recent_like; /* both decaying */
};

static uint32_t cell_of(uint64_t hour)
{
	return (uint32_t)((hour + MONDAY_SHIFT) % OUTLOOK_WEEK);
}

static double drawn(double sum, uint32_t n, double by, double towards)
{
	return (sum + by * towards) / (n + by);
}

/* What an hour of the day, and of what weight a day of the week is. */
static double like_hour(const struct known *k, double mean, uint32_t h)
{
	return drawn(k->by_hour[h], k->n_hour[h], draw_hour, mean);
}

static double like_day(const struct known *k, double mean, uint32_t d)
{
	return drawn(k->by_day[d], k->n_day[d], draw_day, mean) / mean;
}

/* What an hour of the week is like, as far as is known. */
static double like(const struct known *k, uint32_t cell)
{
	if (k->n == 0 || k->sum <= 0)
		return 0;
	double mean = k->sum / k->n;
	double towards = like_hour(k, mean, cell % DAY_HOURS) *
			 like_day(k, mean, cell / DAY_HOURS);
	return drawn(k->by_cell[cell], k->n_cell[cell], draw_cell, towards);
}

/* The same of the whole week. */
static void like_all(const struct known *k, double out[static OUTLOOK_WEEK])
{
	double hour[DAY_HOURS], mean = k->n > 0 ? k->sum / k->n : 0;
	memset(out, 0, OUTLOOK_WEEK * sizeof *out);
	if (mean <= 0)
		return;
	for (uint32_t h = 0; h < DAY_HOURS; h++)
		hour[h] = like_hour(k, mean, h);
	for (uint32_t d = 0; d < WEEK_DAYS; d++) {
		double day = like_day(k, mean, d);
		for (uint32_t h = 0; h < DAY_HOURS; h++) {
			uint32_t cell = d * DAY_HOURS + h;
			out[cell] = drawn(k->by_cell[cell], k->n_cell[cell], draw_cell,
				hour[h] * day);
		}
	}
}

static void take(struct known *k, uint64_t hour, double v)
{
	uint32_t cell = cell_of(hour);
	uint32_t h = cell % DAY_HOURS, d = cell / DAY_HOURS;
	k->n++, k->sum += v;
	k->n_hour[h]++, k->by_hour[h] += v;
	k->n_day[d]++, k->by_day[d] += v;
	k->n_cell[cell]++, k->by_cell[cell] += v;
	k->recent = k->recent * DECAY + v;
	k->recent_like = k->recent_like * DECAY + like(k, cell);
}

static void settle(struct outlook *o, const struct known *k, uint64_t end_hour)
{
	o->end_hour = end_hour;
	o->n = k->n;
	like_all(k, o->like);
	o->level = k->recent_like > 0 ? k->recent / k->recent_like : 0;
	o->floor = k->n > 0 ? k->sum / k->n / 10 : 0;
}

/* What whole hours from `hour` on will come to. */
static double sum_hours(const struct outlook *o, uint64_t hour, uint64_t n)
{
	double week = 0, rest = 0;
	uint64_t n_weeks = n / OUTLOOK_WEEK;
	for (uint32_t i = 0; n >= OUTLOOK_WEEK && i < OUTLOOK_WEEK; i++)
		week += o->like[i];
	for (uint64_t i = 0; i < n % OUTLOOK_WEEK; i++)
		rest += o->like[cell_of(hour + i)];
	return o->level * (week * (double)n_weeks + rest);
}

/* ---- misses --------------------------------------------------------------------------- */

struct tries {
	uint32_t n[OUTLOOK_LENGTHS];
	double miss[OUTLOOK_LENGTHS][TRIES_MAX];
	double most[OUTLOOK_LENGTHS];
};

static double miss_of(const struct outlook *o, double told, double came, uint32_t hours)
{
	double least = o->floor * hours;
	double by = told > least ? told : least;
	return by > 0 ? (came - told) / by : 0;
}

/* The outcomes of all lengths that end within the course. */
static void try_at(struct tries *t, const struct outlook *o,
	const struct outlook_course *c, uint32_t at)
{
	double came = 0;
	uint32_t hours = 0;
	for (uint32_t l = 0; l < OUTLOOK_LENGTHS && at + lengths[l] <= c->n; l++) {
		for (; hours < lengths[l]; hours++)
			came += (double)c->value[at + hours];
		double told = sum_hours(o, o->end_hour, hours);
		t->miss[l][t->n[l]++] = miss_of(o, told, came, hours);
		t->most[l] = MAX(t->most[l], came / hours);
	}
}

static int rising(const void *pa, const void *pb)
{
	double a = *(const double *)pa, b = *(const double *)pb;
	return (a > b) - (a < b);
}

/* Between the ranks as well; share of 0 … 1. */
static double quantile(const double *v, uint32_t n, double share)
{
	double at = share * (n - 1);
	uint32_t i = (uint32_t)at;
	return i + 1 < n ? v[i] + (at - i) * (v[i + 1] - v[i]) : v[n - 1];
}

static double between(double v, double least, double most)
{
	return v < least ? least : v > most ? most : v;
}

/* By how much forecasts have missed to the same side, three in four of them; else 0. */
static double bias_of(const double *miss, uint32_t n)
{
	bool is_low = quantile(miss, n, 0.25) > 0;
	bool is_high = quantile(miss, n, 0.75) < 0;
	return is_low || is_high ? between(quantile(miss, n, 0.5), -0.5, 1) : 0;
}

/* Stretches that overlap say less than as many that do not. */
static void measure(struct outlook *o, struct tries *t)
{
	for (uint32_t l = 0; l < OUTLOOK_LENGTHS; l++) {
		uint32_t n = t->n[l];
		double apart = n * (double)TRY_EVERY / lengths[l];
		if (n < TRIES_LEAST || apart < 1)
			break;
		double widen = 1 + widen_by / (apart < n ? apart : n);
		qsort(t->miss[l], n, sizeof t->miss[l][0], rising);
		double bias = bias_of(t->miss[l], n), by = widen / (1 + bias);
		o->miss[o->n_misses++] = (struct outlook_miss){.hours = lengths[l],
			.times = 1 + bias,
			.most = t->most[l],
			.low = (quantile(t->miss[l], n, 0.055) - bias) * by,
			.high = (quantile(t->miss[l], n, 0.945) - bias) * by};
	}
}

/* Longer than any length the past has stretches of: what a level may do meanwhile. */
static struct outlook_miss beyond(const struct outlook_miss *last, double hours)
{
	double times = hours / last->hours - 2;
	double by = times > 0 ? 1 + grow_by * times : 1;
	return (struct outlook_miss){.times = last->times,
		.low = last->low * by,
		.high = last->high * by,
		.most = last->most};
}

static struct outlook_miss miss_at(const struct outlook *o, double hours)
{
	uint32_t i = 0;
	if (o->n_misses == 0)
		return (struct outlook_miss){
			.times = 1, .low = -1, .high = 2, .most = HUGE_VAL};
	while (i < o->n_misses && o->miss[i].hours < hours)
		i++;
	if (i == 0)
		return o->miss[0];
	if (i == o->n_misses)
		return beyond(&o->miss[i - 1], hours);
	struct outlook_miss a = o->miss[i - 1], b = o->miss[i];
	double t = (hours - a.hours) / (b.hours - a.hours);
	return (struct outlook_miss){.times = a.times + t * (b.times - a.times),
		.low = a.low + t * (b.low - a.low),
		.high = a.high + t * (b.high - a.high),
		.most = a.most + t * (b.most - a.most)};
}

/* Against what was known a day ago. */
static void look_for_turn(struct outlook *o, const struct outlook *day_ago,
	const struct outlook_course *c)
{
	double came = 0, is_like = sum_hours(o, day_ago->end_hour, DAY_HOURS);
	struct outlook_miss usual = miss_at(o, DAY_HOURS);
	for (uint32_t i = c->n - DAY_HOURS; i < c->n; i++)
		came += (double)c->value[i];
	double told = sum_hours(day_ago, day_ago->end_hour, DAY_HOURS) * usual.times;
	double miss = miss_of(day_ago, told, came, DAY_HOURS);
	o->has_turned = is_like > 0 && (miss < usual.low || miss > usual.high);
	if (!o->has_turned)
		return;
	o->turned = o->level * came / is_like;
	o->turned_hour = came / DAY_HOURS;
}

uint32_t outlook_begin(const struct outlook_course *c)
{
	uint32_t first = c->n > OUTLOOK_HOURS ? c->n - OUTLOOK_HOURS : 0;
	uint32_t begin = first;
	double before = 0, since = 0;
	for (uint32_t i = first; i < c->n; i++)
		since += (double)c->value[i];
	for (uint32_t i = first; i + 1 < c->n; i++) {
		double v = (double)c->value[i];
		before += v, since -= v;
		uint32_t n = i + 1 - first;
		double by_hour = since / (c->n - i - 1);
		if (n >= OUTLOOK_LEAST && v * other_times < by_hour &&
			before * other_times < MIN(since, by_hour * n))
			begin = i + 1;
	}
	return begin;
}

bool outlook_learn(struct outlook *o, const struct outlook_course *c)
{
	struct known k = {0};
	struct outlook day_ago = {0};
	uint32_t from = outlook_begin(c);
	*o = (struct outlook){0};
	if (c->n - from < OUTLOOK_LEAST)
		return false;
	struct tries *t = calloc(1, sizeof *t);
	must(t != NULL);
	uint32_t first_try = from + MAX((uint32_t)OUTLOOK_LEAST, (c->n - from) / 4);
	for (uint32_t i = from; i < c->n; i++) {
		if (i >= first_try && (i - first_try) % TRY_EVERY == 0) {
			settle(o, &k, c->first_hour + i);
			try_at(t, o, c, i);
		}
		if (i + DAY_HOURS == c->n)
			settle(&day_ago, &k, c->first_hour + i);
		take(&k, c->first_hour + i, (double)c->value[i]);
	}
	settle(o, &k, c->first_hour + c->n);
	measure(o, t);
	free(t);
	look_for_turn(o, &day_ago, c);
	return true;
}

/* ---- asking --------------------------------------------------------------------------- */

static uint64_t whole(double v)
{
	if (!(v > 0))
		return 0;
	return v >= 1.8e19 ? UINT64_MAX : (uint64_t)(v + 0.5);
}

/* Hours that are cut at either end count by their part. */
static double sum_between(const struct outlook *o, uint64_t from_ms, uint64_t to_ms)
{
	uint64_t first = from_ms / HOUR_MS, last = to_ms / HOUR_MS;
	double begun = (double)(from_ms % HOUR_MS) / (double)HOUR_MS;
	double ending = (double)(to_ms % HOUR_MS) / (double)HOUR_MS;
	return sum_hours(o, first, last - first) -
	       begun * o->level * o->like[cell_of(first)] +
	       ending * o->level * o->like[cell_of(last)];
}

/* To what the last day's level would come to, and to more such days. A level of one day
 * misses as days do, if not by more. */
static void widen_for_turn(const struct outlook *o, double hours, double mid,
	const struct outlook_miss *miss, double *low, double *high)
{
	double again = o->turned_hour * hours;
	struct outlook_miss day = miss_at(o, DAY_HOURS);
	double other = mid * o->turned / o->level;
	double least = other * (1 + MIN(day.low, miss->low));
	double most = other * (1 + MAX(day.high, miss->high));
	*low = MIN(*low, MIN(least, again));
	*high = MAX(*high, MAX(most, again));
}

/* What is beyond is a miss of another level. */
static double most_in(const struct outlook *o, double hours, double mid,
	const struct outlook_miss *miss)
{
	double again = o->has_turned ? o->turned_hour * hours : 0;
	return MAX(again, most_times * MAX(mid, miss->most * hours));
}

struct outlook_range outlook_sum(
	const struct outlook *o, uint64_t from_ms, uint64_t to_ms)
{
	if (to_ms <= from_ms)
		return (struct outlook_range){0};
	double hours = (double)(to_ms - from_ms) / (double)HOUR_MS;
	struct outlook_miss miss = miss_at(o, hours);
	double mid = sum_between(o, from_ms, to_ms) * miss.times;
	double least = o->floor * hours, by = mid > least ? mid : least;
	double low = mid + miss.low * by, high = mid + miss.high * by;
	if (o->has_turned && o->level > 0)
		widen_for_turn(o, hours, mid, &miss, &low, &high);
	high = MIN(high, most_in(o, hours, mid, &miss));
	uint64_t told = whole(mid);
	return (struct outlook_range){.low = MIN(whole(low), told),
		.mid = told,
		.high = MAX(whole(high), told)};
}

/* Sums rise with time, so halving finds the moment. */
static uint64_t reach(const struct outlook *o, uint64_t from_ms, uint64_t amount,
	uint64_t horizon_ms, uint64_t (*which)(const struct outlook_range *r))
{
	uint64_t low = from_ms, high = horizon_ms;
	struct outlook_range r = outlook_sum(o, from_ms, horizon_ms);
	if (which(&r) < amount)
		return UINT64_MAX;
	for (uint32_t i = 0; i < REACH_STEPS && low < high; i++) {
		uint64_t mid = low + (high - low) / 2;
		r = outlook_sum(o, from_ms, mid);
		if (which(&r) < amount)
			low = mid + 1;
		else
			high = mid;
	}
	return high;
}

static uint64_t low_of(const struct outlook_range *r)
{
	return r->low;
}

static uint64_t mid_of(const struct outlook_range *r)
{
	return r->mid;
}

static uint64_t high_of(const struct outlook_range *r)
{
	return r->high;
}

/* The most is reached first. */
struct outlook_range outlook_reach(
	const struct outlook *o, uint64_t from_ms, uint64_t amount, uint64_t horizon_ms)
{
	return (struct outlook_range){
		.low = reach(o, from_ms, amount, horizon_ms, high_of),
		.mid = reach(o, from_ms, amount, horizon_ms, mid_of),
		.high = reach(o, from_ms, amount, horizon_ms, low_of)};
}
