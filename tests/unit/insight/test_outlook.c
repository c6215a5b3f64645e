/*
 * Outlooks against what then happened: series of seven kinds, made by seed, forecast again
 * and again from what was known at the moment.
 */
#include "../unit.h"
#include "insight/outlook.h"

#define HOUR UINT64_C(3600000)

/* A Monday's first hour, so that i = 0 is one. */
#define MONDAY (UINT64_C(96) + 100 * OUTLOOK_WEEK)

enum {
	WEEKS = 16,
	N = WEEKS * OUTLOOK_WEEK,
	SEEDS = 4,
	FIRST = 5 * OUTLOOK_WEEK,
	EVERY = 29
};

static uint64_t value[N];

/* ---- series ------------------------------------------------------------------------- */

static uint64_t state;

static double chance(void)
{
	state ^= state << 13, state ^= state >> 7, state ^= state << 17;
	return (double)(state >> 11) / 9007199254740992.0;
}

/* About normal: mean 0, deviation 1. */
static double normal(void)
{
	double sum = 0;
	for (int i = 0; i < 12; i++)
		sum += chance();
	return sum - 6;
}

static double of_day(uint32_t hour)
{
	static const double by[24] = {2, 1, 1, 1, 1, 2, 4, 8, 14, 18, 20, 19, 15, 18,
		20, 19, 17, 13, 9, 7, 6, 5, 4, 3};
	return by[hour % 24] / 10;
}

static double of_week(uint32_t hour)
{
	return hour / 24 % 7 < 5 ? 1 : 0.25;
}

enum kind { FLAT, DAILY, WEEKLY, GROWING, SHIFTED, BURSTY, WANDERING, KINDS };

static double shape(enum kind k, uint32_t i, double *level)
{
	switch (k) {
	case FLAT:
		return 1;
	case DAILY:
		return of_day(i);
	case WEEKLY:
		return of_day(i) * of_week(i);
	case GROWING:
		return of_day(i) * of_week(i) * (1 + i / 1000.0);
	case SHIFTED:
		return of_day(i) * (i < N / 2 ? 1 : 2.5);
	case BURSTY:
		return chance() < 0.15 ? 5 * chance() / (chance() + 0.2) : 0;
	case WANDERING:
		*level *= 1 + 0.02 * normal();
		*level += 0.01 * (1 - *level);
		return of_day(i) * *level;
	case KINDS:
		break;
	}
	return 0;
}

static void make(enum kind k, uint64_t seed)
{
	double level = 1;
	state = 88172645463325252u + seed * 1000003 + k * 7919;
	for (uint32_t i = 0; i < N; i++) {
		double v = shape(k, i, &level) * (1 + 0.35 * normal());
		value[i] = v > 0 ? (uint64_t)(1e9 * v) : 0;
	}
}

/* ---- trials ------------------------------------------------------------------------- */

enum { HOURLY, DAYLY, WEEKLY_SUM, MONTHLY, LENGTHS };
static const uint32_t length[LENGTHS] = {1, 24, OUTLOOK_WEEK, 720};

struct score {
	uint32_t tried, inside;
	double missed, last_value, last_week;
};

static struct score score[KINDS][LENGTHS];

/* Of SHIFTED's, those that were made before its jump and end behind it. */
static struct score across[LENGTHS];

static double apart(double a, double b)
{
	return a > b ? a - b : b - a;
}

static void judge(
	struct score *s, const struct outlook_range *r, uint32_t at, uint32_t hours)
{
	double came = 0, week = 0;
	for (uint32_t i = 0; i < hours; i++) {
		came += (double)value[at + i];
		week += (double)value[at - OUTLOOK_WEEK + i % OUTLOOK_WEEK];
	}
	s->tried++;
	s->inside += came >= (double)r->low && came <= (double)r->high;
	s->missed += apart((double)r->mid, came);
	s->last_value += apart((double)value[at - 1] * hours, came);
	s->last_week += apart(week, came);
}

static void try(enum kind k, uint32_t at)
{
	struct outlook o;
	struct outlook_course c = {MONDAY, at, value};
	ck_assert(outlook_learn(&o, &c));
	uint64_t from = (MONDAY + at) * HOUR;
	for (uint32_t l = 0; l < LENGTHS && at + length[l] <= N; l++) {
		struct outlook_range r = outlook_sum(&o, from, from + length[l] * HOUR);
		judge(&score[k][l], &r, at, length[l]);
		if (k == SHIFTED && at < N / 2 && at + length[l] > N / 2)
			judge(&across[l], &r, at, length[l]);
	}
}

static void backtest(void)
{
	for (enum kind k = 0; k < KINDS; k++)
		for (uint64_t seed = 1; seed <= SEEDS; seed++) {
			make(k, seed);
			for (uint32_t at = FIRST; at < N; at += EVERY)
				try(k, at);
		}
}

START_TEST(nine_outcomes_in_ten_lie_inside_the_band_at_every_length)
{
	backtest();
	for (uint32_t l = 0; l < LENGTHS; l++) {
		uint32_t tried = 0, inside = 0;
		for (enum kind k = 0; k < KINDS; k++)
			tried += score[k][l].tried, inside += score[k][l].inside;
		double percent = 100.0 * inside / tried;
		ck_assert_msg(percent >= 88 && percent <= 92, "%u hours: %.2f %%",
			length[l], percent);
	}
}
END_TEST

/* The whole must not hide its parts: a month of SHIFTED's that has the jump in it lies
 * outside, and of the other months more lie inside than are asked for. */
START_TEST(no_kind_stands_behind_the_others_but_where_a_jump_is_still_to_come)
{
	backtest();
	for (uint32_t l = 0; l < LENGTHS; l++)
		for (enum kind k = 0; k < KINDS; k++) {
			bool jumps = k == SHIFTED;
			uint32_t tried = score[k][l].tried, inside = score[k][l].inside;
			tried -= jumps ? across[l].tried : 0;
			inside -= jumps ? across[l].inside : 0;
			double percent = 100.0 * inside / tried;
			ck_assert_msg(percent >= 87 && (percent <= 97 || l == MONTHLY),
				"kind %u, %u hours: %.2f %%", k, length[l], percent);
		}
	ck_assert_uint_lt(100 * across[MONTHLY].inside, 5 * across[MONTHLY].tried);
}
END_TEST

START_TEST(a_day_and_a_week_are_told_better_than_by_the_last_value_or_the_last_week)
{
	backtest();
	for (uint32_t l = HOURLY; l <= WEEKLY_SUM; l++)
		for (enum kind k = 0; k < KINDS; k++) {
			const struct score *s = &score[k][l];
			ck_assert_msg(
				s->missed < s->last_value && s->missed < s->last_week,
				"kind %u, %u hours", k, length[l]);
		}
}
END_TEST

/* Of a month in which nothing changes the last week says as much as can be said. */
START_TEST(a_month_is_told_better_on_the_whole)
{
	backtest();
	double sum = 0;
	for (enum kind k = 0; k < KINDS; k++) {
		const struct score *s = &score[k][MONTHLY];
		ck_assert_double_lt(s->missed, s->last_value);
		ck_assert_double_lt(s->missed, 1.03 * s->last_week);
		sum += s->missed / s->last_week;
	}
	ck_assert_double_lt(sum, 0.95 * KINDS);
}
END_TEST

/* ---- moments ------------------------------------------------------------------------ */

enum { HORIZON = 3 * OUTLOOK_WEEK };

struct moments {
	uint32_t tried, inside;
	double missed, last_value, last_week; /* hours */
};

/* How many hours until so much is there, if each is as `every` hours before. */
static double reached(const uint64_t *hourly, uint32_t every, double amount)
{
	for (uint32_t i = 0; i < HORIZON; i++) {
		double v = (double)hourly[i % every];
		if (amount <= v)
			return i + (v > 0 ? amount / v : 0);
		amount -= v;
	}
	return HORIZON;
}

static double hours_from(uint64_t from_ms, uint64_t at_ms)
{
	return at_ms == UINT64_MAX ? HORIZON : (double)(at_ms - from_ms) / (double)HOUR;
}

/* As much as a week before was spent in so many hours: when is it spent? */
static void try_moment(struct moments *m, uint32_t at, uint32_t hours)
{
	struct outlook o;
	struct outlook_course c = {MONDAY, at, value};
	uint64_t from = (MONDAY + at) * HOUR, amount = 0;
	ck_assert(outlook_learn(&o, &c));
	for (uint32_t i = 0; i < hours; i++)
		amount += value[at - OUTLOOK_WEEK + i % OUTLOOK_WEEK];
	struct outlook_range r = outlook_reach(&o, from, amount, from + HORIZON * HOUR);
	double came = reached(value + at, HORIZON, (double)amount);
	m->tried++;
	m->inside += came >= hours_from(from, r.low) - 0.005 &&
		     came <= hours_from(from, r.high) + 0.005;
	m->missed += apart(hours_from(from, r.mid), came);
	m->last_value += apart(reached(value + at - 1, 1, (double)amount), came);
	m->last_week += apart(
		reached(value + at - OUTLOOK_WEEK, OUTLOOK_WEEK, (double)amount), came);
}

static struct moments try_moments(enum kind k, uint32_t hours)
{
	struct moments m = {0};
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		make(k, seed);
		for (uint32_t at = FIRST; at + HORIZON <= N; at += EVERY)
			try_moment(&m, at, hours);
	}
	return m;
}

/* The band is the sums', seen from the side: of short spans it holds some more than nine in
 * ten (12 hours 93.8, 24 93.1, three days 92.2, a week 91.2). */
START_TEST(the_moment_when_so_much_is_spent_is_told_as_well_as_the_sums)
{
	static const uint32_t spans[] = {12, 24, 72, OUTLOOK_WEEK};
	for (size_t l = 0; l < N_ELEMENTS(spans); l++) {
		uint32_t tried = 0, inside = 0;
		for (enum kind k = 0; k < KINDS; k++) {
			struct moments m = try_moments(k, spans[l]);
			tried += m.tried, inside += m.inside;
			ck_assert_msg(m.missed < m.last_value && m.missed < m.last_week,
				"kind %u, %u hours", k, spans[l]);
		}
		double percent = 100.0 * inside / tried;
		ck_assert_msg(percent >= 88 && percent <= 94, "%u hours: %.2f %%",
			spans[l], percent);
	}
}
END_TEST

START_TEST(what_grows_week_by_week_is_told_to_grow)
{
	backtest();
	for (uint32_t l = WEEKLY_SUM; l <= MONTHLY; l++) {
		const struct score *s = &score[GROWING][l];
		ck_assert_double_lt(s->missed, 0.7 * s->last_week);
		ck_assert_uint_ge(100 * s->inside, 88 * s->tried);
	}
}
END_TEST

/* Nobody foresees the jump itself; these are the forecasts of the week behind it, from the
 * second day on. */
static struct score after_jump(uint32_t hours, double by)
{
	struct score s = {0};
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		make(DAILY, seed);
		for (uint32_t i = N / 2; i < N; i++)
			value[i] = (uint64_t)((double)value[i] * by);
		for (uint32_t at = N / 2 + 28; at < N / 2 + OUTLOOK_WEEK; at += 7) {
			struct outlook o;
			struct outlook_course c = {MONDAY, at, value};
			ck_assert(outlook_learn(&o, &c));
			uint64_t from = (MONDAY + at) * HOUR;
			struct outlook_range r =
				outlook_sum(&o, from, from + hours * HOUR);
			judge(&s, &r, at, hours);
		}
	}
	return s;
}

START_TEST(a_month_behind_a_jump_is_inside_the_band_from_the_second_day_on)
{
	static const double jumps[] = {0.4, 0.6, 1.7, 2.5, 4};
	for (size_t i = 0; i < N_ELEMENTS(jumps); i++) {
		struct score s = after_jump(length[MONTHLY], jumps[i]);
		ck_assert_msg(100 * s.inside >= 88 * s.tried, "times %.1f: %u of %u",
			jumps[i], s.inside, s.tried);
	}
}
END_TEST

START_TEST(a_day_without_anything_may_be_the_end)
{
	struct outlook o;
	uint32_t n = 3 * OUTLOOK_WEEK;
	make(FLAT, 1);
	for (uint32_t i = n - OUTLOOK_LEAST; i < n; i++)
		value[i] = 0;
	struct outlook_course c = {MONDAY, n, value};
	ck_assert(outlook_learn(&o, &c));
	uint64_t from = o.end_hour * HOUR;
	struct outlook_range r = outlook_sum(&o, from, from + 24 * HOUR);
	ck_assert_uint_eq(r.low, 0);
	ck_assert_uint_gt(r.mid, 0);
}
END_TEST

/* ---- rules -------------------------------------------------------------------------- */

static bool learn(struct outlook *o, uint32_t n)
{
	struct outlook_course c = {MONDAY, n, value};
	return outlook_learn(o, &c);
}

static void make_even(uint64_t v)
{
	for (uint32_t i = 0; i < N; i++)
		value[i] = v;
}

START_TEST(less_than_a_day_of_history_says_nothing)
{
	struct outlook o;
	make_even(1000);
	ck_assert(!learn(&o, OUTLOOK_LEAST - 1));
	ck_assert(learn(&o, OUTLOOK_LEAST));
}
END_TEST

START_TEST(what_never_changed_goes_on_and_is_certain)
{
	struct outlook o;
	make_even(1000);
	ck_assert(learn(&o, 2 * OUTLOOK_WEEK));
	uint64_t from = o.end_hour * HOUR;
	struct outlook_range r = outlook_sum(&o, from, from + 10 * HOUR);
	ck_assert_uint_eq(r.mid, 10000);
	ck_assert_uint_eq(r.low, 10000);
	ck_assert_uint_eq(r.high, 10000);
}
END_TEST

START_TEST(an_hour_that_is_cut_counts_by_its_part)
{
	struct outlook o;
	make_even(1200);
	ck_assert(learn(&o, OUTLOOK_WEEK));
	uint64_t from = o.end_hour * HOUR;
	ck_assert_uint_eq(outlook_sum(&o, from + HOUR / 2, from + HOUR).mid, 600);
	ck_assert_uint_eq(
		outlook_sum(&o, from + HOUR / 4, from + 2 * HOUR + HOUR / 4).mid, 2400);
	ck_assert_uint_eq(outlook_sum(&o, from, from).mid, 0);
}
END_TEST

START_TEST(with_little_history_the_band_is_wide)
{
	struct outlook o;
	make(FLAT, 1);
	ck_assert(learn(&o, OUTLOOK_LEAST));
	uint64_t from = o.end_hour * HOUR;
	struct outlook_range r = outlook_sum(&o, from, from + 24 * HOUR);
	ck_assert_uint_eq(r.low, 0);
	ck_assert_uint_ge(r.high, 2 * r.mid);
}
END_TEST

static void make_jump(uint64_t first, uint64_t before, uint64_t after, uint32_t hours)
{
	for (uint32_t i = 0; i < N; i++)
		value[i] = i == 0 ? first : i + hours < N ? before : after;
}

/* Nor is what cost nothing one of what does. */
START_TEST(a_trial_weeks_before_the_work_is_no_history_of_it)
{
	static const uint32_t hours[] = {24, 33, 49, 73, 150, 366};
	struct outlook o;
	for (uint64_t first = 0; first < 200; first += 100) {
		make_jump(first, 0, 1000000, OUTLOOK_LEAST - 1);
		ck_assert(!learn(&o, N));
		for (size_t i = 0; i < N_ELEMENTS(hours); i++) {
			make_jump(first, 0, 1000000, hours[i]);
			ck_assert(learn(&o, N));
			uint64_t from = o.end_hour * HOUR;
			struct outlook_range r =
				outlook_sum(&o, from, from + 24 * HOUR);
			ck_assert_uint_eq(r.mid, 24000000);
			ck_assert_uint_le(r.high, 3 * r.mid);
		}
	}
}
END_TEST

START_TEST(quiet_hours_are_history_of_what_is_not_another_service)
{
	struct outlook_course c = {MONDAY, OUTLOOK_HOURS, value};
	make_jump(1000, 1000, 15000, 1000);
	ck_assert_uint_eq(outlook_begin(&c), 0);
	make_jump(1000, 1000, 100000, 1); /* one hour is less than all before it */
	ck_assert_uint_eq(outlook_begin(&c), 0);
}
END_TEST

START_TEST(a_day_of_another_level_may_go_on)
{
	static const uint32_t hours[] = {8, 16, 24, 32};
	struct outlook o;
	for (size_t i = 0; i < N_ELEMENTS(hours); i++) {
		make_jump(1000, 1000, 100000, hours[i]);
		ck_assert(learn(&o, N));
		uint64_t from = o.end_hour * HOUR;
		struct outlook_range r = outlook_sum(&o, from, from + 24 * HOUR);
		ck_assert_uint_ge(r.high, UINT64_C(100000) * MIN(hours[i], 24u));
	}
}
END_TEST

START_TEST(no_band_ends_far_beyond_what_has_ever_come)
{
	struct outlook o;
	for (uint32_t hours = 40; hours < 500; hours += 20) {
		make_jump(1000, 1000, 100000, hours);
		ck_assert(learn(&o, N));
		uint64_t from = o.end_hour * HOUR;
		struct outlook_range r =
			outlook_sum(&o, from, from + OUTLOOK_WEEK * HOUR);
		ck_assert_uint_le(r.high, UINT64_C(100000) * OUTLOOK_WEEK * 8);
	}
}
END_TEST

START_TEST(nothing_spent_is_nothing_to_come)
{
	struct outlook o;
	make_even(0);
	ck_assert(learn(&o, OUTLOOK_WEEK));
	uint64_t from = o.end_hour * HOUR;
	struct outlook_range r = outlook_sum(&o, from, from + OUTLOOK_WEEK * HOUR);
	ck_assert_uint_eq(r.mid + r.low + r.high, 0);
	r = outlook_reach(&o, from, 1, from + OUTLOOK_WEEK * HOUR);
	ck_assert_uint_eq(r.mid, UINT64_MAX);
}
END_TEST

START_TEST(the_largest_values_do_not_wrap)
{
	struct outlook o;
	make_even(UINT64_MAX);
	ck_assert(learn(&o, OUTLOOK_WEEK));
	uint64_t from = o.end_hour * HOUR;
	ck_assert_uint_eq(outlook_sum(&o, from, from + 720 * HOUR).mid, UINT64_MAX);
}
END_TEST

START_TEST(an_amount_is_reached_when_the_sum_says_so)
{
	struct outlook o;
	make_even(1000);
	ck_assert(learn(&o, OUTLOOK_WEEK));
	uint64_t from = o.end_hour * HOUR;
	struct outlook_range r = outlook_reach(&o, from, 2500, from + 24 * HOUR);
	ck_assert_uint_le(r.mid - from, 5 * HOUR / 2);
	ck_assert_uint_ge(r.mid - from, 5 * HOUR / 2 - HOUR / 100);
	ck_assert_uint_eq(
		outlook_reach(&o, from, 25000, from + 24 * HOUR).mid, UINT64_MAX);
}
END_TEST

START_TEST(the_earliest_moment_is_that_of_the_most)
{
	struct outlook o;
	make(DAILY, 1);
	ck_assert(learn(&o, N));
	uint64_t from = o.end_hour * HOUR, to = from + 720 * HOUR;
	uint64_t amount = outlook_sum(&o, from, from + 48 * HOUR).mid;
	struct outlook_range r = outlook_reach(&o, from, amount, to);
	ck_assert_uint_lt(r.low, r.mid);
	ck_assert_uint_lt(r.mid, r.high);
	ck_assert_uint_lt(r.high, to);
}
END_TEST

UNIT_MAIN("outlook", the_moment_when_so_much_is_spent_is_told_as_well_as_the_sums,
	nine_outcomes_in_ten_lie_inside_the_band_at_every_length,
	no_kind_stands_behind_the_others_but_where_a_jump_is_still_to_come,
	a_day_and_a_week_are_told_better_than_by_the_last_value_or_the_last_week,
	a_month_is_told_better_on_the_whole,
	a_month_behind_a_jump_is_inside_the_band_from_the_second_day_on,
	a_day_without_anything_may_be_the_end, what_grows_week_by_week_is_told_to_grow,
	less_than_a_day_of_history_says_nothing,
	what_never_changed_goes_on_and_is_certain,
	an_hour_that_is_cut_counts_by_its_part, with_little_history_the_band_is_wide,
	a_trial_weeks_before_the_work_is_no_history_of_it,
	quiet_hours_are_history_of_what_is_not_another_service,
	a_day_of_another_level_may_go_on, no_band_ends_far_beyond_what_has_ever_come,
	nothing_spent_is_nothing_to_come, the_largest_values_do_not_wrap,
	an_amount_is_reached_when_the_sum_says_so,
	the_earliest_moment_is_that_of_the_most)
