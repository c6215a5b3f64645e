/* The bucket, against exact arithmetic over everything it ever let through. */
#include "../unit.h"
#include "base/clock.h"
#include "rate/bucket.h"

#include <stdatomic.h>

#define MINUTE (60 * NS_PER_S)

static const struct bucket_rate rates[] = {
	{60, MINUTE, 6, 0}, {60, MINUTE, 1, 0}, {7, MINUTE, 3, 0},
	{150000, MINUTE, 15000, 0}, {30000000, MINUTE, 3000000, 0},
	{7000001, MINUTE, 700, 0}, {1000000, 60 * MINUTE, 100000, 0},
	{UINT64_C(200000000000), MINUTE, 1000, 0}, /* more than one a nanosecond */
	{3, 1000, 2, 0}, {3, 1000, 5, 0}, /* where a burst rounded up would show */
};

static uint64_t next_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *state >> 33;
}

/*
 * burst + rate × t, for every interval at once and without rounding: between two takes i
 * and j, (sum of n from i to j) × period <= burst × period + tokens × (t_j - t_i). With S
 * the sum before a take, that is a bound on S × period - tokens × t over its least so far.
 */
struct judge {
	const struct bucket_rate *rate;
	__int128 taken, least;
	bool has_least;
};

static __int128 height(const struct judge *j, uint64_t now_ns)
{
	return j->taken * j->rate->period_ns - (__int128)j->rate->tokens * now_ns;
}

static bool judge_take(struct judge *j, uint64_t now_ns, uint64_t n)
{
	__int128 before = height(j, now_ns);
	if (!j->has_least || before < j->least)
		j->least = before;
	j->has_least = true;
	j->taken += n;
	return height(j, now_ns) - j->least <=
	       (__int128)j->rate->burst * j->rate->period_ns;
}

START_TEST(bucket_never_gives_more_than_burst_and_rate_in_any_interval)
{
	for (size_t k = 0; k < N_ELEMENTS(rates); k++) {
		const struct bucket_rate *r = &rates[k];
		struct judge j = {.rate = r};
		uint64_t tat = 0, now = NS_PER_S, seed = k, n_taken = 0;
		uint64_t fill_ns = r->burst * r->period_ns / r->tokens;
		for (int i = 0; i < 50000; i++) {
			uint64_t n = 1 + next_random(&seed) % r->burst;
			if (i % 3 != 0)
				n = 1 + n / 20;
			struct bucket_take t =
				bucket_take(tat, r, MIN(n, r->burst), now);
			if (t.verdict == BUCKET_TAKEN) {
				ck_assert(judge_take(&j, now, MIN(n, r->burst)));
				n_taken++;
			}
			tat = t.tat_ns;
			/* mostly at the very instant it names, else at random */
			if (t.verdict == BUCKET_LATER && i % 4 != 0)
				now = t.earliest_ns;
			else if (i % 8 == 0)
				now += next_random(&seed) % (fill_ns + 2);
		}
		ck_assert_uint_gt(n_taken, 1000);
	}
}
END_TEST

START_TEST(bucket_under_constant_pressure_gives_nearly_the_rate)
{
	for (size_t k = 0; k < 7; k++) {
		const struct bucket_rate *r = &rates[k];
		uint64_t tat = 0, now = NS_PER_S, taken = 0;
		uint64_t n = MAX(r->burst / 10, 1);
		for (int i = 0; i < 20000; i++) {
			struct bucket_take t = bucket_take(tat, r, n, now);
			tat = t.tat_ns;
			taken += t.verdict == BUCKET_TAKEN ? n : 0;
			now = t.verdict == BUCKET_LATER ? t.earliest_ns : now;
		}
		unsigned __int128 due =
			(unsigned __int128)r->tokens * (now - NS_PER_S) / r->period_ns;
		ck_assert((unsigned __int128)taken * 1000 >= due * 995);
	}
}
END_TEST

START_TEST(bucket_earliest_is_the_exact_instant)
{
	for (size_t k = 0; k < N_ELEMENTS(rates); k++) {
		const struct bucket_rate *r = &rates[k];
		uint64_t tat = 0, now = NS_PER_S, seed = k;
		for (int i = 0; i < 5000; i++) {
			uint64_t n = 1 + next_random(&seed) % r->burst;
			struct bucket_take t = bucket_take(tat, r, n, now);
			tat = t.tat_ns;
			if (t.verdict == BUCKET_TAKEN)
				continue;
			uint64_t at = t.earliest_ns;
			ck_assert_uint_gt(at, now);
			t = bucket_take(tat, r, n, at - 1);
			ck_assert_int_eq(t.verdict, BUCKET_LATER);
			t = bucket_take(tat, r, n, at);
			ck_assert_int_eq(t.verdict, BUCKET_TAKEN);
			now = at;
		}
	}
}
END_TEST

START_TEST(bucket_gives_its_whole_burst_at_once_at_every_rate)
{
	for (size_t k = 0; k < N_ELEMENTS(rates); k++) {
		const struct bucket_rate *r = &rates[k];
		ck_assert_uint_eq(bucket_left(0, r, 0), r->burst);
		struct bucket_take t = bucket_take(0, r, r->burst, 0);
		ck_assert_int_eq(t.verdict, BUCKET_TAKEN);
		ck_assert_uint_eq(bucket_left(t.tat_ns, r, 0), 0);
		t = bucket_take(t.tat_ns, r, r->burst, t.tat_ns);
		ck_assert_int_eq(t.verdict, BUCKET_TAKEN);
	}
}
END_TEST

START_TEST(bucket_waits_out_the_fraction_of_a_nanosecond)
{
	/* 3 and 3 more after 333 ns would be 6, and 5 + 333 × 3 / 1000 is 5.999 */
	const struct bucket_rate r = {3, 1000, 5, 0};
	uint64_t tat = bucket_take(0, &r, 3, 5000).tat_ns;
	struct bucket_take t = bucket_take(tat, &r, 3, 5000);
	ck_assert_int_eq(t.verdict, BUCKET_LATER);
	ck_assert_uint_eq(t.earliest_ns, 5334);
}
END_TEST

START_TEST(bucket_never_gives_more_than_its_burst_to_one_take)
{
	struct bucket_take t = bucket_take(5, &rates[0], rates[0].burst + 1, 1000);
	ck_assert_int_eq(t.verdict, BUCKET_NEVER);
	ck_assert_uint_eq(t.earliest_ns, UINT64_MAX);
	ck_assert_uint_eq(t.tat_ns, 5);
}
END_TEST

START_TEST(bucket_left_is_what_one_take_would_get)
{
	for (size_t k = 0; k < N_ELEMENTS(rates); k++) {
		const struct bucket_rate *r = &rates[k];
		uint64_t tat = 0, now = NS_PER_S, seed = k;
		for (int i = 0; i < 2000; i++) {
			uint64_t left = bucket_left(tat, r, now);
			struct bucket_take more = bucket_take(tat, r, left + 1, now);
			ck_assert_int_ne(more.verdict, BUCKET_TAKEN);
			if (left > 0) {
				uint64_t n = 1 + next_random(&seed) % left;
				struct bucket_take all = bucket_take(tat, r, left, now);
				ck_assert_int_eq(all.verdict, BUCKET_TAKEN);
				tat = bucket_take(tat, r, n, now).tat_ns;
			}
			now += next_random(&seed) % (2 * r->period_ns / r->tokens + 2);
		}
	}
}
END_TEST

START_TEST(bucket_refund_never_exceeds_burst)
{
	const struct bucket_rate *r = &rates[3];
	uint64_t now = MINUTE, tat = bucket_take(0, r, 100, now).tat_ns;
	struct bucket_use use = {.reserved = 10000, .actual = 0, .taken_ns = now};
	tat = bucket_correct(tat, r, &use, now);
	tat = bucket_correct(tat, r, &use, now);
	ck_assert_uint_eq(bucket_left(tat, r, now), r->burst);
	tat = bucket_take(tat, r, r->burst, now).tat_ns;
	ck_assert_int_ne(bucket_take(tat, r, 1, now).verdict, BUCKET_TAKEN);
}
END_TEST

START_TEST(bucket_refund_at_once_undoes_the_take)
{
	const struct bucket_rate *r = &rates[3];
	uint64_t now = MINUTE, before = bucket_take(0, r, 5000, now).tat_ns;
	uint64_t tat = bucket_take(before, r, 1000, now).tat_ns;
	struct bucket_use use = {.reserved = 1000, .actual = 0, .taken_ns = now};
	ck_assert_uint_eq(bucket_correct(tat, r, &use, now), before);
}
END_TEST

/* Takes whose true amount becomes known later; the judge is given the truth. */
START_TEST(bucket_keeps_its_promise_for_refunded_amounts)
{
	enum { TAKES = 600 };
	static struct bucket_use use[TAKES];
	for (uint64_t seed = 0; seed < 200; seed++) {
		const struct bucket_rate *r = &rates[seed % 2 ? 3 : 0];
		uint64_t tat = 0, now = NS_PER_S, rng = seed, open = 0;
		uint64_t fill_ns = r->burst * r->period_ns / r->tokens;
		for (unsigned n_taken = 0; n_taken < TAKES;) {
			uint64_t n = 1 + next_random(&rng) % r->burst;
			struct bucket_take t = bucket_take(tat, r, n, now);
			tat = t.tat_ns;
			if (t.verdict == BUCKET_TAKEN)
				use[n_taken++] = (struct bucket_use){n, n, now};
			if (open < n_taken && next_random(&rng) % 2) {
				struct bucket_use *u = &use[open++];
				u->actual = next_random(&rng) % (u->reserved + 1);
				tat = bucket_correct(tat, r, u, now);
			}
			now += next_random(&rng) % (fill_ns / 2 + 1);
		}
		struct judge j = {.rate = r};
		for (unsigned i = 0; i < TAKES; i++)
			ck_assert(judge_take(&j, use[i].taken_ns, use[i].actual));
	}
}
END_TEST

START_TEST(bucket_excess_is_owed)
{
	const struct bucket_rate *r = &rates[0];
	uint64_t now = MINUTE, tat = bucket_take(0, r, 6, now).tat_ns;
	struct bucket_use use = {.reserved = 6, .actual = 8, .taken_ns = now};
	tat = bucket_correct(tat, r, &use, now);
	struct bucket_take t = bucket_take(tat, r, 1, now);
	ck_assert_int_eq(t.verdict, BUCKET_LATER);
	ck_assert_uint_eq(t.earliest_ns, now + 3 * NS_PER_S);
}
END_TEST

START_TEST(bucket_word_at_the_end_of_time_refuses_instead_of_wrapping)
{
	const struct bucket_rate *r = &rates[0];
	struct bucket_take t = bucket_take(UINT64_MAX, r, 1, NS_PER_S);
	ck_assert_int_eq(t.verdict, BUCKET_LATER);
	ck_assert_uint_eq(bucket_left(UINT64_MAX, r, NS_PER_S), 0);
	struct bucket_use use = {.reserved = 0, .actual = UINT64_MAX};
	ck_assert_uint_eq(bucket_correct(UINT64_MAX - 1, r, &use, 0), UINT64_MAX);
}
END_TEST

START_TEST(bucket_shared_word_behaves_as_the_pure_function)
{
	const struct bucket_rate *r = &rates[5];
	_Atomic uint64_t word = 0;
	uint64_t tat = 0, now = NS_PER_S, seed = 11;
	for (int i = 0; i < 5000; i++) {
		uint64_t n = 1 + next_random(&seed) % 200;
		struct bucket_take a = bucket_take(tat, r, n, now);
		struct bucket_take b = bucket_take_shared(&word, r, n, now);
		ck_assert(a.verdict == b.verdict && a.earliest_ns == b.earliest_ns);
		struct bucket_use use = {n, n / 2, now};
		tat = a.tat_ns;
		if (a.verdict == BUCKET_TAKEN && i % 3 == 0) {
			tat = bucket_correct(tat, r, &use, now);
			bucket_correct_shared(&word, r, &use, now);
		}
		ck_assert_uint_eq(
			tat, atomic_load_explicit(&word, memory_order_relaxed));
		now += next_random(&seed) % 1000000;
	}
}
END_TEST

/* As judge_take(), but of an interval that holds a single take only its size is asked. */
static bool judge_large(struct judge *j, uint64_t now_ns, uint64_t n)
{
	__int128 before = height(j, now_ns);
	j->taken += n;
	bool is_kept =
		!j->has_least || height(j, now_ns) - j->least <=
					 (__int128)j->rate->burst * j->rate->period_ns;
	if (!j->has_least || before < j->least)
		j->least = before;
	j->has_least = true;
	return is_kept && n <= MAX(j->rate->burst, j->rate->most);
}

START_TEST(bucket_lets_one_take_above_the_burst_wait_for_an_idle_time)
{
	for (size_t k = 0; k < 7; k++) {
		struct bucket_rate r = rates[k];
		r.most = MAX(r.tokens, r.burst);
		struct judge j = {.rate = &r};
		uint64_t tat = 0, now = MINUTE, seed = k, n_large = 0;
		for (int i = 0; i < 20000; i++) {
			uint64_t n = 1 + next_random(&seed) % r.burst;
			if (i % 5 == 0)
				n = 1 + next_random(&seed) % r.most;
			struct bucket_take t = bucket_take(tat, &r, n, now);
			ck_assert_int_ne(t.verdict, BUCKET_NEVER);
			bool fits = n <= bucket_left(tat, &r, now);
			ck_assert(t.verdict == BUCKET_TAKEN || !fits);
			if (t.verdict == BUCKET_LATER) {
				now = t.earliest_ns;
				t = bucket_take(tat, &r, n, now);
			}
			ck_assert_int_eq(t.verdict, BUCKET_TAKEN);
			ck_assert(judge_large(&j, now, n));
			n_large += n > r.burst;
			tat = t.tat_ns;
			now += next_random(&seed) % (r.period_ns / 4);
		}
		ck_assert_uint_gt(n_large, 1000);
		ck_assert_int_eq(
			bucket_take(tat, &r, r.most + 1, now).verdict, BUCKET_NEVER);
	}
}
END_TEST

START_TEST(bucket_left_grows_with_the_idle_time_up_to_the_largest_take)
{
	const struct bucket_rate r = {60, MINUTE, 6, 60};
	uint64_t tat = bucket_take(0, &r, 6, MINUTE).tat_ns;
	ck_assert_uint_eq(bucket_left(tat, &r, MINUTE), 0);
	ck_assert_uint_eq(bucket_left(tat, &r, MINUTE + 6 * NS_PER_S), 6);
	ck_assert_uint_eq(bucket_left(tat, &r, MINUTE + 10 * NS_PER_S), 10);
	ck_assert_uint_eq(bucket_left(tat, &r, 3 * MINUTE), 60);
	ck_assert_uint_eq(bucket_left(0, &r, 3 * MINUTE), 60);
}
END_TEST

enum { PAST = 400 };

/* Takes as fast as they fit and with pauses between; `told` is what a memory of told_ns
 * makes of them, beside the word they have left. */
static void recall(const struct bucket_rate *r, uint64_t seed, uint64_t told_ns,
	uint64_t *word, uint64_t *told)
{
	struct {
		uint64_t n, at_ns;
	} past[PAST];
	struct bucket_recall c = {0};
	uint64_t tat = 0, now = NS_PER_S;
	for (int i = 0; i < PAST; i++) {
		uint64_t n = 1 + next_random(&seed) % r->burst;
		struct bucket_take t = bucket_take(tat, r, n, now);
		if (t.verdict == BUCKET_LATER)
			t = bucket_take(tat, r, n, now = t.earliest_ns);
		tat = t.tat_ns;
		past[i].n = n;
		past[i].at_ns = now;
		if (next_random(&seed) % 8 == 0)
			now += next_random(&seed) % (3 * r->period_ns);
	}
	for (int i = PAST; i-- > 0 && now - past[i].at_ns <= told_ns;)
		bucket_recall(&c, r, past[i].n, now - past[i].at_ns);
	*word = MAX(tat, now);
	*told = bucket_recalled(&c, r, told_ns, now);
}

START_TEST(bucket_recalled_is_the_word_that_takes_have_left)
{
	uint64_t word, told;
	for (size_t k = 0; k < N_ELEMENTS(rates); k++) {
		for (uint64_t seed = 1; seed <= 50; seed++) {
			recall(&rates[k], seed, UINT64_MAX, &word, &told);
			ck_assert_uint_eq(told, word);
		}
	}
}
END_TEST

START_TEST(bucket_recalled_from_a_part_of_the_past_gives_nothing_back)
{
	uint64_t word, told;
	for (size_t k = 0; k < N_ELEMENTS(rates); k++) {
		for (uint64_t seed = 1; seed <= 50; seed++) {
			recall(&rates[k], seed, rates[k].period_ns, &word, &told);
			ck_assert_uint_ge(told, word);
		}
	}
}
END_TEST

START_TEST(bucket_recalled_after_a_quiet_time_is_idle)
{
	struct bucket_rate r = {60, MINUTE, 6, 0};
	struct bucket_recall c = {0};
	bucket_recall(&c, &r, 6, 30 * NS_PER_S);
	ck_assert_uint_eq(bucket_recalled(&c, &r, MINUTE, 5 * MINUTE), 5 * MINUTE);
}
END_TEST

UNIT_MAIN("bucket", bucket_never_gives_more_than_burst_and_rate_in_any_interval,
	bucket_under_constant_pressure_gives_nearly_the_rate,
	bucket_earliest_is_the_exact_instant,
	bucket_gives_its_whole_burst_at_once_at_every_rate,
	bucket_waits_out_the_fraction_of_a_nanosecond,
	bucket_never_gives_more_than_its_burst_to_one_take,
	bucket_lets_one_take_above_the_burst_wait_for_an_idle_time,
	bucket_left_grows_with_the_idle_time_up_to_the_largest_take,
	bucket_left_is_what_one_take_would_get, bucket_refund_never_exceeds_burst,
	bucket_refund_at_once_undoes_the_take,
	bucket_keeps_its_promise_for_refunded_amounts, bucket_excess_is_owed,
	bucket_word_at_the_end_of_time_refuses_instead_of_wrapping,
	bucket_shared_word_behaves_as_the_pure_function,
	bucket_recalled_is_the_word_that_takes_have_left,
	bucket_recalled_from_a_part_of_the_past_gives_nothing_back,
	bucket_recalled_after_a_quiet_time_is_idle)
