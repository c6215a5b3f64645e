/* Times: what counts into which histogram. */
#include "../unit.h"
#include "base/clock.h"
#include "store/times.h"

static struct row answer(uint64_t duration_ms)
{
	return (struct row){.attempt = 1,
		.outcome = OUTCOME_SETTLED_USAGE,
		.status = 200,
		.flags = ROW_FINAL,
		.first_token_ns = 50 * NS_PER_MS,
		.duration_ns = duration_ms * NS_PER_MS,
		.completion_tokens = 10};
}

static struct row cut_short(enum exchange_failure by)
{
	struct row r = answer(100);
	r.outcome = OUTCOME_UNKNOWN;
	r.status = 0;
	r.failure = (uint8_t)by;
	return r;
}

START_TEST(attempts_that_were_cut_short_leave_the_processing_as_it_is)
{
	static const enum exchange_failure by[] = {
		FAILURE_CANCELLED, FAILURE_REQUEST_CANCELLED, FAILURE_STOPPED};
	struct times t = {.wait = {.n = 0}};
	struct row whole = answer(8000);
	for (unsigned i = 0; i < 10; i++)
		times_add_row(&t, &whole);
	uint64_t p50 = histo_quantile(&t.processing, 500);
	for (unsigned i = 0; i < 90; i++) {
		struct row r = cut_short(by[i % N_ELEMENTS(by)]);
		times_add_row(&t, &r);
	}
	ck_assert_uint_eq(t.processing.n, 10);
	ck_assert_uint_eq(histo_quantile(&t.processing, 500), p50);
	ck_assert_uint_eq(t.first.n, 100); /* their first byte has come */
	ck_assert_uint_eq(t.wait.n, 100);
}
END_TEST

START_TEST(what_the_upstream_has_failed_took_its_time)
{
	struct times t = {.wait = {.n = 0}};
	struct row r = cut_short(FAILURE_UPSTREAM_TIMEOUT);
	times_add_row(&t, &r);
	ck_assert_uint_eq(t.processing.n, 1);
}
END_TEST

/* 10 tokens: of a whole answer in all of its 100 ms, of a stream in the 50 behind the first. */
START_TEST(each_duration_is_in_its_histogram)
{
	struct times t = {.wait = {.n = 0}}, streamed = t, both = t;
	struct row r = answer(100);
	r.queue_ns = 7 * NS_PER_MS;
	times_add_row(&t, &r);
	ck_assert_uint_eq(t.wait.sum, 7);
	ck_assert_uint_eq(t.processing.sum, 100);
	ck_assert_uint_eq(t.first.sum, 50);
	ck_assert_uint_eq(t.rate.sum, 100);
	r.flags |= ROW_STREAM;
	times_add_row(&streamed, &r);
	ck_assert_uint_eq(streamed.rate.sum, 200);
	times_merge(&both, &t);
	times_merge(&both, &streamed);
	ck_assert_uint_eq(both.wait.sum, 14);
	ck_assert_uint_eq(both.processing.sum, 200);
	ck_assert_uint_eq(both.first.sum, 100);
	ck_assert_uint_eq(both.rate.sum, 300);
}
END_TEST

START_TEST(no_rate_is_made_of_estimated_tokens_and_no_time_of_what_is_open)
{
	struct times t = {.wait = {.n = 0}};
	struct row r = answer(100);
	r.outcome = OUTCOME_SETTLED_ESTIMATE;
	times_add_row(&t, &r);
	ck_assert_uint_eq(t.rate.n, 0);
	ck_assert_uint_eq(t.processing.n, 1);
	r.outcome = OUTCOME_OPEN;
	times_add_row(&t, &r);
	ck_assert_uint_eq(t.processing.n, 1);
	ck_assert_uint_eq(t.wait.n, 1);
}
END_TEST

UNIT_MAIN("times", each_duration_is_in_its_histogram,
	no_rate_is_made_of_estimated_tokens_and_no_time_of_what_is_open,
	attempts_that_were_cut_short_leave_the_processing_as_it_is,
	what_the_upstream_has_failed_took_its_time)
