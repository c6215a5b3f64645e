/* Surveys: each breakdown of any period sums to its total, whatever its edges. */
#include "../unit.h"
#include "fixture.h"
#include "store/prune.h"
#include "store/survey.h"

enum { N = 4000, SPREAD_S = 3 * 86400 };

#define NOW_MS (UINT64_C(1700000000000))

static const char *dir;
static struct ledger *l;
static uint64_t sent_ms[N];

/* Attempts over three days before now, of all kinds. */
static void fill(void)
{
	struct err e = {0};
	uint64_t at = 0;
	dir = fixture_dir("/dev/shm");
	l = fixture_open(dir, 1);
	ck_assert(ledger_begin(l, &e));
	for (uint64_t i = 0; i < N; i++) {
		union fact f[2] = {fixture_intent(i + 1, 1),
			fixture_settle(i + 1, 1, 1 + i % (OUTCOMES - 1))};
		sent_ms[i] = NOW_MS - (i * 7919 % SPREAD_S) * 1000;
		f[0].intent.sent_ms = sent_ms[i];
		f[0].intent.client_id = i % 5;
		f[0].intent.queue_ns = i * 1000000;
		snprintf(f[0].intent.model, sizeof f[0].intent.model, "m%u",
			(unsigned)i % 7);
		snprintf(f[0].intent.key, sizeof f[0].intent.key, "k%u",
			(unsigned)i % 2);
		snprintf(f[0].intent.session, sizeof f[0].intent.session, "s%u",
			(unsigned)i % 1500);
		f[1].settle.status = i % 3 ? 200 : 0;
		f[1].settle.final = i % 4 != 0;
		f[1].settle.cost_nanousd = i;
		for (int k = 0; k < 2; k++)
			ck_assert_int_eq(ledger_apply(l, SLOT_DISPATCH, ++at, &f[k]),
				LEDGER_APPLIED);
	}
	ck_assert_msg(ledger_commit(l, &e), "%s", e.text);
}

static void end(void)
{
	ledger_close(l);
	fixture_remove(dir);
}

static void take_wanted(struct survey *v, const struct survey_want *of)
{
	struct survey_want want = *of;
	struct query_summary sum;
	struct err e = {0};
	enum query_verdict r;
	ck_assert(query_summary(ledger_store(l), &sum, &e));
	memcpy(want.kept_ms, sum.kept_ms, sizeof want.kept_ms);
	ck_assert(query_behind(ledger_store(l), &want.behind_ms, &e));
	survey_init(v, &want);
	do
		r = survey_slice(ledger_store(l), v, &e);
	while (r == QUERY_MORE);
	ck_assert_msg(r == QUERY_DONE, "%s", e.text);
	ck_assert_uint_eq(v->n_bad, 0);
}

static void take(struct survey *v, uint64_t hours, uint32_t parts)
{
	take_wanted(v, &(struct survey_want){.now_ms = NOW_MS,
			       .hours = hours,
			       .parts = parts,
			       .step = survey_step(hours, false)});
}

static void assert_same(const struct totals *a, const struct totals *b)
{
	ck_assert_mem_eq(a, b, sizeof *a);
}

static struct totals sum_of_groups(const struct groups *g)
{
	struct totals sum = {0}, other;
	uint32_t n;
	for (uint32_t i = 0; i < groups_listed(g); i++)
		totals_add(&sum, &groups_at(g, i)->totals);
	if (groups_other(g, &n, &other))
		totals_add(&sum, &other);
	return sum;
}

static const uint64_t hours[] = {1, 2, 3, 4, 17, 24, 25, 48, 71, 72, 100, 720, 8760};

START_TEST(every_breakdown_sums_to_the_total)
{
	fill();
	for (size_t i = 0; i < N_ELEMENTS(hours); i++) {
		struct survey v;
		uint32_t parts = SURVEY_SERIES | SURVEY_TIMES;
		for (unsigned d = DIM_MODEL; d < DIMS; d++)
			parts |= SURVEY_DIM(d);
		take(&v, hours[i], parts);
		for (unsigned d = DIM_MODEL; d < DIMS; d++) {
			struct totals sum = sum_of_groups(v.by[d]);
			assert_same(&sum, &v.total);
		}
		struct totals sum = {0};
		for (uint32_t p = 0; p < v.n_points; p++)
			totals_add(&sum, &v.point[p]);
		assert_same(&sum, &v.total);
		survey_fini(&v);
	}
	end();
}
END_TEST

static void check_client(uint64_t now_ms, uint64_t n_hours, uint64_t id)
{
	struct survey all, own;
	struct totals sum = {0};
	struct key k = key_of_number(id);
	take_wanted(&all, &(struct survey_want){.now_ms = now_ms,
				  .hours = n_hours,
				  .parts = SURVEY_DIM(DIM_CLIENT)});
	take_wanted(&own, &(struct survey_want){.now_ms = now_ms,
				  .hours = n_hours,
				  .parts = SURVEY_SERIES,
				  .step = survey_step(n_hours, true),
				  .is_of_client = true,
				  .client_id = id});
	const struct group *x = groups_find(
		all.by[DIM_CLIENT], (struct str){(const char *)k.bytes, k.n});
	assert_same(&own.total, x != NULL ? &x->totals : &sum);
	for (uint32_t p = 0; p < own.n_points; p++)
		totals_add(&sum, &own.point[p]);
	assert_same(&sum, &own.total);
	survey_fini(&all);
	survey_fini(&own);
}

START_TEST(that_of_a_client_is_what_the_list_says_of_it)
{
	fill();
	for (size_t i = 0; i < N_ELEMENTS(hours); i++)
		for (uint64_t id = 0; id < 6; id++)
			check_client(NOW_MS, hours[i], id);
	end();
}
END_TEST

START_TEST(also_when_the_clock_was_set_back)
{
	static const uint64_t back_ms[] = {
		120000, 2 * 3600000, 30 * 3600000, UINT64_C(400) * 24 * 3600000};
	fill();
	for (size_t i = 0; i < N_ELEMENTS(hours); i++)
		for (size_t k = 0; k < N_ELEMENTS(back_ms); k++)
			check_client(NOW_MS - back_ms[k], hours[i], 1);
	end();
}
END_TEST

static void take_strands(
	struct survey *v, uint64_t now_ms, uint64_t n_hours, struct closed *c)
{
	struct survey_want want = {.now_ms = now_ms,
		.hours = n_hours,
		.parts = SURVEY_SERIES | SURVEY_STRANDS,
		.strands = DIM_MODEL,
		.step = survey_step(n_hours, true),
		.closed = c};
	struct err e = {0};
	enum query_verdict r;
	survey_init(v, &want);
	do
		r = survey_slice(ledger_store(l), v, &e);
	while (r == QUERY_MORE);
	ck_assert_msg(r == QUERY_DONE, "%s", e.text);
}

static void check_strands(const struct survey *v)
{
	const struct strands *t = &v->strands;
	ck_assert_uint_eq(t->n_names, TRAIL_NAMES);
	ck_assert(t->has_other); /* seven models are there */
	for (uint32_t k = 0; k < t->n_names; k++) {
		uint64_t cost = 0;
		for (uint32_t i = 0; i < t->n_points; i++)
			cost += strands_at(t, k, i)->cost_nanousd;
		ck_assert_uint_eq(
			cost, groups_at(v->by[DIM_MODEL], k)->totals.cost_nanousd);
	}
	for (uint32_t i = 0; i < v->n_points; i++) {
		uint64_t tokens = 0;
		for (uint32_t k = 0; k <= t->n_names; k++)
			tokens += strands_at(t, k, i)->tokens;
		ck_assert_uint_eq(tokens, v->point[i].total_tokens);
	}
}

START_TEST(strands_sum_to_their_names_and_to_each_step)
{
	fill();
	for (size_t i = 0; i < N_ELEMENTS(hours); i++) {
		struct survey v;
		take_strands(&v, NOW_MS, hours[i], NULL);
		check_strands(&v);
		survey_fini(&v);
	}
	end();
}
END_TEST

START_TEST(a_step_suits_the_period)
{
	static const struct {
		uint64_t hours;
		enum tier total, names;
	} c[] = {{1, TIER_MINUTE, TIER_MINUTE}, {3, TIER_MINUTE, TIER_MINUTE},
		{4, TIER_HOUR, TIER_HOUR}, {168, TIER_HOUR, TIER_HOUR},
		{169, TIER_HOUR, TIER_DAY}, {744, TIER_HOUR, TIER_DAY},
		{745, TIER_DAY, TIER_DAY}, {8760, TIER_DAY, TIER_DAY}};
	for (size_t i = 0; i < N_ELEMENTS(c); i++) {
		ck_assert_int_eq(survey_step(c[i].hours, false), c[i].total);
		ck_assert_int_eq(survey_step(c[i].hours, true), c[i].names);
	}
}
END_TEST

static void take_kept(
	struct survey *v, uint64_t now_ms, uint64_t n_hours, struct closed *c)
{
	struct survey_want want = {
		.now_ms = now_ms, .hours = n_hours, .step = TIER_DAY, .closed = c};
	struct err e = {0};
	enum query_verdict r = QUERY_MORE;
	for (unsigned d = DIM_MODEL; d < DIMS; d++)
		want.parts |= SURVEY_DIM(d);
	survey_init(v, &want);
	while (r == QUERY_MORE)
		r = survey_slice(ledger_store(l), v, &e);
	ck_assert_msg(r == QUERY_DONE, "%s", e.text);
}

static void assert_same_list(const struct groups *a, const struct groups *b)
{
	struct totals sum = sum_of_groups(a), other = sum_of_groups(b);
	assert_same(&sum, &other);
	ck_assert_uint_eq(groups_count(a), groups_count(b));
	for (uint32_t i = 0; i < groups_listed(a); i++) {
		ck_assert_str_eq(groups_at(a, i)->name, groups_at(b, i)->name);
		assert_same(&groups_at(a, i)->totals, &groups_at(b, i)->totals);
	}
}

static void assert_kept_is_right(struct closed *c, uint64_t now_ms)
{
	for (size_t i = 0; i < N_ELEMENTS(hours); i += 2) {
		struct survey v, plain;
		take_kept(&v, now_ms, hours[i], c);
		take_kept(&plain, now_ms, hours[i], NULL);
		assert_same(&v.total, &plain.total);
		for (unsigned d = DIM_MODEL; d < DIMS; d++)
			assert_same_list(v.by[d], plain.by[d]);
		survey_fini(&v);
		survey_fini(&plain);
	}
}

static void settle_named(uint64_t id, uint64_t at_ms, const char *model)
{
	union fact intent = fixture_intent(id, 1);
	union fact settle = fixture_settle(id, 1, OUTCOME_SETTLED_USAGE);
	intent.intent.sent_ms = at_ms;
	snprintf(intent.intent.model, sizeof intent.intent.model, "%s", model);
	settle.settle.cost_nanousd = 100000000 + id;
	(void)fixture_apply(l, intent);
	(void)fixture_apply(l, settle);
}

/* One more attempt, of a session of its own or of one that is there. */
static void settle_one(uint64_t id, uint64_t at_ms)
{
	union fact intent = fixture_intent(id, 1);
	union fact settle = fixture_settle(id, 1, OUTCOME_SETTLED_USAGE);
	intent.intent.sent_ms = at_ms;
	settle.settle.cost_nanousd = 100000 + id;
	snprintf(intent.intent.session, sizeof intent.intent.session, "s%u",
		(unsigned)(id % 3000));
	(void)fixture_apply(l, intent);
	(void)fixture_apply(l, settle);
}

START_TEST(lists_from_kept_sums_are_those_from_all_points)
{
	fill();
	struct closed *c = closed_new();
	assert_kept_is_right(c, NOW_MS); /* fills it */
	assert_kept_is_right(c, NOW_MS); /* reads it */
	settle_one(N + 1, NOW_MS);
	settle_one(N + 1300, NOW_MS + 1000); /* by a clock that is ahead */
	settle_one(N + 2700, NOW_MS);
	assert_kept_is_right(c, NOW_MS);
	assert_kept_is_right(c, NOW_MS + 61000);
	settle_one(N + 2701, NOW_MS - 30 * 3600000); /* sent long ago, settled now */
	assert_kept_is_right(c, NOW_MS + 61000);
	assert_kept_is_right(c, NOW_MS + 3600000);
	assert_kept_is_right(c, NOW_MS + 24 * 3600000);
	closed_free(c);
	end();
}
END_TEST

static void check_kept_strands(struct closed *c, uint64_t now_ms)
{
	for (size_t i = 0; i < N_ELEMENTS(hours); i += 3) {
		struct survey v, plain;
		take_strands(&v, now_ms, hours[i], c);
		take_strands(&plain, now_ms, hours[i], NULL);
		ck_assert_uint_eq(v.strands.n_points, plain.strands.n_points);
		ck_assert_uint_eq(v.strands.n_names, plain.strands.n_names);
		ck_assert_mem_eq(v.strands.point, plain.strands.point,
			(v.strands.n_names + 1) * v.strands.n_points *
				sizeof(struct trail_point));
		survey_fini(&v);
		survey_fini(&plain);
	}
}

START_TEST(strands_from_kept_trails_are_those_from_all_points)
{
	fill();
	struct closed *c = closed_new();
	check_kept_strands(c, NOW_MS);
	check_kept_strands(c, NOW_MS);
	settle_one(N + 1, NOW_MS);
	check_kept_strands(c, NOW_MS);
	settle_one(N + 2, NOW_MS - 3600000); /* late */
	check_kept_strands(c, NOW_MS);
	settle_named(N + 3, NOW_MS - 7200000, "m3"); /* which was not among them */
	check_kept_strands(c, NOW_MS);
	check_kept_strands(c, NOW_MS + 61000);
	check_kept_strands(c, NOW_MS + 3600000);
	closed_free(c);
	end();
}
END_TEST

START_TEST(a_period_holds_what_was_sent_in_it_and_nothing_else)
{
	fill();
	for (size_t i = 0; i < N_ELEMENTS(hours); i++) {
		struct survey v;
		uint64_t from = NOW_MS - MIN(hours[i], 9000) * 3600000, n = 0;
		take(&v, hours[i], SURVEY_TIMES);
		for (int k = 0; k < N; k++)
			n += sent_ms[k] >= from - from % 60000;
		ck_assert_uint_eq(v.total.attempts + v.total.unsent, n);
		ck_assert_uint_eq(v.times.wait.n, n);
		survey_fini(&v);
	}
	end();
}
END_TEST

START_TEST(the_history_has_every_hour_whatever_the_period_is)
{
	fill();
	struct survey all, one;
	take(&all, 8760, 0);
	take(&one, 1, SURVEY_HISTORY);
	struct survey_hour sum = {0}, last = one.hour[one.n_hours - 1];
	ck_assert_uint_eq(one.n_hours, SURVEY_HOURS);
	ck_assert_uint_eq((one.first_hour + one.n_hours - 1) * 3600000,
		NOW_MS - NOW_MS % 3600000);
	for (uint32_t i = 0; i < one.n_hours; i++) {
		sum.requests += one.hour[i].requests;
		sum.tokens += one.hour[i].tokens;
		sum.cost_nanousd += one.hour[i].cost_nanousd;
	}
	ck_assert_uint_eq(sum.requests, all.total.requests);
	ck_assert_uint_eq(sum.tokens, all.total.total_tokens);
	ck_assert_uint_eq(sum.cost_nanousd, all.total.cost_nanousd);
	ck_assert_uint_gt(last.requests, 0);
	ck_assert_uint_le(last.requests, one.total.requests);
	survey_fini(&all);
	survey_fini(&one);
	end();
}
END_TEST

/* Of what is spent in the period that NOW_MS lies in. */
static uint64_t spent_in(enum period p)
{
	uint64_t sum = 0;
	for (uint64_t i = 0; i < N; i++) {
		struct row r = fixture_row(l, i + 1, 1);
		if (period_number(p, sent_ms[i]) == period_number(p, NOW_MS))
			sum += r.cost_nanousd;
	}
	return sum;
}

START_TEST(what_a_period_has_spent_outlives_its_hours)
{
	fill();
	struct prune_policy policy = {.now_ms = NOW_MS,
		.tier_before_ms = {NOW_MS - 3600000, NOW_MS - 7200000, 0}};
	struct survey before, after;
	struct err e = {0};
	uint32_t n;
	take(&before, 1, SURVEY_HISTORY);
	do
		ck_assert_msg(ledger_prune(l, &policy, 5000, &n, &e), "%s", e.text);
	while (n > 0);
	take(&after, 1, SURVEY_HISTORY);
	ck_assert_uint_eq(after.n_hours, 3);
	for (unsigned p = 0; p < PERIODS; p++) {
		ck_assert_uint_gt(before.spent[p], 0);
		ck_assert_uint_eq(before.spent[p], spent_in((enum period)p));
		ck_assert_uint_eq(after.spent[p], before.spent[p]);
	}
	survey_fini(&before);
	survey_fini(&after);
	end();
}
END_TEST

START_TEST(the_period_before_ends_where_the_period_begins)
{
	fill();
	struct survey one, two;
	take(&one, 24, SURVEY_PREVIOUS);
	take(&two, 48, 0);
	struct totals both = one.total;
	totals_add(&both, &one.previous);
	/* each begins with a whole minute, so they may be one apart */
	ck_assert_uint_le(both.attempts - two.total.attempts + 2, 4);
	ck_assert_uint_gt(one.previous.attempts, 0);
	survey_fini(&one);
	survey_fini(&two);
	end();
}
END_TEST

START_TEST(a_held_store_sees_one_moment)
{
	fill();
	struct store *s;
	struct err e = {0};
	struct query_summary before, meanwhile, after;
	ck_assert(store_open_readonly(&s, dir, &e));
	ck_assert(store_hold(s, &e));
	ck_assert(query_summary(s, &before, &e));
	(void)fixture_apply(l, fixture_intent(N + 1, 1));
	ck_assert(query_summary(s, &meanwhile, &e));
	store_release(s);
	ck_assert(query_summary(s, &after, &e));
	ck_assert_uint_eq(meanwhile.sequence, before.sequence);
	ck_assert_uint_eq(after.sequence, before.sequence + 1);
	store_close(s);
	end();
}
END_TEST

UNIT_MAIN("survey", every_breakdown_sums_to_the_total,
	that_of_a_client_is_what_the_list_says_of_it, also_when_the_clock_was_set_back,
	a_step_suits_the_period, strands_sum_to_their_names_and_to_each_step,
	lists_from_kept_sums_are_those_from_all_points,
	strands_from_kept_trails_are_those_from_all_points,
	a_period_holds_what_was_sent_in_it_and_nothing_else,
	the_history_has_every_hour_whatever_the_period_is,
	what_a_period_has_spent_outlives_its_hours,
	the_period_before_ends_where_the_period_begins, a_held_store_sees_one_moment)
