/* What is close enough to be meant. */
#include "../unit.h"
#include "conf/suggest.h"

static const char *nearest(const char *typed)
{
	static const char *const names[] = {
		"max_retries", "base_delay", "max_delay", "user"};
	struct suggest s = {.typed = {typed, strlen(typed)}};
	for (size_t i = 0; i < N_ELEMENTS(names); i++)
		suggest_offer(&s, names[i]);
	return s.best ? s.best : "";
}

START_TEST(a_swapped_pair_is_one_step)
{
	ck_assert_str_eq(nearest("uesr"), "user");
}
END_TEST

START_TEST(a_missing_an_extra_and_a_changed_letter_are_found)
{
	ck_assert_str_eq(nearest("max_retrie"), "max_retries");
	ck_assert_str_eq(nearest("max_rretries"), "max_retries");
	ck_assert_str_eq(nearest("max-retries"), "max_retries");
}
END_TEST

START_TEST(the_closest_of_several_wins)
{
	ck_assert_str_eq(nearest("bax_delay"), "max_delay");
	ck_assert_str_eq(nearest("bas_delay"), "base_delay");
}
END_TEST

START_TEST(far_names_are_not_suggested)
{
	ck_assert_str_eq(nearest("x"), "");
	ck_assert_str_eq(nearest(""), "");
	ck_assert_str_eq(nearest("colour"), "");
}
END_TEST

START_TEST(a_name_is_not_suggested_for_itself)
{
	struct suggest s = {.typed = STR("user")};
	suggest_offer(&s, "user");
	ck_assert_ptr_null(s.best);
}
END_TEST

START_TEST(a_very_long_name_is_close_to_nothing)
{
	ck_assert_str_eq(nearest("max_retriesmax_retriesmax_retries"), "");
}
END_TEST

UNIT_MAIN("suggest", a_swapped_pair_is_one_step,
	a_missing_an_extra_and_a_changed_letter_are_found, the_closest_of_several_wins,
	far_names_are_not_suggested, a_name_is_not_suggested_for_itself,
	a_very_long_name_is_close_to_nothing)
