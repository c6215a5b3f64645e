/* The keys' judgement: what is out of service is an error, what is due may be tried. */
#include "../unit.h"
#include "base/clock.h"
#include "insight/limits_view.h"

#define NOW (100 * NS_PER_S)

static struct upstream_key key_in(enum stabilizer_state state, uint64_t remaining_ns)
{
	return (struct upstream_key){.as_of_ns = NOW,
		.as_of_ms = 500000,
		.stabilizer = {.state = state,
			.in_state_ns = 20 * NS_PER_S,
			.remaining_ns = remaining_ns}};
}

START_TEST(a_key_out_of_service_cuts_off_until_it_is_due)
{
	struct limits_view v = {.n_keys = 1, .now_ns = NOW + 39 * NS_PER_S};
	v.key[0] = key_in(STABILIZER_OUT_OF_SERVICE, 40 * NS_PER_S);
	ck_assert(limits_view_is_cut_off(&v));
	ck_assert_str_eq(limits_view_status(&v), "error");
	v.now_ns += NS_PER_S;
	ck_assert(!limits_view_is_cut_off(&v));
	ck_assert_str_eq(limits_view_status(&v), "error");
}
END_TEST

START_TEST(one_key_in_service_is_enough)
{
	struct limits_view v = {.n_keys = 2, .now_ns = NOW};
	v.key[0] = key_in(STABILIZER_OUT_OF_SERVICE, 40 * NS_PER_S);
	v.key[1] = key_in(STABILIZER_STEADY, UINT64_MAX);
	ck_assert(!limits_view_is_cut_off(&v));
	v.key[1] = v.key[0];
	ck_assert(limits_view_is_cut_off(&v));
}
END_TEST

START_TEST(a_pause_is_not_a_cut_and_neither_is_what_nobody_has_published)
{
	struct limits_view v = {.n_keys = 0, .now_ns = NOW};
	ck_assert(!limits_view_is_cut_off(&v));
	v.n_keys = 1;
	v.key[0] = key_in(STABILIZER_BACKOFF, 40 * NS_PER_S);
	ck_assert(!limits_view_is_cut_off(&v));
	ck_assert_str_eq(limits_view_status(&v), "warning");
}
END_TEST

START_TEST(a_state_began_before_it_was_published)
{
	struct upstream_key k = key_in(STABILIZER_STEADY, UINT64_MAX);
	ck_assert_uint_eq(limits_view_since_ms(&k), 480000);
}
END_TEST

UNIT_MAIN("limits_view", a_key_out_of_service_cuts_off_until_it_is_due,
	one_key_in_service_is_enough,
	a_pause_is_not_a_cut_and_neither_is_what_nobody_has_published,
	a_state_began_before_it_was_published)
