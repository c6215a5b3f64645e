/* The calm after a storm, in virtual time. */
#include "../unit.h"
#include "base/clock.h"
#include "rate/stabilizer.h"

#define MINUTE_NS (60 * NS_PER_S)

static const struct stabilizer_policy policy = {.hold_ns = 15 * MINUTE_NS,
	.base_delay_ns = NS_PER_S,
	.max_delay_ns = 30 * NS_PER_S,
	.out_ns = 5 * MINUTE_NS,
	.n_faults = 3,
	.requests_per_minute = 600,
	.tokens_per_minute = 100000};

static struct stabilizer key;
static uint64_t now;

static void setup(void)
{
	now = 1000 * MINUTE_NS;
	stabilizer_init(&key, now);
}

static bool on(enum stabilizer_event event)
{
	struct stabilizer_report r = {.event = event, .tokens = 100, .sent_ns = now};
	return stabilizer_step(&key, &policy, &r, now);
}

static bool wait_ns(uint64_t ns)
{
	now += ns;
	return stabilizer_tick(&key, &policy, now);
}

/* n answers a minute for that many minutes. */
static void accept_for(unsigned minutes, unsigned n)
{
	for (unsigned i = 0; i < minutes * n; i++) {
		(void)on(STABILIZER_ON_SENT);
		(void)on(STABILIZER_ON_ACCEPT);
		(void)wait_ns(MINUTE_NS / n);
	}
}

/* From a throttle through its backoff to the probe's success. */
static void survive(void)
{
	ck_assert(on(STABILIZER_ON_THROTTLE));
	ck_assert_int_eq(key.state, STABILIZER_BACKOFF);
	ck_assert(wait_ns(key.due_ns - now));
	ck_assert(on(STABILIZER_ON_SENT));
	ck_assert(on(STABILIZER_ON_ACCEPT));
}

START_TEST(a_throttle_stops_everything_then_one_probe_may_go)
{
	setup();
	ck_assert_uint_eq(stabilizer_earliest_ns(&key), 0);
	ck_assert(on(STABILIZER_ON_THROTTLE));
	uint64_t due = stabilizer_earliest_ns(&key);
	ck_assert_uint_ge(due, now + NS_PER_S / 2);
	ck_assert_uint_le(due, now + NS_PER_S);
	ck_assert(!on(STABILIZER_ON_THROTTLE));
	ck_assert_uint_eq(stabilizer_earliest_ns(&key), due);
	ck_assert(wait_ns(due - now));
	ck_assert_int_eq(key.state, STABILIZER_PROBE);
	ck_assert_uint_eq(stabilizer_earliest_ns(&key), 0);
	ck_assert(on(STABILIZER_ON_SENT));
	ck_assert_uint_eq(stabilizer_earliest_ns(&key), UINT64_MAX);
	ck_assert(on(STABILIZER_ON_LOST));
	ck_assert_int_eq(key.state, STABILIZER_PROBE);
}
END_TEST

START_TEST(the_upstreams_word_is_a_floor_for_the_wait)
{
	setup();
	struct stabilizer_report r = {.event = STABILIZER_ON_THROTTLE,
		.retry_after_ns = 42 * NS_PER_S,
		.random = UINT32_MAX};
	ck_assert(stabilizer_step(&key, &policy, &r, now));
	ck_assert_uint_ge(stabilizer_earliest_ns(&key), now + 42 * NS_PER_S);
	ck_assert_uint_le(stabilizer_earliest_ns(&key), now + 43 * NS_PER_S);
	r.retry_after_ns = 60 * NS_PER_S;
	(void)stabilizer_step(&key, &policy, &r, now);
	ck_assert_uint_ge(stabilizer_earliest_ns(&key), now + 60 * NS_PER_S);
}
END_TEST

START_TEST(failing_probes_wait_longer_and_longer)
{
	setup();
	ck_assert(on(STABILIZER_ON_THROTTLE));
	uint64_t last = 0;
	for (int i = 0; i < 10; i++) {
		uint64_t delay = key.due_ns - now;
		ck_assert_uint_ge(delay, last);
		ck_assert_uint_le(delay, policy.max_delay_ns);
		last = delay;
		ck_assert(wait_ns(delay));
		ck_assert(on(STABILIZER_ON_SENT));
		ck_assert(on(i % 2 ? STABILIZER_ON_FAULT : STABILIZER_ON_THROTTLE));
	}
	ck_assert_uint_eq(last, policy.max_delay_ns / 2);
}
END_TEST

START_TEST(the_pace_accepted_before_is_held_then_grows_by_half_each_time)
{
	setup();
	accept_for(2, 240);
	survive();
	ck_assert_int_eq(key.state, STABILIZER_HOLD);
	uint64_t held = stabilizer_pace(&key, &policy, now).requests;
	ck_assert_uint_ge(held, 60 * 220);
	ck_assert_uint_le(held, 60 * 240);
	ck_assert(!wait_ns(policy.hold_ns - 1));
	ck_assert_uint_eq(stabilizer_pace(&key, &policy, now).requests, held);
	ck_assert(wait_ns(1));
	ck_assert_int_eq(key.state, STABILIZER_RAMP);
	for (int i = 0; i < 15; i++) {
		uint64_t before = stabilizer_pace(&key, &policy, now).requests;
		(void)wait_ns(MINUTE_NS);
		uint64_t after = stabilizer_pace(&key, &policy, now).requests;
		ck_assert_uint_ge(after, before);
		ck_assert_uint_le(after, held + held / 2);
	}
	ck_assert_uint_eq(
		stabilizer_pace(&key, &policy, now).requests, held + held / 2);
	while (key.state == STABILIZER_RAMP)
		(void)wait_ns(MINUTE_NS);
	ck_assert_int_eq(key.state, STABILIZER_STEADY);
	ck_assert_uint_eq(stabilizer_pace(&key, &policy, now).requests, 0);
}
END_TEST

START_TEST(a_tenth_of_the_limit_is_held_at_least_and_a_second_throttle_halves)
{
	setup();
	for (int i = 0; i < 10; i++)
		ck_assert(!on(STABILIZER_ON_SENT));
	survive();
	ck_assert_uint_eq(stabilizer_pace(&key, &policy, now).requests, 3600);
	ck_assert_uint_eq(stabilizer_pace(&key, &policy, now).tokens, 600000);
	setup();
	accept_for(2, 400);
	survive();
	uint64_t held = stabilizer_pace(&key, &policy, now).requests;
	survive();
	ck_assert_uint_eq(stabilizer_pace(&key, &policy, now).requests, held / 2);
}
END_TEST

START_TEST(the_pace_of_a_quiet_minute_says_nothing_so_half_the_limit_is_held)
{
	setup();
	accept_for(2, 3);
	for (int i = 0; i < 3; i++)
		(void)on(STABILIZER_ON_SENT);
	ck_assert(on(STABILIZER_ON_THROTTLE));
	ck_assert(!on(STABILIZER_ON_THROTTLE));
	ck_assert(wait_ns(key.due_ns - now));
	ck_assert(on(STABILIZER_ON_SENT));
	ck_assert(on(STABILIZER_ON_THROTTLE));
	ck_assert(wait_ns(key.due_ns - now));
	ck_assert(on(STABILIZER_ON_SENT));
	ck_assert(on(STABILIZER_ON_ACCEPT));
	ck_assert_int_eq(key.state, STABILIZER_HOLD);
	ck_assert_uint_eq(stabilizer_pace(&key, &policy, now).requests, 60 * 300);
	ck_assert_uint_eq(stabilizer_pace(&key, &policy, now).tokens, 60 * 50000);
	for (uint64_t left = 9000; left >= 3600; left /= 2) {
		survive();
		ck_assert_uint_eq(stabilizer_pace(&key, &policy, now).requests, left);
	}
	survive();
	ck_assert_uint_eq(stabilizer_pace(&key, &policy, now).requests, 3600);
}
END_TEST

START_TEST(one_request_a_minute_grows_too)
{
	setup();
	struct stabilizer_policy slow = policy;
	slow.requests_per_minute = 2;
	struct stabilizer_report r = {.event = STABILIZER_ON_THROTTLE};
	(void)stabilizer_step(&key, &slow, &r, now);
	(void)stabilizer_tick(&key, &slow, now += NS_PER_S);
	r.event = STABILIZER_ON_SENT;
	(void)stabilizer_step(&key, &slow, &r, now);
	r.sent_ns = now;
	r.event = STABILIZER_ON_ACCEPT;
	(void)stabilizer_step(&key, &slow, &r, now);
	ck_assert_uint_eq(stabilizer_pace(&key, &slow, now).requests, 60);
	(void)stabilizer_tick(&key, &slow, now += slow.hold_ns);
	ck_assert_uint_eq(
		stabilizer_pace(&key, &slow, now + slow.hold_ns).requests, 90);
	(void)stabilizer_tick(&key, &slow, now += 6 * slow.hold_ns);
	ck_assert_int_eq(key.state, STABILIZER_STEADY);
}
END_TEST

START_TEST(faults_need_a_run_of_three_and_leave_nothing_to_hold)
{
	setup();
	ck_assert(!on(STABILIZER_ON_FAULT));
	ck_assert(!on(STABILIZER_ON_FAULT));
	ck_assert(!on(STABILIZER_ON_ACCEPT));
	ck_assert(!on(STABILIZER_ON_FAULT));
	ck_assert(!on(STABILIZER_ON_FAULT));
	ck_assert(on(STABILIZER_ON_FAULT));
	ck_assert_int_eq(key.state, STABILIZER_BACKOFF);
	ck_assert(wait_ns(key.due_ns - now));
	ck_assert(on(STABILIZER_ON_SENT));
	ck_assert(on(STABILIZER_ON_ACCEPT));
	ck_assert(wait_ns(0));
	ck_assert_int_eq(key.state, STABILIZER_STEADY);
}
END_TEST

START_TEST(a_refused_key_is_probed_now_and_then_or_reset)
{
	setup();
	ck_assert(on(STABILIZER_ON_REFUSED));
	ck_assert_int_eq(key.state, STABILIZER_OUT_OF_SERVICE);
	ck_assert(!on(STABILIZER_ON_ACCEPT));
	ck_assert(!on(STABILIZER_ON_THROTTLE));
	ck_assert(wait_ns(policy.out_ns));
	ck_assert_int_eq(key.state, STABILIZER_PROBE);
	ck_assert(on(STABILIZER_ON_SENT));
	ck_assert(on(STABILIZER_ON_REFUSED));
	ck_assert(on(STABILIZER_ON_RESET));
	ck_assert_int_eq(key.state, STABILIZER_STEADY);
}
END_TEST

START_TEST(a_restart_in_a_hold_resumes_the_remainder)
{
	setup();
	accept_for(2, 240);
	survive();
	uint64_t held = stabilizer_pace(&key, &policy, now).requests;
	(void)wait_ns(5 * MINUTE_NS);
	struct stabilizer_snapshot kept = stabilizer_save(&key, now);
	uint64_t other_boot = 3 * NS_PER_S;
	stabilizer_load(&key, &kept, 2 * MINUTE_NS, other_boot);
	ck_assert_int_eq(key.state, STABILIZER_HOLD);
	ck_assert_uint_eq(stabilizer_pace(&key, &policy, other_boot).requests, held);
	ck_assert(!stabilizer_tick(&key, &policy, other_boot + 8 * MINUTE_NS - 1));
	ck_assert(stabilizer_tick(&key, &policy, other_boot + 8 * MINUTE_NS));
	ck_assert_int_eq(key.state, STABILIZER_RAMP);
}
END_TEST

START_TEST(nonsense_from_disk_is_steady)
{
	struct stabilizer_snapshot bad = {.state = 77, .cause = 99};
	stabilizer_load(&key, &bad, 0, NS_PER_S);
	ck_assert_int_eq(key.state, STABILIZER_STEADY);
	ck_assert(!stabilizer_tick(&key, &policy, UINT64_MAX - 1));
}
END_TEST

START_TEST(what_was_sent_before_the_probe_says_nothing_new)
{
	static const enum stabilizer_event ends[] = {STABILIZER_ON_THROTTLE,
		STABILIZER_ON_FAULT, STABILIZER_ON_ACCEPT, STABILIZER_ON_LOST};
	setup();
	struct stabilizer_report old = {.sent_ns = now};
	ck_assert(on(STABILIZER_ON_THROTTLE));
	ck_assert(wait_ns(key.due_ns - now));
	for (size_t i = 0; i < N_ELEMENTS(ends); i++) {
		old.event = ends[i];
		ck_assert(!stabilizer_step(&key, &policy, &old, now));
	}
	ck_assert(on(STABILIZER_ON_SENT));
	for (size_t i = 0; i < N_ELEMENTS(ends); i++) {
		old.event = ends[i];
		ck_assert(!stabilizer_step(&key, &policy, &old, now));
	}
	ck_assert_int_eq(key.state, STABILIZER_PROBING);
	ck_assert(on(STABILIZER_ON_ACCEPT));
	ck_assert_int_eq(key.state, STABILIZER_HOLD);
}
END_TEST

START_TEST(without_a_hold_only_the_probe_remains)
{
	setup();
	struct stabilizer_policy none = policy;
	none.hold_ns = 0;
	struct stabilizer_report r = {.event = STABILIZER_ON_THROTTLE};
	(void)stabilizer_step(&key, &none, &r, now);
	(void)stabilizer_tick(&key, &none, now += NS_PER_S);
	r.event = STABILIZER_ON_SENT;
	(void)stabilizer_step(&key, &none, &r, now);
	r.sent_ns = now;
	r.event = STABILIZER_ON_ACCEPT;
	(void)stabilizer_step(&key, &none, &r, now);
	ck_assert(stabilizer_tick(&key, &none, now));
	ck_assert_int_eq(key.state, STABILIZER_STEADY);
}
END_TEST

START_TEST(limits_that_are_lowered_while_holding_bound_the_pace)
{
	setup();
	accept_for(1, 300);
	survive();
	ck_assert_int_eq(key.state, STABILIZER_HOLD);
	struct stabilizer_policy low = policy;
	low.requests_per_minute = 20;
	low.tokens_per_minute = 1000;
	uint64_t held = stabilizer_pace(&key, &policy, now).requests;
	ck_assert_uint_gt(held, 60 * 200);
	ck_assert_uint_eq(stabilizer_pace(&key, &low, now).requests, 60 * 20);
	ck_assert_uint_eq(stabilizer_pace(&key, &low, now).tokens, 60 * 1000);
	ck_assert(wait_ns(policy.hold_ns));
	ck_assert_int_eq(key.state, STABILIZER_RAMP);
	now += policy.hold_ns / 2;
	ck_assert_uint_eq(stabilizer_pace(&key, &low, now).requests, 60 * 20);
	ck_assert_uint_eq(stabilizer_held(&key, &low).requests, 60 * 20);
	low.requests_per_minute = low.tokens_per_minute = 0;
	ck_assert_uint_ge(stabilizer_pace(&key, &low, now).requests, held);
	ck_assert_uint_eq(stabilizer_pace(&key, &low, now).tokens, 0);
}
END_TEST

UNIT_MAIN("stabilizer", a_throttle_stops_everything_then_one_probe_may_go,
	the_upstreams_word_is_a_floor_for_the_wait,
	failing_probes_wait_longer_and_longer,
	the_pace_accepted_before_is_held_then_grows_by_half_each_time,
	a_tenth_of_the_limit_is_held_at_least_and_a_second_throttle_halves,
	the_pace_of_a_quiet_minute_says_nothing_so_half_the_limit_is_held,
	one_request_a_minute_grows_too,
	faults_need_a_run_of_three_and_leave_nothing_to_hold,
	a_refused_key_is_probed_now_and_then_or_reset,
	a_restart_in_a_hold_resumes_the_remainder, nonsense_from_disk_is_steady,
	what_was_sent_before_the_probe_says_nothing_new,
	without_a_hold_only_the_probe_remains,
	limits_that_are_lowered_while_holding_bound_the_pace)
