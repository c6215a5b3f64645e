/* The view of a Responses request. */
#include "../unit.h"
#include "text/request_view.h"

#include <stdio.h>
#include <string.h>

static struct request_view view_of(const char *body)
{
	struct request_view v;
	struct apierr e;
	bool is_fine = request_view_responses((struct str){body, strlen(body)}, &v, &e);
	ck_assert_msg(is_fine, "%s: %s", body, is_fine ? "" : e.message);
	return v;
}

static void check_refused(
	const char *body, enum apierr_reason reason, const char *param)
{
	struct request_view v;
	struct apierr e;
	ck_assert_msg(!request_view_responses((struct str){body, strlen(body)}, &v, &e),
		"%s", body);
	ck_assert_msg(e.reason == reason, "%s: %s", body, e.message);
	ck_assert_msg(strcmp(e.param, param) == 0, "%s: %s", body, e.param);
}

START_TEST(a_text_and_its_instructions_are_prompt)
{
	struct request_view v = view_of(
		"{\"model\":\"gpt-5\",\"input\":\"日本\",\"instructions\":\"abc\","
		"\"max_output_tokens\":9,\"tools\":[],\"text\":{},\"store\":true,"
		"\"background\":true,\"user\":\"bob\",\"service_tier\":\"priority\"}");
	ck_assert_str_eq(v.model, "gpt-5");
	ck_assert_str_eq(v.session, "bob");
	ck_assert_str_eq(v.tier, "priority");
	ck_assert_uint_eq(v.n_items, 1);
	ck_assert_uint_eq(v.n_prompt_chars, 5);
	ck_assert_uint_eq(v.n_schema_bytes, 4);
	ck_assert_uint_eq(v.max_tokens, 9);
	ck_assert(v.has_max_tokens && !v.is_stream && !v.has_unseen_prompt);
}
END_TEST

START_TEST(items_of_every_shape_are_counted)
{
	struct request_view v = view_of(
		"{\"model\":\"m\",\"instructions\":[{\"content\":\"12\"}],\"input\":["
		"{\"role\":\"user\",\"content\":\"1234\"},"
		"{\"type\":\"message\",\"role\":\"user\",\"content\":["
		"{\"type\":\"input_text\",\"text\":\"123\"}]},"
		"{\"type\":\"function_call\",\"call_id\":\"xxxx\",\"name\":\"f\","
		"\"arguments\":\"{}\"},"
		"{\"type\":\"function_call_output\",\"call_id\":\"xxxx\","
		"\"output\":\"12345\"},"
		"{\"type\":\"reasoning\",\"encrypted_content\":\"xxxx\",\"summary\":["
		"{\"type\":\"summary_text\",\"text\":\"1\"}]}]}");
	ck_assert_uint_eq(v.n_items, 5);
	ck_assert_uint_eq(v.n_prompt_chars, 2 + 4 + 3 + 2 + 5 + 1);
	ck_assert(!v.has_unseen_prompt);
}
END_TEST

START_TEST(prompt_that_is_not_in_the_body_is_noticed)
{
	static const char *const members[] = {"\"previous_response_id\":\"resp_1\"",
		"\"conversation\":{\"id\":\"conv_1\"}", "\"prompt\":{\"id\":\"p\"}",
		"\"input\":[{\"content\":[{\"type\":\"input_image\","
		"\"image_url\":\"http://x/\"}]}]",
		"\"input\":[{\"content\":[{\"file_id\":\"f\"}]}]",
		"\"input\":[{\"type\":\"item_reference\",\"id\":\"i\"}]",
		"\"tools\":[{\"type\":\"function\"},{\"type\":\"web_search\"}]",
		"\"tools\":[{\"type\":\"mcp\",\"server_url\":\"http://x/\"}]"};
	char body[256];
	for (size_t i = 0; i < N_ELEMENTS(members); i++) {
		snprintf(body, sizeof body, "{\"model\":\"m\",%s}", members[i]);
		ck_assert_msg(view_of(body).has_unseen_prompt, "%s", body);
	}
	view_of("{\"model\":\"m\",\"previous_response_id\":null,\"input\":null}");
	ck_assert(!view_of("{\"model\":\"m\",\"previous_response_id\":null,"
			   "\"tools\":[{\"type\":\"function\",\"parameters\":"
			   "{\"type\":\"object\"}},{\"type\":\"custom\"}]}")
			   .has_unseen_prompt);
}
END_TEST

START_TEST(a_stream_reports_its_usage_unasked)
{
	struct request_view v = view_of(
		"{\"model\":\"m\",\"stream\":true,\"stream_options\":{\"x\":1}}");
	ck_assert(v.is_stream && v.wants_usage);
	ck_assert_uint_eq(v.edit.n_delete + v.edit.insert.n, 0);
}
END_TEST

START_TEST(what_is_wrong_is_named_by_its_place)
{
	check_refused("{\"input\":\"x\"}", APIERR_MISSING_PARAM, "model");
	check_refused("{\"model\":\"m\",\"input\":7}", APIERR_INVALID_TYPE, "input");
	check_refused(
		"{\"model\":\"m\",\"input\":[{},1]}", APIERR_INVALID_TYPE, "input[1]");
	check_refused("{\"model\":\"m\",\"input\":[{\"a\":[}", APIERR_INVALID_JSON, "");
	check_refused(
		"{\"model\":\"m\",\"tools\":[{\"type\":}", APIERR_INVALID_JSON, "");
	check_refused("{\"model\":\"m\",\"instructions\":{}}", APIERR_INVALID_TYPE,
		"instructions");
	check_refused("{\"model\":\"m\",\"max_output_tokens\":-1}",
		APIERR_INVALID_VALUE, "max_output_tokens");
	check_refused("{\"model\":\"m\",\"base_url\":\"http://evil/\"}",
		APIERR_UNKNOWN_FIELD_HOST, "base_url");
}
END_TEST

UNIT_MAIN("request_responses", a_text_and_its_instructions_are_prompt,
	items_of_every_shape_are_counted, prompt_that_is_not_in_the_body_is_noticed,
	a_stream_reports_its_usage_unasked, what_is_wrong_is_named_by_its_place)
