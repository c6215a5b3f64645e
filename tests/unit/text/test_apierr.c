/* Our own refusals in OpenAI's shape. */
#include "../unit.h"
#include "text/apierr.h"
#include "text/scan.h"

#include <string.h>

START_TEST(a_refusal_is_written_with_its_row_and_sentence)
{
	struct apierr e;
	char buf[APIERR_BODY_BYTES] = {0};
	ck_assert(!apierr_set(
		&e, APIERR_INVALID_TYPE, "n", "'n' must be %s, not \"%s\".", "a", "b"));
	size_t n = apierr_write(&e, buf, sizeof buf);
	ck_assert_str_eq(buf,
		"{\"error\":{\"message\":\"'n' must be a, not \\\"b\\\".\","
		"\"type\":\"invalid_request_error\",\"param\":\"n\","
		"\"code\":\"invalid_type\"}}");
	ck_assert_uint_eq(n, strlen(buf));
}
END_TEST

START_TEST(a_default_has_the_rows_sentence_and_no_param)
{
	struct apierr e;
	char buf[APIERR_BODY_BYTES] = {0};
	ck_assert(!apierr_default(&e, APIERR_QUEUE_FULL));
	apierr_write(&e, buf, sizeof buf);
	ck_assert_str_eq(buf,
		"{\"error\":{\"message\":\"As many requests wait or run as Atlas has "
		"places for.\","
		"\"type\":\"overloaded_error\",\"param\":null,\"code\":\"queue_full\"}}");
}
END_TEST

START_TEST(every_row_is_an_error_status_with_a_sentence)
{
	for (unsigned i = 0; i < APIERR_N; i++) {
		const struct apierr_row *row = apierr_row(i);
		ck_assert_msg(
			row->status >= 400 && row->status <= 599, "%s", row->code);
		ck_assert_msg(row->text[strlen(row->text) - 1] == '.', "%s", row->text);
	}
}
END_TEST

START_TEST(only_what_may_be_retried_or_waited_for_names_a_wait)
{
	for (unsigned i = 0; i < APIERR_N; i++) {
		const struct apierr_row *row = apierr_row(i);
		if (row->retry == APIERR_RETRY_YES)
			ck_assert_msg(row->wants_wait, "%s", row->code);
		if (row->wants_wait)
			ck_assert_msg(row->status == 429 || row->status >= 502, "%s",
				row->code);
	}
}
END_TEST

START_TEST(what_may_have_been_billed_is_never_to_be_retried)
{
	static const enum apierr_reason reasons[] = {APIERR_UPSTREAM_OUTCOME_UNKNOWN,
		APIERR_UPSTREAM_TRUNCATED, APIERR_UPSTREAM_TIMEOUT, APIERR_INTERNAL};
	for (size_t i = 0; i < N_ELEMENTS(reasons); i++)
		ck_assert_int_eq(apierr_row(reasons[i])->retry, APIERR_RETRY_NO);
}
END_TEST

START_TEST(a_wait_is_said_in_seconds_without_needless_zeros)
{
	static const struct {
		uint64_t ms;
		const char *want;
	} rows[] = {
		{1000, " Please try again in 1s."},
		{20000, " Please try again in 20s."},
		{41724, " Please try again in 41.724s."},
		{1500, " Please try again in 1.5s."},
		{50, " Please try again in 0.05s."},
		{0, " Please try again in 0s."},
	};
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		char out[APIERR_WAIT_BYTES];
		ck_assert_str_eq(apierr_wait_sentence(rows[i].ms, out), rows[i].want);
	}
	char out[APIERR_WAIT_BYTES];
	ck_assert_uint_lt(strlen(apierr_wait_sentence(UINT64_MAX, out)), sizeof out);
}
END_TEST

START_TEST(the_longest_refusal_fits_its_buffer)
{
	struct apierr e;
	char long_text[sizeof e.message], buf[APIERR_BODY_BYTES];
	struct scan s;
	struct scan_token t;
	memset(long_text, '\x01', sizeof long_text - 1);
	long_text[sizeof long_text - 1] = '\0';
	apierr_set(&e, APIERR_UNSUPPORTED_MEDIA_TYPE, long_text, "%s", long_text);
	size_t n = apierr_write(&e, buf, sizeof buf);
	ck_assert_uint_gt(n, 0);
	scan_init(&s, (struct str){buf, n}, 2);
	while (scan_next(&s, &t) > SCAN_ERROR)
		;
	ck_assert_int_eq(t.type, SCAN_END);
}
END_TEST

START_TEST(a_buffer_too_small_gives_nothing)
{
	struct apierr e;
	char buf[40];
	apierr_default(&e, APIERR_INTERNAL);
	ck_assert_uint_eq(apierr_write(&e, buf, sizeof buf), 0);
}
END_TEST

UNIT_MAIN("apierr", a_refusal_is_written_with_its_row_and_sentence,
	a_default_has_the_rows_sentence_and_no_param,
	every_row_is_an_error_status_with_a_sentence,
	only_what_may_be_retried_or_waited_for_names_a_wait,
	what_may_have_been_billed_is_never_to_be_retried,
	a_wait_is_said_in_seconds_without_needless_zeros,
	the_longest_refusal_fits_its_buffer, a_buffer_too_small_gives_nothing)
