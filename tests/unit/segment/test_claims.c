/* Claims of several fronts, and of dead ones. */
#include "../unit.h"
#include "segment/claims.h"

#include <stdatomic.h>
#include <string.h>

enum { N = 64, FRONTS = 3 };

static _Atomic uint64_t words[N];
static struct channel_words channels[FRONTS];
static struct claims t = {words, N, channels, FRONTS};

static void setup(void)
{
	memset(words, 0, sizeof words);
	memset(channels, 0, sizeof channels);
	for (uint32_t i = 0; i < FRONTS; i++)
		channel_open(&channels[i], 10 + i);
}

static enum claim_verdict take(uint32_t front, uint64_t name, struct claim *c)
{
	struct claim_ask ask = {name, front, 10 + front};
	return claims_take(&t, &ask, c);
}

START_TEST(a_name_is_one_fronts_until_it_is_given_back)
{
	struct claim a, b;
	setup();
	ck_assert_int_eq(take(0, 77, &a), CLAIM_TAKEN);
	ck_assert_int_eq(take(1, 77, &b), CLAIM_BUSY);
	ck_assert_uint_eq(b.word, 0);
	ck_assert_int_eq(take(0, 77, &b), CLAIM_BUSY);
	claims_drop(&t, &b);
	ck_assert_int_eq(take(1, 77, &b), CLAIM_BUSY);
	claims_drop(&t, &a);
	ck_assert_int_eq(take(1, 77, &b), CLAIM_TAKEN);
}
END_TEST

START_TEST(names_that_meet_in_one_place_do_not_keep_each_other_out)
{
	struct claim c[CLAIMS_WINDOW], more;
	setup();
	for (uint64_t i = 0; i < CLAIMS_WINDOW; i++)
		ck_assert_int_eq(
			take((uint32_t)(i % FRONTS), i << 40 | 5, &c[i]), CLAIM_TAKEN);
	ck_assert_int_eq(take(0, UINT64_C(99) << 40 | 5, &more), CLAIM_FULL);
	ck_assert_int_eq(take(0, UINT64_C(7) << 40 | 5, &more), CLAIM_BUSY);
	claims_drop(&t, &c[3]);
	ck_assert_int_eq(take(0, UINT64_C(7) << 40 | 5, &more), CLAIM_BUSY);
	ck_assert_int_eq(take(0, UINT64_C(99) << 40 | 5, &more), CLAIM_TAKEN);
}
END_TEST

START_TEST(what_a_dead_front_held_is_free)
{
	struct claim a, b;
	setup();
	ck_assert_int_eq(take(0, 1, &a), CLAIM_TAKEN);
	channel_close(&channels[0]);
	ck_assert_int_eq(take(1, 1, &b), CLAIM_TAKEN);
	claims_drop(&t, &a); /* the dead do not, but it would change nothing */
	ck_assert_int_eq(take(2, 1, &a), CLAIM_BUSY);
}
END_TEST

START_TEST(a_successor_on_the_same_channel_holds_nothing_of_its_predecessors)
{
	struct claim a, b;
	setup();
	ck_assert_int_eq(take(0, 1, &a), CLAIM_TAKEN);
	memset(&channels[0], 0, sizeof channels[0]);
	channel_open(&channels[0], 20);
	struct claim_ask ask = {1, 0, 20};
	ck_assert_int_eq(claims_take(&t, &ask, &b), CLAIM_TAKEN);
}
END_TEST

START_TEST(a_word_that_names_no_channel_is_nobodys)
{
	struct claim a;
	setup();
	for (size_t i = 0; i < N; i++)
		atomic_store_explicit(&words[i], UINT64_MAX, memory_order_relaxed);
	ck_assert_int_eq(take(0, 1, &a), CLAIM_TAKEN);
}
END_TEST

UNIT_MAIN("claims", a_name_is_one_fronts_until_it_is_given_back,
	names_that_meet_in_one_place_do_not_keep_each_other_out,
	what_a_dead_front_held_is_free,
	a_successor_on_the_same_channel_holds_nothing_of_its_predecessors,
	a_word_that_names_no_channel_is_nobodys)
