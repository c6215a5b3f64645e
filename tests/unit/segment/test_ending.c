/* Whose fault an end was, for every failure there is. */
#include "../unit.h"
#include "segment/ending.h"

START_TEST(an_answer_is_judged_by_its_status)
{
	ck_assert_int_eq(exchange_ending(FAILURE_NONE, 200), ENDING_ANSWERED);
	ck_assert_int_eq(exchange_ending(FAILURE_NONE, 404), ENDING_REFUSED);
	ck_assert_int_eq(exchange_ending(FAILURE_NONE, 500), ENDING_FAILED);
	ck_assert_int_eq(exchange_ending(FAILURE_NONE, 302), ENDING_FAILED);
	ck_assert_int_eq(exchange_ending(FAILURE_NONE, 0), ENDING_FAILED);
}
END_TEST

START_TEST(whatever_its_status_a_failure_is_ours_unless_the_client_made_it)
{
	for (int i = FAILURE_NONE + 1; i < EXCHANGE_FAILURES; i++) {
		enum exchange_failure why = (enum exchange_failure)i;
		bool is_refused = why == FAILURE_REQUEST_TOO_LARGE ||
				  why == FAILURE_KEY_REUSED ||
				  why == FAILURE_QUEUE_FULL;
		bool is_cancelled =
			why == FAILURE_CANCELLED || why == FAILURE_REQUEST_CANCELLED;
		enum exchange_ending want = is_refused     ? ENDING_REFUSED
					    : is_cancelled ? ENDING_CANCELLED
							   : ENDING_FAILED;
		ck_assert_int_eq(exchange_ending(why, 200), want);
		ck_assert_int_eq(exchange_ending(why, 429), want);
	}
}
END_TEST

START_TEST(each_ending_has_its_counter)
{
	ck_assert_int_eq(
		exchange_ending_counter(FAILURE_NONE, 200), COUNTER_exchanges_done);
	ck_assert_int_eq(
		exchange_ending_counter(FAILURE_NONE, 500), COUNTER_exchanges_failed);
	ck_assert_int_eq(exchange_ending_counter(FAILURE_QUEUE_FULL, 0),
		COUNTER_exchanges_refused);
	ck_assert_int_eq(exchange_ending_counter(FAILURE_CANCELLED, 200),
		COUNTER_exchanges_cancelled);
}
END_TEST

UNIT_MAIN("ending", each_ending_has_its_counter, an_answer_is_judged_by_its_status,
	whatever_its_status_a_failure_is_ours_unless_the_client_made_it)
