/* Ranges: the spans cover exactly what was asked, in order, with the fewest points. */
#include "../unit.h"
#include "store/range.h"

#include <stdio.h>

#define MINUTE UINT64_C(60000)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

/* Each span begins where the one before ends; returns how many points there are. */
static uint64_t check(const struct range *p)
{
	uint64_t at = p->from_ms, n = 0;
	for (uint32_t i = 0; i < p->n; i++) {
		const struct range_span *s = &p->span[i];
		ck_assert_uint_eq(s->from * tier_ms(s->tier), at);
		ck_assert_uint_gt(s->to, s->from);
		if (s->to == UINT64_MAX)
			return n;
		n += s->to - s->from;
		at = s->to * tier_ms(s->tier);
	}
	ck_assert_uint_eq(at, p->to_ms);
	return n;
}

START_TEST(spans_cover_the_period_exactly)
{
	uint64_t seed = 1;
	for (int i = 0; i < 20000; i++) {
		seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407U;
		uint64_t from = 400 * DAY + (seed >> 33) % (3 * DAY);
		struct range_want w = {.from_ms = from,
			.to_ms = from + (seed >> 20) % (5 * DAY),
			.coarsest = (enum tier)(seed >> 50) % TIERS};
		struct range p;
		range_make(&p, &w);
		ck_assert_uint_eq(p.from_ms, from - from % MINUTE);
		uint64_t n = check(&p);
		if (w.coarsest == TIER_DAY)
			ck_assert_uint_le(n, 2 * 59 + 2 * 23 + 5);
	}
}
END_TEST

START_TEST(an_open_period_ends_with_days_that_have_no_end)
{
	struct range_want w =
		range_last_hours(400 * DAY + 7 * HOUR + 5 * MINUTE + 3, 24);
	struct range p;
	range_make(&p, &w);
	(void)check(&p);
	ck_assert_uint_eq(p.from_ms, 399 * DAY + 7 * HOUR + 5 * MINUTE);
	ck_assert_uint_eq(p.n, 3);
	ck_assert_int_eq(p.span[2].tier, TIER_DAY);
	ck_assert_uint_eq(p.span[2].to, UINT64_MAX);
}
END_TEST

START_TEST(a_cut_one_ends_with_the_minute_that_has_no_end)
{
	const uint64_t now = 400 * DAY + 7 * HOUR + 5 * MINUTE + 3;
	static const struct range_span want[] = {
		{TIER_MINUTE, 370 * 1440 + 425, 370 * 1440 + 430},
		{TIER_MINUTE, 370 * 1440 + 430, 370 * 1440 + 480},
		{TIER_HOUR, 370 * 24 + 8, 371 * 24}, {TIER_DAY, 371, 400},
		{TIER_HOUR, 400 * 24, 400 * 24 + 7},
		{TIER_MINUTE, 400 * 1440 + 420, 400 * 1440 + 425},
		{TIER_MINUTE, 400 * 1440 + 425, UINT64_MAX}};
	struct range_want w = range_last_hours(now, 720);
	struct range p;
	w.cut_ms = now;
	range_make(&p, &w);
	ck_assert_uint_eq(p.to_ms, UINT64_MAX);
	ck_assert_uint_eq(p.n, N_ELEMENTS(want));
	for (uint32_t i = 0; i < p.n; i++) {
		ck_assert_int_eq(p.span[i].tier, want[i].tier);
		ck_assert_uint_eq(p.span[i].from, want[i].from);
		ck_assert_uint_eq(p.span[i].to, want[i].to);
	}
}
END_TEST

START_TEST(any_cut_covers_all_from_its_beginning)
{
	uint64_t seed = 1;
	for (int i = 0; i < 20000; i++) {
		seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407U;
		uint64_t now = 400 * DAY + (seed >> 33) % (3 * DAY);
		struct range_want w = range_last_hours(now, (seed >> 20) % 80);
		struct range p;
		w.cut_ms = now;
		w.coarsest = (enum tier)((seed >> 50) % TIERS);
		range_make(&p, &w);
		(void)check(&p);
		ck_assert_int_eq(p.span[p.n - 1].tier, TIER_MINUTE);
		ck_assert_uint_eq(p.span[p.n - 1].from, now / MINUTE);
		ck_assert_uint_eq(p.span[p.n - 1].to, UINT64_MAX);
	}
}
END_TEST

START_TEST(what_is_not_kept_since_its_hour_or_day_began_is_not_cut)
{
	const uint64_t now = 400 * DAY + 7 * HOUR + 5 * MINUTE;
	struct range_want w = range_last_hours(now, 24);
	struct range p;
	w.cut_ms = now;
	w.kept_ms[TIER_MINUTE] = 400 * DAY + 7 * HOUR + MINUTE;
	range_make(&p, &w);
	(void)check(&p);
	ck_assert_int_eq(p.span[p.n - 1].tier, TIER_DAY);
	w.kept_ms[TIER_MINUTE] = 400 * DAY + 7 * HOUR;
	range_make(&p, &w);
	ck_assert_int_eq(p.span[p.n - 1].tier, TIER_MINUTE);
	w.kept_ms[TIER_HOUR] = 400 * DAY + HOUR;
	range_make(&p, &w);
	ck_assert_int_eq(p.span[p.n - 1].tier, TIER_DAY);
}
END_TEST

START_TEST(where_minutes_are_gone_it_begins_with_the_hour)
{
	struct range_want w = {.from_ms = 400 * DAY + 5 * HOUR + 30 * MINUTE,
		.to_ms = UINT64_MAX,
		.coarsest = TIER_DAY,
		.kept_ms = {401 * DAY, 300 * DAY, 0}};
	struct range p;
	range_make(&p, &w);
	ck_assert_uint_eq(p.from_ms, 400 * DAY + 5 * HOUR);
	w.kept_ms[TIER_HOUR] = 401 * DAY;
	range_make(&p, &w);
	ck_assert_uint_eq(p.from_ms, 400 * DAY);
	ck_assert_uint_eq(p.n, 1);
}
END_TEST

/* What lies in a span of which a part has been pruned would be missing; and it begins as
 * near to what was asked for as is kept. */
START_TEST(no_span_reaches_into_what_is_pruned)
{
	uint64_t seed = 7;
	for (int i = 0; i < 20000; i++) {
		seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407U;
		uint64_t now = 400 * DAY + (seed >> 33) % (3 * DAY);
		struct range_want w = {.from_ms = now - (seed >> 20) % (5 * DAY),
			.to_ms = now,
			.coarsest = (enum tier)(seed >> 50) % TIERS,
			.kept_ms = {now - (seed >> 12) % (2 * DAY), 0, 0}};
		w.kept_ms[TIER_MINUTE] -= w.kept_ms[TIER_MINUTE] % MINUTE;
		w.kept_ms[TIER_HOUR] = w.kept_ms[TIER_MINUTE] - (seed >> 40) % DAY;
		w.kept_ms[TIER_HOUR] -= w.kept_ms[TIER_HOUR] % HOUR;
		struct range p;
		range_make(&p, &w);
		(void)check(&p);
		for (uint32_t s = 0; s < p.n; s++)
			ck_assert_uint_ge(p.span[s].from * tier_ms(p.span[s].tier),
				w.kept_ms[p.span[s].tier]);
		bool has_minutes = w.from_ms >= w.kept_ms[TIER_MINUTE];
		bool has_hours = w.from_ms >= w.kept_ms[TIER_HOUR];
		uint64_t begin = has_minutes ? MINUTE : has_hours ? HOUR : DAY;
		ck_assert_uint_eq(p.from_ms, w.from_ms - w.from_ms % begin);
		w.to_ms = UINT64_MAX;
		w.cut_ms = now;
		range_make(&p, &w);
		(void)check(&p);
		ck_assert_uint_le(p.n, RANGE_SPANS);
		for (uint32_t s = 0; s < p.n; s++)
			ck_assert_uint_ge(p.span[s].from * tier_ms(p.span[s].tier),
				w.kept_ms[p.span[s].tier]);
		ck_assert_uint_eq(p.from_ms, w.from_ms - w.from_ms % begin);
	}
}
END_TEST

START_TEST(hours_before_the_epoch_mean_everything)
{
	struct range_want w = range_last_hours(5 * DAY, UINT64_MAX);
	struct range p;
	range_make(&p, &w);
	ck_assert_uint_eq(p.from_ms, 0);
}
END_TEST

UNIT_MAIN("range", spans_cover_the_period_exactly,
	an_open_period_ends_with_days_that_have_no_end,
	a_cut_one_ends_with_the_minute_that_has_no_end,
	any_cut_covers_all_from_its_beginning,
	what_is_not_kept_since_its_hour_or_day_began_is_not_cut,
	where_minutes_are_gone_it_begins_with_the_hour,
	no_span_reaches_into_what_is_pruned, hours_before_the_epoch_mean_everything)
