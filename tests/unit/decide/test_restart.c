/* A child's seat: who is replaced when, who is killed when, who is given up. */
#include "../unit.h"
#include "base/clock.h"
#include "decide/restart.h"

static const struct restart_policy policy = {
	.start_limit_ns = 10 * NS_PER_S,
	.beat_limit_ns = 2 * NS_PER_S,
	.free_deaths = 4,
	.window_ns = 10 * NS_PER_S,
	.first_delay_ns = 100 * NS_PER_MS,
	.max_delay_ns = 5 * NS_PER_S,
	.max_failed_starts = 5,
};

static void become_ready(struct restart *r, uint64_t now_ns)
{
	restart_step(r, RESTART_ON_SPAWNED, now_ns);
	restart_step(r, RESTART_ON_READY, now_ns);
}

/* One life of that length; returns how long the seat then stays empty. */
static uint64_t live_and_die(struct restart *r, uint64_t *now_ns, uint64_t life_ns)
{
	become_ready(r, *now_ns);
	*now_ns += life_ns;
	ck_assert(restart_died(r, &policy, *now_ns));
	uint64_t delay_ns = r->due_ns - *now_ns;
	*now_ns = r->due_ns;
	return delay_ns;
}

START_TEST(one_death_is_answered_at_once)
{
	struct restart r = {0};
	become_ready(&r, 100 * NS_PER_S);
	ck_assert(restart_died(&r, &policy, 160 * NS_PER_S));
	ck_assert_int_eq(
		restart_tick(&r, &policy, 0, 160 * NS_PER_S), RESTART_DO_START);
}
END_TEST

START_TEST(the_fifth_death_in_the_window_begins_a_backoff)
{
	struct restart r = {0};
	uint64_t now_ns = 100 * NS_PER_S;
	for (int i = 0; i < 4; i++)
		ck_assert_uint_eq(live_and_die(&r, &now_ns, NS_PER_S), 0);
	ck_assert_uint_eq(live_and_die(&r, &now_ns, NS_PER_S), 100 * NS_PER_MS);
}
END_TEST

START_TEST(five_deaths_further_apart_than_the_window_are_no_burst)
{
	struct restart r = {0};
	uint64_t now_ns = 100 * NS_PER_S;
	for (int i = 0; i < 20; i++)
		ck_assert_uint_eq(live_and_die(&r, &now_ns, 3 * NS_PER_S), 0);
}
END_TEST

START_TEST(the_backoff_doubles_up_to_its_end)
{
	static const uint64_t expected_ms[] = {
		100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000};
	struct restart r = {0};
	uint64_t now_ns = 100 * NS_PER_S;
	for (int i = 0; i < 4; i++)
		(void)live_and_die(&r, &now_ns, NS_PER_MS);
	for (size_t i = 0; i < N_ELEMENTS(expected_ms); i++)
		ck_assert_uint_eq(live_and_die(&r, &now_ns, NS_PER_MS),
			expected_ms[i] * NS_PER_MS);
}
END_TEST

START_TEST(a_life_as_long_as_the_window_ends_the_backoff)
{
	struct restart r = {0};
	uint64_t now_ns = 100 * NS_PER_S;
	for (int i = 0; i < 8; i++)
		(void)live_and_die(&r, &now_ns, NS_PER_MS);
	ck_assert_uint_eq(live_and_die(&r, &now_ns, 10 * NS_PER_S), 0);
}
END_TEST

START_TEST(no_start_is_due_before_the_backoff_is_over)
{
	struct restart r = {0};
	uint64_t now_ns = 100 * NS_PER_S;
	for (int i = 0; i < 5; i++)
		(void)live_and_die(&r, &now_ns, NS_PER_MS);
	ck_assert_int_eq(restart_tick(&r, &policy, 0, now_ns - 1), RESTART_DO_NOTHING);
	ck_assert_uint_eq(restart_due_ns(&r, &policy, 0), now_ns);
	ck_assert_int_eq(restart_tick(&r, &policy, 0, now_ns), RESTART_DO_START);
}
END_TEST

START_TEST(a_start_that_was_refused_is_tried_again_soon)
{
	struct restart r = {0};
	restart_step(&r, RESTART_ON_REFUSED, NS_PER_S);
	ck_assert_int_eq(restart_tick(&r, &policy, 0, NS_PER_S), RESTART_DO_NOTHING);
	ck_assert_int_eq(restart_tick(&r, &policy, 0, 2 * NS_PER_S), RESTART_DO_START);
}
END_TEST

START_TEST(who_never_became_ready_is_given_up)
{
	struct restart r = {0};
	uint64_t now_ns = NS_PER_S;
	for (int i = 0; i < 4; i++) {
		restart_step(&r, RESTART_ON_SPAWNED, now_ns);
		ck_assert(restart_died(&r, &policy, ++now_ns));
	}
	restart_step(&r, RESTART_ON_SPAWNED, now_ns);
	ck_assert(!restart_died(&r, &policy, ++now_ns));
}
END_TEST

START_TEST(who_was_ready_once_is_never_given_up)
{
	struct restart r = {0};
	uint64_t now_ns = NS_PER_S;
	(void)live_and_die(&r, &now_ns, NS_PER_S);
	for (int i = 0; i < 50; i++) {
		restart_step(&r, RESTART_ON_SPAWNED, now_ns);
		ck_assert(restart_died(&r, &policy, now_ns));
		now_ns = r.due_ns;
	}
}
END_TEST

START_TEST(a_fresh_heartbeat_keeps_a_process_alive)
{
	struct restart r = {0};
	become_ready(&r, 100 * NS_PER_S);
	ck_assert_int_eq(restart_tick(&r, &policy, 500 * NS_PER_S - 1, 501 * NS_PER_S),
		RESTART_DO_NOTHING);
}
END_TEST

START_TEST(a_mute_process_is_aborted_and_then_killed_once)
{
	struct restart r = {0};
	uint64_t beat_ns = 100 * NS_PER_S, mute_ns = beat_ns + policy.beat_limit_ns;
	become_ready(&r, 99 * NS_PER_S);
	ck_assert_int_eq(restart_tick(&r, &policy, beat_ns, mute_ns), RESTART_DO_ABORT);
	ck_assert_int_eq(
		restart_tick(&r, &policy, beat_ns, mute_ns), RESTART_DO_NOTHING);
	ck_assert_int_eq(restart_tick(&r, &policy, beat_ns, mute_ns + NS_PER_S),
		RESTART_DO_KILL);
	ck_assert_int_eq(restart_tick(&r, &policy, beat_ns, mute_ns + 9 * NS_PER_S),
		RESTART_DO_NOTHING);
}
END_TEST

START_TEST(a_start_may_take_longer_than_a_turn)
{
	struct restart r = {0};
	uint64_t now_ns = 100 * NS_PER_S;
	restart_step(&r, RESTART_ON_SPAWNED, now_ns);
	ck_assert_int_eq(restart_tick(&r, &policy, 0, now_ns + 9 * NS_PER_S),
		RESTART_DO_NOTHING);
	ck_assert_int_eq(
		restart_tick(&r, &policy, 0, now_ns + 10 * NS_PER_S), RESTART_DO_ABORT);
}
END_TEST

START_TEST(who_leaves_when_told_is_not_replaced)
{
	struct restart r = {0};
	become_ready(&r, NS_PER_S);
	restart_tell(&r, 30 * NS_PER_S);
	ck_assert(restart_died(&r, &policy, 2 * NS_PER_S));
	ck_assert_int_eq(r.state, RESTART_EMPTY);
	ck_assert_int_eq(
		restart_tick(&r, &policy, 0, 99 * NS_PER_S), RESTART_DO_NOTHING);
}
END_TEST

START_TEST(who_does_not_leave_in_time_is_killed)
{
	struct restart r = {0};
	become_ready(&r, NS_PER_S);
	restart_tell(&r, 30 * NS_PER_S);
	ck_assert_int_eq(
		restart_tick(&r, &policy, 0, 30 * NS_PER_S - 1), RESTART_DO_NOTHING);
	ck_assert_int_eq(restart_tick(&r, &policy, 0, 30 * NS_PER_S), RESTART_DO_KILL);
}
END_TEST

START_TEST(telling_twice_only_brings_the_end_forward)
{
	struct restart r = {0};
	become_ready(&r, NS_PER_S);
	restart_tell(&r, 30 * NS_PER_S);
	restart_tell(&r, 3 * NS_PER_S);
	ck_assert_uint_eq(r.due_ns, 3 * NS_PER_S);
	restart_tell(&r, 60 * NS_PER_S);
	ck_assert_uint_eq(r.due_ns, 3 * NS_PER_S);
}
END_TEST

START_TEST(a_dead_seat_that_is_told_to_leave_stays_empty)
{
	struct restart r = {0};
	become_ready(&r, NS_PER_S);
	ck_assert(restart_died(&r, &policy, 2 * NS_PER_S));
	restart_tell(&r, 30 * NS_PER_S);
	ck_assert_int_eq(
		restart_tick(&r, &policy, 0, 3 * NS_PER_S), RESTART_DO_NOTHING);
}
END_TEST

START_TEST(a_mute_process_that_is_told_to_leave_is_still_killed_soon)
{
	struct restart r = {0};
	become_ready(&r, NS_PER_S);
	ck_assert_int_eq(restart_tick(&r, &policy, 0, 10 * NS_PER_S), RESTART_DO_ABORT);
	restart_tell(&r, 60 * NS_PER_S);
	ck_assert_int_eq(restart_tick(&r, &policy, 0, 11 * NS_PER_S), RESTART_DO_KILL);
}
END_TEST

START_TEST(only_a_seat_with_a_process_is_alive)
{
	struct restart r = {0};
	ck_assert(!restart_is_alive(&r));
	become_ready(&r, NS_PER_S);
	ck_assert(restart_is_alive(&r));
	restart_tell(&r, 30 * NS_PER_S);
	ck_assert(restart_is_alive(&r));
	ck_assert(restart_died(&r, &policy, 2 * NS_PER_S));
	ck_assert(!restart_is_alive(&r));
}
END_TEST

UNIT_MAIN("restart", one_death_is_answered_at_once,
	the_fifth_death_in_the_window_begins_a_backoff,
	five_deaths_further_apart_than_the_window_are_no_burst,
	the_backoff_doubles_up_to_its_end,
	a_life_as_long_as_the_window_ends_the_backoff,
	no_start_is_due_before_the_backoff_is_over,
	a_start_that_was_refused_is_tried_again_soon,
	who_never_became_ready_is_given_up, who_was_ready_once_is_never_given_up,
	a_fresh_heartbeat_keeps_a_process_alive,
	a_mute_process_is_aborted_and_then_killed_once,
	a_start_may_take_longer_than_a_turn, who_leaves_when_told_is_not_replaced,
	who_does_not_leave_in_time_is_killed, telling_twice_only_brings_the_end_forward,
	a_dead_seat_that_is_told_to_leave_stays_empty,
	a_mute_process_that_is_told_to_leave_is_still_killed_soon,
	only_a_seat_with_a_process_is_alive)
