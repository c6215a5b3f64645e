/* What is left for the highest class, when, and how much of it. */
#include "../unit.h"
#include "base/clock.h"
#include "decide/headroom.h"

static struct window window;
static struct bucket bucket;
static struct headroom h;
static struct backlog *b;

static void begin(void)
{
	h = (struct headroom){0};
	b = backlog_new(8);
	window_init(&window, 60 * NS_PER_S);
}

static void come(uint32_t class, uint64_t tokens, uint64_t now_ns)
{
	headroom_note(
		&h, &(struct backlog_entry){.class = class, .tokens = tokens}, now_ns);
}

static void wait_in(uint32_t class)
{
	uint32_t node;
	ck_assert(backlog_push(b, &(struct backlog_entry){.class = class}, &node));
}

static struct admission_limit of(uint64_t limit, bool is_tokens, uint64_t cost)
{
	return (struct admission_limit){.window = &window,
		.bucket = &bucket,
		.rate = {limit, 60 * NS_PER_S, 10, 0},
		.limit = limit,
		.is_tokens = is_tokens,
		.cost = cost};
}

static struct admission_limit kept(struct admission_limit l, uint64_t now_ns)
{
	headroom_keep(&h, b, &l, 1, now_ns);
	return l;
}

START_TEST(nothing_is_kept_unless_both_have_come_within_a_minute)
{
	begin();
	ck_assert_uint_eq(kept(of(600, false, 1), 1).limit, 600);
	come(3, 100, NS_PER_S);
	ck_assert_uint_eq(kept(of(600, false, 1), 2 * NS_PER_S).limit, 600);
	come(0, 100, 30 * NS_PER_S);
	ck_assert_uint_eq(kept(of(600, false, 1), 31 * NS_PER_S).limit, 599);
	ck_assert_uint_eq(kept(of(600, false, 1), 61 * NS_PER_S).limit, 600);
	come(3, 100, 70 * NS_PER_S);
	ck_assert_uint_eq(kept(of(600, false, 1), 89 * NS_PER_S).limit, 599);
	ck_assert_uint_eq(kept(of(600, false, 1), 90 * NS_PER_S).limit, 600);
	backlog_free(b);
}
END_TEST

START_TEST(one_slot_is_left_by_the_others_and_there_while_the_highest_waits)
{
	begin();
	come(3, 100, 1);
	come(2, 100, 1);
	wait_in(2);
	struct admission_limit l = kept(of(600, false, 1), 2);
	ck_assert_uint_eq(l.limit, 599);
	ck_assert_uint_eq(l.rate.burst, 10);
	ck_assert_uint_eq(l.rate.tokens, 599);
	wait_in(3);
	l = kept(of(600, false, 1), 2);
	ck_assert_uint_eq(l.limit, 600);
	ck_assert_uint_eq(l.rate.burst, 11);
	ck_assert_uint_eq(l.rate.tokens, 599);
	backlog_free(b);
}
END_TEST

START_TEST(as_many_tokens_as_usual_but_no_more_than_a_200th)
{
	begin();
	come(0, 7, 1);
	come(3, 100, 1);
	ck_assert_uint_eq(kept(of(100000, true, 50), 2).limit, 99900);
	ck_assert_uint_eq(kept(of(10000, true, 50), 2).limit, 9950);
	come(3, 1700, 1);
	ck_assert_uint_eq(kept(of(100000, true, 50), 2).limit, 100000 - 200);
	ck_assert_uint_eq(kept(of(199, false, 1), 2).limit, 199);
	ck_assert_uint_eq(kept(of(200, false, 1), 2).limit, 199);
	wait_in(3);
	ck_assert_uint_eq(kept(of(100000, true, 7), 2).rate.burst, 10 + 200);
	/* larger than the burst: beyond the full bucket that it waits for */
	ck_assert_uint_eq(kept(of(100000, true, 50), 2).rate.burst, 50 + 200);
	backlog_free(b);
}
END_TEST

START_TEST(a_request_as_large_as_the_limit_fits_and_a_larger_one_never_does)
{
	begin();
	come(0, 100, 1);
	come(3, 100, 1);
	struct admission_limit l = kept(of(1000, true, 1000), 2);
	ck_assert_int_eq(admission_check(&l, 1, 2).verdict, ADMIT_NOW);
	l = kept(of(1000, true, 1001), 2);
	ck_assert_int_eq(admission_check(&l, 1, 2).verdict, ADMIT_NEVER);
	backlog_free(b);
}
END_TEST

START_TEST(a_pace_keeps_nothing_and_a_limit_without_a_bucket_its_window)
{
	begin();
	come(0, 100, 1);
	come(3, 100, 1);
	struct admission_limit pace = of(0, false, 1), hour = of(3000, false, 1);
	pace.window = NULL;
	hour.bucket = NULL;
	ck_assert_uint_eq(kept(pace, 2).rate.tokens, 0);
	ck_assert_uint_eq(kept(hour, 2).limit, 2999);
	ck_assert_uint_eq(kept(hour, 2).rate.tokens, 3000);
	backlog_free(b);
}
END_TEST

UNIT_MAIN("headroom", nothing_is_kept_unless_both_have_come_within_a_minute,
	one_slot_is_left_by_the_others_and_there_while_the_highest_waits,
	as_many_tokens_as_usual_but_no_more_than_a_200th,
	a_request_as_large_as_the_limit_fits_and_a_larger_one_never_does,
	a_pace_keeps_nothing_and_a_limit_without_a_bucket_its_window)
