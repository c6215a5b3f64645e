/* What a request counts for before anybody knows. */
#include "../unit.h"
#include "rate/estimate.h"

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

UNIT_MAIN("estimate", prompt_that_is_not_in_the_body_may_fill_the_context,
	every_choice_may_be_as_long_as_it_can)
