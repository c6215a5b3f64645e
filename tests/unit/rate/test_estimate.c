/* What a request is charged before anybody knows. */
#include "../unit.h"
#include "rate/estimate.h"

START_TEST(the_providers_formula_is_the_larger_of_the_two)
{
	struct estimate_request r = {
		.prompt_chars = 401, .max_tokens = 50, .n_choices = 1};
	ck_assert_uint_eq(estimate_tokens(&r), 101);
	r.max_tokens = 500;
	ck_assert_uint_eq(estimate_tokens(&r), 500);
	r.usual_tokens = 9;
	ck_assert_uint_eq(estimate_tokens(&r), 500);
	ck_assert_uint_eq(estimate_counted(&r), 500);
}
END_TEST

START_TEST(without_max_tokens_history_decides_then_the_models_maximum)
{
	struct estimate_request r = {
		.prompt_chars = 400, .n_choices = 1, .model_max_tokens = 16384};
	ck_assert_uint_eq(estimate_tokens(&r), 16384);
	r.usual_tokens = 700;
	ck_assert_uint_eq(estimate_tokens(&r), 700);
	r.n_choices = 3;
	ck_assert_uint_eq(estimate_tokens(&r), 2100);
	ck_assert_uint_eq(estimate_counted(&r), 100);
	r.usual_tokens = r.model_max_tokens = 0;
	r.n_choices = 1;
	ck_assert_uint_eq(estimate_tokens(&r), 4096);
	r.writes_nothing = true;
	ck_assert_uint_eq(estimate_tokens(&r), 100);
}
END_TEST

START_TEST(a_guess_never_makes_a_request_too_large_but_its_own_words_can)
{
	struct estimate_request r = {.prompt_chars = 400,
		.n_choices = 1,
		.model_max_tokens = 16384,
		.smallest_limit = 1000};
	ck_assert_uint_eq(estimate_tokens(&r), 1000);
	r.prompt_chars = 8000;
	ck_assert_uint_eq(estimate_tokens(&r), 2000);
	r.prompt_chars = 400;
	r.max_tokens = 1001;
	ck_assert_uint_eq(estimate_tokens(&r), 1001);
}
END_TEST

START_TEST(a_prediction_is_the_prompt_and_what_will_be_written)
{
	struct estimate_request r = {.rule = ESTIMATE_PREDICTED,
		.prompt_chars = 400,
		.n_choices = 1,
		.max_tokens = 5000,
		.usual_tokens = 300};
	ck_assert_uint_eq(estimate_tokens(&r), 400);
	r.max_tokens = 20;
	ck_assert_uint_eq(estimate_tokens(&r), 120);
	ck_assert_uint_eq(estimate_counted(&r), 120);
}
END_TEST

START_TEST(huge_numbers_stop_at_the_end_of_the_range)
{
	struct estimate_request r = {.prompt_chars = UINT64_MAX,
		.n_choices = UINT64_MAX,
		.model_max_tokens = UINT64_MAX};
	ck_assert_uint_eq(estimate_tokens(&r), UINT64_MAX);
	r.rule = ESTIMATE_PREDICTED;
	ck_assert_uint_eq(estimate_tokens(&r), UINT64_MAX);
	ck_assert_uint_eq(estimate_high_completion(&r), UINT64_MAX);
	r.model_max_tokens = 0;
	r.max_tokens = UINT64_MAX;
	ck_assert_uint_eq(estimate_high_completion(&r),
		UINT64_C(1) * ESTIMATE_MAX_OUTPUT * ESTIMATE_MAX_CHOICES);
}
END_TEST

START_TEST(prompt_that_is_not_in_the_body_may_fill_the_context)
{
	struct estimate_request r = {.body_bytes = 100, .model_context_tokens = 5000};
	ck_assert_uint_eq(estimate_high_prompt(&r), 100);
	r.has_unseen_prompt = true;
	ck_assert_uint_eq(estimate_high_prompt(&r), 5000);
	r.model_context_tokens = 0;
	ck_assert_uint_eq(estimate_high_prompt(&r), ESTIMATE_MAX_PROMPT);
	r.body_bytes = ESTIMATE_MAX_PROMPT + 1;
	ck_assert_uint_eq(estimate_high_prompt(&r), ESTIMATE_MAX_PROMPT + 1);
}
END_TEST

START_TEST(every_choice_may_be_as_long_as_it_can)
{
	struct estimate_request r = {.n_choices = 3, .model_max_tokens = 10};
	ck_assert_uint_eq(estimate_high_completion(&r), 30);
	r.max_tokens = 4;
	ck_assert_uint_eq(estimate_high_completion(&r), 12);
}
END_TEST

START_TEST(what_the_api_refuses_raises_no_bound)
{
	struct estimate_request r = {.n_choices = 65535,
		.max_tokens = UINT64_C(1) << 40,
		.model_max_tokens = 16384};
	ck_assert_uint_eq(estimate_high_completion(&r), 16384 * ESTIMATE_MAX_CHOICES);
}
END_TEST

UNIT_MAIN("estimate", what_the_api_refuses_raises_no_bound,
	the_providers_formula_is_the_larger_of_the_two,
	without_max_tokens_history_decides_then_the_models_maximum,
	a_guess_never_makes_a_request_too_large_but_its_own_words_can,
	a_prediction_is_the_prompt_and_what_will_be_written,
	huge_numbers_stop_at_the_end_of_the_range,
	prompt_that_is_not_in_the_body_may_fill_the_context,
	every_choice_may_be_as_long_as_it_can)
