/* Totals: what a row adds, and what it does not. */
#include "../unit.h"
#include "store/totals.h"

#include <stddef.h>

static struct row row_of(enum attempt_outcome outcome, uint16_t status)
{
	return (struct row){.outcome = (uint8_t)outcome,
		.status = status,
		.sent_ms = 5000,
		.prompt_tokens = 10,
		.completion_tokens = 4,
		.cost_nanousd = 90,
		.prompt_chars = 33,
		.flags = ROW_COUNTS_REQUEST | ROW_COUNTS_UNKNOWN};
}

START_TEST(an_open_row_adds_nothing)
{
	struct totals t = {0}, zero = {0};
	struct row r = row_of(OUTCOME_OPEN, 0);
	totals_add_row(&t, &r);
	ck_assert_mem_eq(&t, &zero, sizeof t);
}
END_TEST

START_TEST(a_settled_row_adds_all_it_has)
{
	struct totals t = {0};
	struct row r = row_of(OUTCOME_SETTLED_USAGE, 200);
	r.cached_tokens = 3;
	r.reasoning_tokens = 2;
	r.flags |= ROW_UNPRICED;
	totals_add_row(&t, &r);
	ck_assert_uint_eq(t.requests, 1);
	ck_assert_uint_eq(t.attempts, 1);
	ck_assert_uint_eq(t.prompt_tokens, 10);
	ck_assert_uint_eq(t.completion_tokens, 4);
	ck_assert_uint_eq(t.cached_tokens, 3);
	ck_assert_uint_eq(t.reasoning_tokens, 2);
	ck_assert_uint_eq(t.unpriced, 1);
	ck_assert_uint_eq(t.total_tokens, 14);
	ck_assert_uint_eq(t.cost_nanousd, 90);
	ck_assert_uint_eq(t.measured_chars, 33);
	ck_assert_uint_eq(t.measured_tokens, 10);
	ck_assert_uint_eq(t.unknown_requests, 0);
}
END_TEST

START_TEST(an_unknown_row_is_in_the_sums_and_named_apart)
{
	struct totals t = {0};
	struct row r = row_of(OUTCOME_UNKNOWN, 0);
	totals_add_row(&t, &r);
	ck_assert_uint_eq(t.total_tokens, 14);
	ck_assert_uint_eq(t.unknown_tokens, 14);
	ck_assert_uint_eq(t.unknown_nanousd, 90);
	ck_assert_uint_eq(t.unknown_requests, 1);
	ck_assert_uint_eq(t.measured_chars, 0);
	ck_assert_uint_eq(t.measured_tokens, 0);
}
END_TEST

START_TEST(what_was_estimated_is_in_the_sums_and_named_apart)
{
	struct totals t = {0};
	struct row r = row_of(OUTCOME_SETTLED_ESTIMATE, 200);
	struct row other = row_of(OUTCOME_SETTLED_USAGE, 200);
	totals_add_row(&t, &r);
	totals_add_row(&t, &other);
	ck_assert_uint_eq(t.cost_nanousd, 180);
	ck_assert_uint_eq(t.estimated, 1);
	ck_assert_uint_eq(t.estimated_nanousd, 90);
	ck_assert_uint_eq(t.measured_chars, 33);
	ck_assert_uint_eq(t.measured_tokens, 10);
	ck_assert_uint_eq(t.unknown_nanousd, 0);
}
END_TEST

START_TEST(a_row_without_the_mark_counts_no_request)
{
	struct totals t = {0};
	struct row r = row_of(OUTCOME_SETTLED_USAGE, 200);
	r.flags = 0;
	totals_add_row(&t, &r);
	ck_assert_uint_eq(t.requests, 0);
	ck_assert_uint_eq(t.attempts, 1);
}
END_TEST

START_TEST(first_and_last_are_of_the_rows_that_count)
{
	struct totals t = {0};
	struct row r = row_of(OUTCOME_SETTLED_USAGE, 200);
	static const uint64_t sent_ms[] = {7000, 3000, 9000};
	for (size_t i = 0; i < N_ELEMENTS(sent_ms); i++) {
		r.sent_ms = sent_ms[i];
		totals_add_row(&t, &r);
	}
	struct totals none = {0};
	totals_add(&t, &none);
	ck_assert_uint_eq(t.first_ms, 3000);
	ck_assert_uint_eq(t.last_ms, 9000);
}
END_TEST

/* All but the two moments, which stand at its end. */
START_TEST(every_figure_of_two_is_in_their_sum)
{
	enum { FIGURES = offsetof(struct totals, first_ms) / sizeof(uint64_t) };
	union {
		struct totals t;
		uint64_t figure[FIGURES];
	} a = {.t = {0}}, b = a;
	for (uint64_t i = 0; i < FIGURES; i++) {
		a.figure[i] = i + 1;
		b.figure[i] = 100 * (i + 1);
	}
	totals_add(&a.t, &b.t);
	for (uint64_t i = 0; i < FIGURES; i++)
		ck_assert_msg(a.figure[i] == 101 * (i + 1), "figure %u", (unsigned)i);
}
END_TEST

START_TEST(an_end_is_counted_for_what_it_is)
{
	static const struct {
		enum exchange_failure why;
		uint16_t status;
	} ends[] = {{FAILURE_NONE, 200}, {FAILURE_NONE, 400}, {FAILURE_CANCELLED, 0},
		{FAILURE_UPSTREAM_FAILED, 500}, {FAILURE_UPSTREAM_TRUNCATED, 200}};
	struct totals t = {0};
	for (size_t i = 0; i < N_ELEMENTS(ends); i++) {
		struct row r = row_of(OUTCOME_SETTLED_USAGE, ends[i].status);
		r.failure = (uint8_t)ends[i].why;
		totals_add_row(&t, &r); /* other attempts follow */
		totals_add_row(&t, &r);
		r.flags |= ROW_FINAL;
		totals_add_row(&t, &r);
	}
	ck_assert_uint_eq(t.ended, 5);
	ck_assert_uint_eq(t.retried, 10);
	ck_assert_uint_eq(t.answered, 1);
	ck_assert_uint_eq(t.failed, 2);
	ck_assert_uint_eq(t.cancelled, 1);
	ck_assert_uint_eq(totals_refused(&t), 1);
	ck_assert_uint_eq(totals_judged(&t), 3);
}
END_TEST

START_TEST(sums_stop_at_the_end_of_their_range)
{
	struct totals t = {.cost_nanousd = UINT64_MAX - 1};
	struct row r = row_of(OUTCOME_SETTLED_USAGE, 200);
	totals_add_row(&t, &r);
	ck_assert_uint_eq(t.cost_nanousd, UINT64_MAX);
}
END_TEST

UNIT_MAIN("totals", an_open_row_adds_nothing, a_settled_row_adds_all_it_has,
	an_unknown_row_is_in_the_sums_and_named_apart,
	what_was_estimated_is_in_the_sums_and_named_apart,
	a_row_without_the_mark_counts_no_request,
	first_and_last_are_of_the_rows_that_count, every_figure_of_two_is_in_their_sum,
	an_end_is_counted_for_what_it_is, sums_stop_at_the_end_of_their_range)
